create or replace function api.deployment_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    deployment mb.deployments;
begin
    perform api.begin_as(customer);
    select d.* into deployment
    from mb.deployments d
    where d.customer_id = customer
        and d.deployment_id = (request -> 'params' ->> 'deployment_id')::uuid
        and d.deleted_at is null;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such deployment');
    end if;
    return json_build_object('status', 200, 'body', api.deployment_json(deployment));
end
$$;
comment on function api.deployment_get is 'GET /v1/deployments/{deployment_id}';
