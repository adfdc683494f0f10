create or replace function api.workflow_versions_list(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    cursor_ constant text := (api.cursor_unpack(params, 1))[1];
    after integer;
    workflow constant mb.workflows := api.workflow_find(customer, (params ->> 'workflow_id')::uuid);
    items json[];
    cursors text[];
begin
    if cursor_ !~ '^[0-9]{1,9}$' then
        perform api.fail(400, 'invalid_request', 'the cursor is not one of this list', '?cursor');
    end if;
    after := cursor_;
    select array_agg(api.workflow_version_json(v)), array_agg(api.cursor_pack(v.version::text))
    into items, cursors
    from (
        select *
        from mb.workflow_versions v
        where v.customer_id = customer and v.workflow_id = workflow.workflow_id
            and (after is null or v.version < after)
        order by v.version desc
        limit size + 1
    ) v;
    return api.page(items, cursors, size);
end
$$;
comment on function api.workflow_versions_list is 'GET /v1/workflows/{workflow_id}/versions';
