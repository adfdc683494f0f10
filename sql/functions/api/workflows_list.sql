create or replace function api.workflows_list(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.workflow_json(w)), array_agg(api.cursor_pack(w.workflow_id::text))
    into items, cursors
    from (
        select *
        from mb.workflows w
        where w.customer_id = customer and w.deleted_at is null
            and (params ->> 'name' is null or w.name = params ->> 'name')
            and (after is null or w.workflow_id < after)
        order by w.workflow_id desc
        limit size + 1
    ) w;
    return api.page(items, cursors, size);
end
$$;
comment on function api.workflows_list is 'GET /v1/workflows';
