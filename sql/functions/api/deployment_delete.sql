create or replace function api.deployment_delete(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    id constant uuid := request -> 'params' ->> 'deployment_id';
begin
    perform api.begin_as(customer);
    update mb.deployments
    set deleted_at = now()
    where customer_id = customer and deployment_id = id and deleted_at is null;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such deployment');
    end if;
    perform pg_notify('mb_changed', 'deployment ' || id);
    return json_build_object('status', 204);
end
$$;
comment on function api.deployment_delete is 'DELETE /v1/deployments/{deployment_id}';
