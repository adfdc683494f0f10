create or replace function engine.kv_delete(p_customer uuid, p_deployment uuid, args json)
returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    gone record;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    perform engine.lock_storage(p_customer);
    delete from mb.kv
    where customer_id = p_customer and deployment_id = p_deployment and key = args ->> 'key'
    returning bytes, expires_at is null or expires_at > now() as was_there into gone;
    perform engine.add_storage(p_customer, -coalesce(gone.bytes, 0));
    return json_build_object('deleted', coalesce(gone.was_there, false));
end
$$;
comment on function engine.kv_delete is 'The tool kv.delete: {key} to {deleted}.';
