-- Runs, their steps and events, as customers see them.
\i api_lib.sql
create function pg_temp.on(of integer, op text, n integer, more json default '{}') returns json
language sql as $$
    select pg_temp.call(of, op, (jsonb_build_object('run_id', t.id(n)) || more::jsonb)::json)
$$;
create function pg_temp.ids(answer json) returns text
language sql as $$
    select string_agg(right(i.v ->> 'id', 1), ' ' order by i.n)
    from json_array_elements(answer -> 'body' -> 'data') with ordinality as i (v, n)
$$;

select engine.core_start('a', 1) as one \gset
select t.ok(t.flush(:one, 1, json_build_array(
        t.run(1, 1, '{"owned": false, "status": "succeeded", "output": "{\"b\": 1, \"a\": 1.50}",
            "finished_at": "2026-01-02 03:04:05.6+02"}'),
        t.run(2, 1, '{"owned": false, "status": "failed", "finished_at": "2026-01-02",
            "error": "{\"code\": \"budget\", \"message\": \"m\"}"}'),
        t.run(3, 1, '{"owned": false, "status": "waiting", "wait_reason": "timer",
            "wake_at": "2100-01-01"}'),
        t.run(4, 1, json_build_object('parent', t.id(3))),
        t.run(5, 2)),
    json_build_array(
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 1, 'tool', 'kv.get',
            'args', '{"z": 1, "k": "v"}', 'result', '[1.0, {"z": 1, "a": 2}]', 'cost', 3, 'price', 5,
            'in', 7, 'out', 8, 'bytes', 9, 'cpu', 10),
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 2, 'kind', 2,
            'tool', 'emit', 'result', '{"data": 1}'),
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 3, 'kind', 3,
            'tool', 'log', 'result', '{"level": "info", "text": "x"}'),
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 4, 'tool', 'http',
            'error', '{"code": "timeout", "message": "m"}'),
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 5, 'state', 1,
            'tool', 'pay', 'args', '{}'),
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 6, 'kind', 4,
            'tool', 'run', 'price', 2))), 'runs_and_steps');

-- get ---------------------------------------------------------------------------------------------
select pg_temp.on(1, 'run_get', 1) as run \gset
select t.is(pg_temp.members(:'run'::json -> 'body'), 'created_at deployment_id diverged error '
    'finished_at forked_at_step forked_from id input output package parent_run_id started_at status '
    'usage wait_reason wake_at',
    'a_run_has_the_members_of_a_run');
select t.is(:'run'::json -> 'body' ->> 'output', '{"b": 1, "a": 1.50}', 'its_output_is_as_it_came');
select t.is(:'run'::json -> 'body' ->> 'input', '{"a": 1}', 'and_its_input');
select t.is(:'run'::json -> 'body' ->> 'finished_at', '2026-01-02T01:04:05.600000Z',
    'times_are_utc_with_microseconds');
select t.is(:'run'::jsonb -> 'body' -> 'package', jsonb_build_object('id',
    api.show_id('pkg', t.customer(1)), 'name', 'p1', 'version', '1'), 'it_names_its_package');
select t.is(pg_temp.members(:'run'::json -> 'body' -> 'usage'),
    'children_cost_micros cost_micros cpu_us steps tokens_in tokens_out', 'and_what_it_used');
select t.is((pg_temp.on(1, 'run_get', 2) -> 'body' -> 'error' ->> 'code')
    || coalesce(pg_temp.on(1, 'run_get', 2) -> 'body' ->> 'output', ' null'), 'budget null',
    'one_that_failed_says_why');
select t.is(pg_temp.on(1, 'run_get', 3)::jsonb -> 'body' -> 'wake_at',
    '"2100-01-01T00:00:00.000000Z"', 'one_that_sleeps_says_until_when');
select t.is(pg_temp.on(1, 'run_get', 4) -> 'body' ->> 'parent_run_id', api.show_id('run', t.id(3)),
    'one_that_was_called_says_by_whom');
select t.is(pg_temp.on(2, 'run_get', 1)::text, pg_temp.on(2, 'run_get', 77)::text,
    'those_of_other_customers_are_like_those_that_never_were');
select t.is(pg_temp.brief(pg_temp.on(2, op, 1, '{"after": 0, "seq": 1}')), '404 not_found',
    'for_' || op)
from unnest(array['run_get', 'steps_list', 'run_events', 'run_cancel', 'approval_get', 'run_approve',
    'step_settle']) op;

-- list --------------------------------------------------------------------------------------------
select t.is(pg_temp.ids(pg_temp.call(1, 'runs_list')), '4 3 2 1', 'runs_are_listed_newest_first');
select t.is(pg_temp.call(1, 'runs_list') -> 'body' -> 'data' -> 0 ->> 'input', null,
    'without_their_inputs');
select t.is(pg_temp.walk(1, 'runs_list', '{}', 'status', 3), 'running waiting failed|succeeded',
    'in_pages');
select t.is(pg_temp.walk(1, 'runs_list', '{"status": ["failed", "waiting"]}', 'status', 1),
    'waiting|failed', 'or_those_in_some_states');
select t.is(pg_temp.ids(pg_temp.call(1, 'runs_list', json_build_object('deployment', t.customer(1)))),
    '4 3 2 1', 'or_those_of_a_deployment');
select t.is(pg_temp.ids(pg_temp.call(1, 'runs_list', json_build_object('deployment', t.customer(2)))),
    null, 'which_is_the_callers_own');
reset role;
update mb.runs set created_at = date_trunc('month', now());
set role moonbase_core;
select t.is(pg_temp.ids(pg_temp.call(1, 'runs_list', json_build_object('created_from',
    api.show_time(date_trunc('month', now()))))), '4 3 2 1', 'or_those_since_a_time');
select t.is(pg_temp.ids(pg_temp.call(1, 'runs_list', json_build_object('created_to',
    api.show_time(date_trunc('month', now()))))), null, 'or_those_before_a_time');
select t.is(pg_temp.ids(pg_temp.call(1, 'runs_list', json_build_object('created_from', at,
    'created_to', '9999-12-31T23:59:59Z'))), '4 3 2 1', 'the_year_' || left(at, 4) || '_is_no_bound')
from unnest(array['1970-01-01T00:00:00Z', '1900-01-01T00:00:00-08:00', '0001-01-01t00:00:00z']) at;
select t.is(pg_temp.brief(pg_temp.call(1, 'runs_list', json_build_object('created_from', at))),
    '400 invalid_request ?created_from', at || '_is_no_time')
from unnest(array['2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z', '2026-01-01T00:00:00+23:59',
    '2026-01-01T25:00:00Z', 'x']) at;

-- steps -------------------------------------------------------------------------------------------
select pg_temp.on(1, 'steps_list', 1) as steps \gset
select t.is(pg_temp.each(:'steps', 'seq'), '1 4 5 6',
    'calls_and_the_price_of_the_run_are_listed_in_the_order_of_the_journal');
select t.is(pg_temp.each(:'steps', 'tool'), 'kv.get http pay run', 'with_their_tools');
select t.is(pg_temp.each(:'steps', 'state'), 'done done begun done',
    'a_write_that_has_no_result_is_marked');
select t.is(:'steps'::json -> 'body' -> 'data' -> 0 ->> 'result', '[1.0, {"z": 1, "a": 2}]',
    'results_are_as_they_came');
select t.is(:'steps'::json -> 'body' -> 'data' -> 0 ->> 'args', '{"z": 1, "k": "v"}', 'and_arguments');
select t.is((:'steps'::jsonb -> 'body' -> 'data' -> 0) - 'started_at' - 'args' - 'result',
    '{"seq": 1, "state": "done", "tool": "kv.get", "duration_ms": 1.000, "usage": {"cpu_us": 10,
    "tokens_in": 7, "tokens_out": 8, "tokens_cached": 0, "tokens_reasoning": 0, "bytes": 9},
    "cost_micros": 5, "model": null, "provider_request_id": null, "replayed": false}',
    'the_cost_is_the_price');
select t.is((select string_agg(concat_ws(' ', case when v -> 'result' is not null then 'result' end,
        case when v -> 'error' is not null then 'error' end), ',' order by n)
    from json_array_elements(:'steps'::json -> 'body' -> 'data') with ordinality as s (v, n)),
    'result,error,,result', 'a_step_has_a_result_or_an_error_or_is_begun');
select t.is(pg_temp.walk(1, 'steps_list', json_build_object('run_id', t.id(1)), 'seq', 2), '1 4|5 6',
    'steps_come_in_pages');
select t.is(pg_temp.brief(pg_temp.on(1, 'steps_list', 1, json_build_object('cursor',
    api.cursor_pack('x')))), '400 invalid_request ?cursor', 'by_their_own_cursors_only');

-- events ------------------------------------------------------------------------------------------
select pg_temp.on(1, 'run_events', 1, '{"after": 0, "limit": 3}') as events \gset
select t.is((select string_agg((v ->> 'seq') || ' ' || (v ->> 'event'), ',' order by n)
    from json_array_elements(:'events'::json -> 'body' -> 'events') with ordinality as s (v, n)),
    '1 step,2 emit,3 log', 'events_are_steps_progress_and_log_lines');
select t.is(:'events'::jsonb -> 'body' -> 'events' -> 1 -> 'data', '{"data": 1}',
    'progress_is_what_the_agent_told');
select t.is(:'events'::json -> 'body' -> 'events' -> 0 -> 'data' ->> 'tool', 'kv.get',
    'a_step_is_a_step');
select t.is(:'events'::json -> 'body' ->> 'more', 'true', 'there_are_more');
select t.is((select string_agg(v ->> 'seq', ',') from json_array_elements(
    pg_temp.on(1, 'run_events', 1, '{"after": 3}') -> 'body' -> 'events') v), '4',
    'after_the_last_one_come_those_that_are_done');
select t.is((pg_temp.on(1, 'run_events', 1, '{"after": 0, "limit": 0}')::jsonb -> 'body') - 'run',
    '{"events": [], "more": false}', 'or_the_run_alone');

-- cancel ------------------------------------------------------------------------------------------
select t.is(pg_temp.brief(pg_temp.on(1, 'run_cancel', 1)), '409 conflict',
    'a_run_that_has_ended_cannot_be_stopped');
select t.is(pg_temp.on(1, 'run_cancel', 4) ->> 'status', '202', 'one_that_runs_is_about_to_stop');
select t.is(pg_temp.on(1, 'run_cancel', 3) -> 'body' ->> 'status', 'cancelled',
    'one_that_sleeps_is_stopped_at_once');
select t.is(pg_temp.on(1, 'run_cancel', 3) ->> 'status', '200', 'twice_is_no_error');
