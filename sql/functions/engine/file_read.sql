create or replace function engine.file_read(p_customer uuid, p_deployment uuid, args json)
returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    file record;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    select f.path, f.content, f.content_type into file
    from mb.files f
    where f.customer_id = p_customer and f.path = args ->> 'path';
    if not found then
        raise exception using errcode = 'MB404', detail = 'not_found', hint = '/path',
            message = format('there is no file "%s"', args ->> 'path');
    end if;
    begin
        return json_build_object('path', file.path, 'content', convert_from(file.content, 'UTF8'),
            'content_type', file.content_type);
    exception when character_not_in_repertoire then
        return json_build_object('path', file.path, 'base64',
            translate(encode(file.content, 'base64'), e'\n', ''),
            'content_type', file.content_type);
    end;
end
$$;
comment on function engine.file_read is
    'The tool file.read: {path} to {path, content or base64, content_type}.';
