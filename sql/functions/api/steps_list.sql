create or replace function api.steps_list(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    size integer := params ->> 'limit';
    cursor_ constant text[] := api.cursor_unpack(params, 1);
    after integer := -1;
    run mb.runs;
    items json[];
    cursors text[];
begin
    if cursor_ is not null then
        if (cursor_[1] ~ '^[0-9]{1,9}$') is not true then
            perform api.fail(400, 'invalid_request', 'the cursor is not one of this list',
                '?cursor');
        end if;
        after := cursor_[1];
    end if;
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    size := api.steps_fit(customer, run.run_id, after, '{1,4}', size);
    select array_agg(api.step_json(s)), array_agg(api.cursor_pack(s.seq::text))
    into items, cursors
    from engine.whole_steps(array(
        select s
        from mb.steps s
        where s.customer_id = customer and s.run_id = run.run_id and s.seq > after
            and s.kind in (1, 4)
        order by s.seq
        limit size + 1)) s;
    return api.page(items, cursors, size);
end
$$;
comment on function api.steps_list is 'GET /v1/runs/{run_id}/steps';
