-- Its versions stay: packages and runs were made of them.
create or replace function api.workflow_delete(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    workflow constant mb.workflows :=
        api.workflow_find(customer, (request -> 'params' ->> 'workflow_id')::uuid, true);
begin
    update mb.workflows w
    set deleted_at = now()
    where w.customer_id = customer and w.workflow_id = workflow.workflow_id;
    return json_build_object('status', 204);
end
$$;
comment on function api.workflow_delete is 'DELETE /v1/workflows/{workflow_id}';
