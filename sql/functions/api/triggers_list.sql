create or replace function api.triggers_list(customer uuid, request json) returns json
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
    select array_agg(api.trigger_json(t)), array_agg(api.cursor_pack(t.trigger_id::text))
    into items, cursors
    from (
        select t.*
        from mb.triggers t
        where t.customer_id = customer and (after is null or t.trigger_id < after)
            and (params ->> 'deployment' is null
                or t.deployment_id = (params ->> 'deployment')::uuid)
            and (params ->> 'kind' is null or t.kind = params ->> 'kind')
        order by t.trigger_id desc
        limit size + 1
    ) t;
    return api.page(items, cursors, size);
end
$$;
comment on function api.triggers_list is 'GET /v1/triggers';
