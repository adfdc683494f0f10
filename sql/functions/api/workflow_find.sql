create or replace function api.workflow_find(customer uuid, wanted uuid, lock boolean default false)
returns mb.workflows
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    workflow mb.workflows;
begin
    perform api.begin_as(customer);
    if lock then
        select w.* into workflow
        from mb.workflows w
        where w.customer_id = customer and w.workflow_id = wanted and w.deleted_at is null
        for update;
    else
        select w.* into workflow
        from mb.workflows w
        where w.customer_id = customer and w.workflow_id = wanted and w.deleted_at is null;
    end if;
    if workflow.workflow_id is null then
        perform api.fail(404, 'not_found', 'there is no such workflow');
    end if;
    return workflow;
end
$$;
comment on function api.workflow_find is 'A workflow of the customer''s, or 404.';
