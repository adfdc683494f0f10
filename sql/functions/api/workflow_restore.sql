create or replace function api.workflow_restore(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    wanted constant uuid := request -> 'params' ->> 'workflow_id';
    version_ constant mb.workflow_versions := api.workflow_version_find(customer, wanted,
        (request -> 'body' ->> 'version')::integer, '/version');
begin
    return api.workflow_change(customer, wanted, (request ->> 'revision')::integer,
        version_.document, request -> 'caller');
end
$$;
comment on function api.workflow_restore is 'POST /v1/workflows/{workflow_id}/restore';
