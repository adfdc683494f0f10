-- `document` of the request stands in for the draft; `deployment_id` is one that is to run what comes
-- of it.
create or replace function api.workflow_source_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    workflow constant mb.workflows :=
        api.workflow_find(customer, (params ->> 'workflow_id')::uuid);
    document constant json := coalesce(request -> 'document', workflow.document);
    deployment mb.deployments;
    major integer;
begin
    if params ->> 'deployment_id' is not null then
        select d.* into deployment
        from mb.deployments d
        where d.customer_id = customer and d.deployment_id = (params ->> 'deployment_id')::uuid
            and d.deleted_at is null;
        if not found then
            perform api.fail(404, 'not_found', 'there is no such deployment', '/deployment');
        end if;
    end if;
    select greatest(workflow.published, max(substring(p.version from '^(\d{1,6})\.')::integer)) + 1
    into strict major
    from mb.packages p
    where p.customer_id = customer and p.name = document ->> 'name';
    return json_build_object('status', 200, 'body', json_build_object(
        'document', document,
        'revision', workflow.revision,
        'version', workflow.published + 1,
        'package_version', major || '.0.0',
        'workflows', api.workflows_known(customer, document),
        'config', deployment.config));
end
$$;
comment on function api.workflow_source_get is 'For compile and publish: what the compiler gets.';
