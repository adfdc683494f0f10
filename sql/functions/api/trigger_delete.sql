create or replace function api.trigger_delete(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
begin
    perform api.begin_as(customer);
    delete from mb.triggers
    where customer_id = customer
        and trigger_id = (request -> 'params' ->> 'trigger_id')::uuid;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such trigger');
    end if;
    return json_build_object('status', 204);
end
$$;
comment on function api.trigger_delete is 'DELETE /v1/triggers/{trigger_id}';
