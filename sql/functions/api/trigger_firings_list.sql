create or replace function api.trigger_firings_list(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    trigger_ mb.triggers;
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    trigger_ := api.trigger_find(customer, params);
    select array_agg(json_build_object(
            'key', f.key,
            'run_id', api.show_id('run', f.run_id),
            'scheduled_at', api.show_time(f.scheduled_at),
            'fired_at', api.show_time(f.fired_at))),
        array_agg(api.cursor_pack(f.run_id::text))
    into items, cursors
    from (
        select f.*
        from mb.trigger_firings f
        where f.customer_id = customer and f.trigger_id = trigger_.trigger_id
            and (after is null or f.run_id < after)
        order by f.run_id desc
        limit size + 1
    ) f;
    return api.page(items, cursors, size);
end
$$;
comment on function api.trigger_firings_list is 'GET /v1/triggers/{trigger_id}/firings';
