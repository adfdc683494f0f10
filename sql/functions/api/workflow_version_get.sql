create or replace function api.workflow_version_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    version_ constant mb.workflow_versions := api.workflow_version_find(customer,
        (params ->> 'workflow_id')::uuid, (params ->> 'version')::integer);
begin
    return json_build_object('status', 200, 'body',
        api.json_with(api.workflow_version_json(version_), 'document', version_.document));
end
$$;
comment on function api.workflow_version_get is 'GET /v1/workflows/{workflow_id}/versions/{version}';
