-- `based_on` is the revision that the change was made on, null = whichever. When somebody else was
-- faster nothing is changed, and the answer holds {"conflict": true, "revision": the present one}.
create or replace function api.workflow_change(customer uuid, wanted uuid, based_on integer,
    document_ json, caller json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    workflow mb.workflows := api.workflow_find(customer, wanted, true);
begin
    if workflow.revision <> based_on then
        return json_build_object('status', 200,
            'body', json_build_object('conflict', true, 'revision', workflow.revision));
    end if;
    if workflow.document::text <> document_::text then
        update mb.workflows w
        set document = document_, revision = w.revision + 1, updated_at = now(),
            name = left(coalesce(document_ ->> 'name', ''), 64),
            title = left(coalesce(document_ ->> 'title', ''), 120),
            updated_by = (caller ->> 'key_id')::uuid
        where w.customer_id = customer and w.workflow_id = wanted
        returning * into strict workflow;
    end if;
    return api.workflow_answer(200, workflow);
end
$$;
comment on function api.workflow_change is 'Saves a draft, unless another has done so before.';
