-- A deployment goes on with what it was not given: tools that its present package names and it may
-- not use stay forbidden; tools that are new come with the publication.
create or replace function api.workflow_deploy(customer uuid, version_ mb.workflow_versions,
    request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    manifest constant json := request -> 'package' -> 'manifest';
    asked constant text[] := array(select json_array_elements_text(
        coalesce(manifest -> 'tools', '[]')));
    deployment mb.deployments;
    earlier json;
    made json;
begin
    if request ->> 'deployment' = 'new' then
        made := api.deployment_create(customer, json_build_object(
            'id', request ->> 'deployment_id', 'package_owner', customer,
            'package_id', version_.package_id, 'config', request -> 'config',
            'tools', manifest -> 'tools', 'secrets', '{}'::json)) -> 'body';
        perform engine.put_triggers(customer, (request ->> 'deployment_id')::uuid,
            api.workflow_triggers(version_.document));
        return made;
    end if;
    select d.* into deployment
    from mb.deployments d
    where d.customer_id = customer and d.deployment_id = (request ->> 'deployment')::uuid
        and d.deleted_at is null
    for update;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such deployment', '/deployment');
    end if;
    if deployment.package_owner <> customer or not exists (select from mb.workflow_versions v
        where v.customer_id = customer and v.workflow_id = version_.workflow_id
            and v.package_id = deployment.package_id) then
        perform api.fail(409, 'conflict', 'the deployment does not run this workflow', '/deployment');
    end if;
    select p.manifest into strict earlier
    from mb.packages p
    where p.customer_id = customer and p.package_id = deployment.package_id;
    update mb.deployments d
    set package_id = version_.package_id, config = request -> 'config',
        tools = array(select tool from unnest(asked) tool
            where tool = any (d.tools) or tool not in (
                select json_array_elements_text(coalesce(earlier -> 'tools', '[]'))))
    where d.customer_id = customer and d.deployment_id = deployment.deployment_id
    returning * into strict deployment;
    perform engine.put_triggers(customer, deployment.deployment_id,
        api.workflow_triggers(version_.document));
    return api.deployment_json(deployment);
end
$$;
comment on function api.workflow_deploy is 'Has a deployment run a version that is being published.';
