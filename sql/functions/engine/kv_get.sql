create or replace function engine.kv_get(p_customer uuid, p_deployment uuid, args json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    found_value json;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    select k.value into found_value
    from mb.kv k
    where k.customer_id = p_customer and k.deployment_id = p_deployment
        and k.key = args ->> 'key' and (k.expires_at is null or k.expires_at > now());
    return json_build_object('found', found, 'value', found_value);
end
$$;
comment on function engine.kv_get is 'The tool kv.get: {key} to {found, value}.';
