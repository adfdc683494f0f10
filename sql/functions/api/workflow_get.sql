create or replace function api.workflow_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    workflow constant mb.workflows :=
        api.workflow_find(customer, (request -> 'params' ->> 'workflow_id')::uuid);
begin
    return json_build_object(
        'status', 200,
        'headers', json_build_object('etag', '"' || workflow.revision || '"'),
        'body', api.json_with(api.workflow_json(workflow), 'document', workflow.document));
end
$$;
comment on function api.workflow_get is 'GET /v1/workflows/{workflow_id}';
