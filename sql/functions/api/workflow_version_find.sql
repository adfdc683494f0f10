create or replace function api.workflow_version_find(customer uuid, wanted uuid, number integer,
    place text default null) returns mb.workflow_versions
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    workflow constant mb.workflows := api.workflow_find(customer, wanted);
    version_ mb.workflow_versions;
begin
    select v.* into version_
    from mb.workflow_versions v
    where v.customer_id = customer and v.workflow_id = workflow.workflow_id and v.version = number;
    if not found then
        perform api.fail(404, 'not_found', format('the workflow has no version %s', number), place);
    end if;
    return version_;
end
$$;
comment on function api.workflow_version_find is 'A published version, or 404.';
