-- A draft is stored as it is; what is wrong with it is told when it is compiled.
create or replace function api.workflow_create(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    document_ constant json := request -> 'body' -> 'document';
    most constant integer := 1000;
    workflow mb.workflows;
begin
    perform api.begin_as(customer);
    if (select count(*) from mb.workflows w
        where w.customer_id = customer and w.deleted_at is null) >= most then
        perform api.fail(422, 'storage_limit', format('there are %s workflows already', most));
    end if;
    insert into mb.workflows (customer_id, workflow_id, name, title, document, updated_by)
    values (customer, engine.new_id(), left(coalesce(document_ ->> 'name', ''), 64),
        left(coalesce(document_ ->> 'title', ''), 120), document_,
        (request -> 'caller' ->> 'key_id')::uuid)
    returning * into strict workflow;
    return api.workflow_answer(201, workflow);
end
$$;
comment on function api.workflow_create is 'POST /v1/workflows';
