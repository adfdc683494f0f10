-- The journal's rows, with what came before the first (the input, seq 0) and after the last (the end).
-- A step that a person decided has the question and the decision with it.
create or replace function api.history_list(customer uuid, request json) returns json
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
    size := api.steps_fit(customer, run.run_id, after, '{1,2,3,4}', size);
    with entries as (
        select 0 as seq, 'input' as kind, run.created_at as at, json_build_object(
            'input', run.input::json, 'package_id', api.show_id('pkg', run.package_id),
            'config_revision', run.config_revision, 'limits', run.limits::json,
            'forked_from', api.show_id('run', run.forked_from),
            'forked_at_step', run.forked_at_step) as data
        union all
        select s.seq, case s.kind when 1 then 'step' when 2 then 'emit' when 3 then 'log'
                else 'price' end,
            s.started_at,
            case s.kind when 1 then api.history_step_json(s)
                when 4 then json_build_object('cost_micros', s.price_micros)
                else s.result::json end
        from engine.whole_steps(array(
            select s
            from mb.steps s
            where s.customer_id = customer and s.run_id = run.run_id and s.seq > after
                and s.kind in (1, 2, 3, 4)
            order by s.seq
            limit size + 1)) s
        union all
        select 1 + coalesce((
                select max(s.seq)
                from mb.steps s
                where s.customer_id = customer and s.run_id = run.run_id), 0), 'end',
            run.finished_at, json_build_object('status', run.status, 'output', run.output::json,
                'error', run.error::json, 'diverged', run.diverged, 'usage',
                json_build_object('steps', run.steps, 'cpu_us', run.cpu_us,
                    'tokens_in', run.tokens_in, 'tokens_out', run.tokens_out,
                    'cost_micros', run.cost_micros))
        where run.finished_at is not null
    )
    select array_agg(json_build_object('seq', e.seq, 'kind', e.kind, 'at', api.show_time(e.at),
            'data', e.data) order by e.seq), array_agg(api.cursor_pack(e.seq::text) order by e.seq)
    into items, cursors
    from (select * from entries where seq > after order by seq limit size + 1) e;
    return api.page(items, cursors, size);
end
$$;
comment on function api.history_list is 'GET /v1/runs/{run_id}/history';
