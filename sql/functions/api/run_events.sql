-- The run and its next events after a position. With limit 0: the run alone.
create or replace function api.run_events(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    run mb.runs;
    events json[];
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    if size > 0 then
        select array_agg(json_build_object(
            'seq', s.seq,
            'event', case s.kind when 1 then 'step' when 2 then 'emit'
                when 3 then 'log' else 'notice' end,
            'data', case s.kind when 1 then api.step_json(s) else s.result::json end))
        into events
        from engine.whole_steps(array(
            select s
            from mb.steps s
            where s.customer_id = customer and s.run_id = run.run_id
                and s.seq > (params ->> 'after')::integer and s.kind in (1, 2, 3, 5) and s.state = 2
            order by s.seq
            limit size + 1)) s;
    end if;
    return json_build_object('status', 200, 'body', json_build_object(
        'run', api.run_json(run),
        'events', coalesce(array_to_json(events[1:size]), '[]'),
        'more', coalesce(cardinality(events) > size, false)));
end
$$;
comment on function api.run_events is 'For GET /v1/runs/{run_id}/events: what the journal holds.';
