create or replace function engine.file_write(p_customer uuid, p_deployment uuid, args json)
returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    to_path constant text := args ->> 'path';
    bytes_now bytea;
    size integer;
    size_before integer;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    begin
        bytes_now := case when args ->> 'content' is not null
            then convert_to(args ->> 'content', 'UTF8') else decode(args ->> 'base64', 'base64') end;
    exception when invalid_parameter_value then
        raise exception using errcode = 'MB422', detail = 'invalid_arguments', hint = '/base64',
            message = 'this is not base64';
    end;
    size := octet_length(to_path) + octet_length(bytes_now);
    perform engine.lock_storage(p_customer);
    select f.bytes into size_before
    from mb.files f
    where f.customer_id = p_customer and f.path = to_path;
    insert into mb.files (customer_id, path, content, content_type, bytes)
    values (p_customer, to_path, bytes_now, coalesce(args ->> 'content_type',
        case when args ->> 'content' is not null then 'text/plain; charset=utf-8'
            else 'application/octet-stream' end), size)
    on conflict (customer_id, path) do update
    set content = excluded.content, content_type = excluded.content_type, bytes = excluded.bytes,
        updated_at = now();
    perform engine.add_storage(p_customer, size - coalesce(size_before, 0));
    return json_build_object('path', to_path, 'bytes', octet_length(bytes_now));
end
$$;
comment on function engine.file_write is
    'The tool file.write: {path, content or base64, content_type?} to {path, bytes}.';
