create or replace function api.workflow_put(customer uuid, request json) returns json
language sql volatile security invoker set search_path = ''
as $$
    select api.workflow_change(customer, (request -> 'params' ->> 'workflow_id')::uuid,
        (request ->> 'revision')::integer, request -> 'body' -> 'document', request -> 'caller')
$$;
comment on function api.workflow_put is 'PUT /v1/workflows/{workflow_id}';
