create or replace function engine.file_list(p_customer uuid, p_deployment uuid, args json)
returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    files json;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    select json_agg(json_build_object('path', f.path, 'bytes', f.bytes - octet_length(f.path),
        'content_type', f.content_type) order by f.path) into files
    from (
        select m.path, m.bytes, m.content_type
        from mb.files m
        where m.customer_id = p_customer and starts_with(m.path, coalesce(args ->> 'prefix', ''))
        order by m.path
        limit coalesce((args ->> 'limit')::integer, 100)
    ) f;
    return json_build_object('files', coalesce(files, '[]'));
end
$$;
comment on function engine.file_list is
    'The tool file.list: {prefix?, limit?} to {files: [{path, bytes, content_type}]}.';
