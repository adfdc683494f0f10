create or replace function engine.kv_set(p_customer uuid, p_deployment uuid, args json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    new_key constant text := args ->> 'key';
    new_value constant json := args -> 'value';
    size constant integer := octet_length(new_key) + octet_length(new_value::text);
    size_before integer;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    if octet_length(new_value::text) > 262144 then
        raise exception using errcode = 'MB422', detail = 'invalid_arguments', hint = '/value',
            message = 'the value is larger than 256 KiB';
    end if;
    perform engine.lock_storage(p_customer);
    select k.bytes into size_before
    from mb.kv k
    where k.customer_id = p_customer and k.deployment_id = p_deployment and k.key = new_key;
    insert into mb.kv (customer_id, deployment_id, key, value, bytes, expires_at)
    values (p_customer, p_deployment, new_key, new_value, size,
        now() + (args ->> 'ttl_s')::float8 * interval '1 second')
    on conflict (customer_id, deployment_id, key) do update
    set value = excluded.value, bytes = excluded.bytes, expires_at = excluded.expires_at,
        updated_at = now();
    perform engine.add_storage(p_customer, size - coalesce(size_before, 0));
    return json_build_object('ok', true);
end
$$;
comment on function engine.kv_set is 'The tool kv.set: {key, value, ttl_s?} to {ok}.';
