create or replace function api.trigger_find(customer uuid, params json) returns mb.triggers
language plpgsql stable security invoker set search_path = ''
as $$
declare
    trigger_ mb.triggers;
begin
    select t.* into trigger_
    from mb.triggers t
    where t.customer_id = customer and t.trigger_id = (params ->> 'trigger_id')::uuid;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such trigger');
    end if;
    return trigger_;
end
$$;
comment on function api.trigger_find is 'The trigger that the parameters name, or 404.';
