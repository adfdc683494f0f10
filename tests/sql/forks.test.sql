-- Configurations that deployments had, forks, the history of a run, and what canaries look for.
\i api_lib.sql
select engine.core_start('a', 1) as fence \gset

-- configurations -------------------------------------------------------------------------------------
select set_config('mb.customer_id', t.customer(1)::text, false) as x \gset x_
update mb.deployments set config = '{"greeting": "hello"}' where deployment_id = t.customer(1);
update mb.deployments set name = 'other' where deployment_id = t.customer(1);
update mb.deployments set config = '{"greeting": "bye"}' where deployment_id = t.customer(1);
select t.is((select config_revision from mb.deployments), 3, 'a_change_of_configuration_is_counted');
select t.is((select string_agg(config::text, ' ' order by revision) from mb.deployment_configs),
    '{} {"greeting": "hello"} {"greeting": "bye"}', 'and_leaves_the_earlier_one');
select t.is((select d.config ->> 'greeting' from engine.deployed_run(t.customer(1), t.customer(1),
    '00000000-0000-0000-0000-000000000000', t.customer(1), 2) d), 'hello',
    'a_run_goes_on_with_the_one_that_it_began_with');
select t.is((select d.config ->> 'greeting' from engine.deployed_run(t.customer(1), t.customer(1),
    '00000000-0000-0000-0000-000000000000', t.customer(1)) d), 'bye', 'one_from_before_with_the_present');
select t.throws('insert into mb.deployment_configs select customer_id, deployment_id, 9, config '
    'from mb.deployment_configs', '42501', 'a_core_cannot_write_there_by_itself');

-- a run with a price, a step, an event, a step of a person, one more step, ended ---------------------
select t.flush(:fence, 1,
    json_build_array(t.run(1, 1, '{"config_revision": 2}'), t.run(2), t.run(3, 2)),
    json_build_array(
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 1, 'kind', 4, 'tool',
            'run', 'price', 7),
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 2, 'args', '{"a": 1}',
            'result', '"one"', 'price', 50, 'in', 10, 'out', 5, 'cost', 20),
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 3, 'kind', 2, 'tool',
            'emit', 'result', '{"name": "half"}'),
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 4, 'tool', 'approve',
            'result', '{"approved": true}'),
        json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 5, 'result', '"two"',
            'price', 60)), '[]', json_build_array(json_build_object('customer_id', t.customer(1),
        'run_id', t.id(1), 'seq', 4, 'title', 'Go?'))) as x \gset x_
select t.flush(:fence, 2, '[]', '[]', json_build_array(t.run(1, 1, json_build_object('status',
    'succeeded', 'owned', false, 'finished_at', now(), 'output', '"end"')))) as x \gset x_
select set_config('mb.customer_id', t.customer(1)::text, false) as x \gset x_
select t.is((select config_revision from mb.runs where run_id = t.id(1)), 2,
    'a_run_names_its_configuration');

-- history --------------------------------------------------------------------------------------------
select t.is(pg_temp.walk(1, 'history_list', json_build_object('run_id', t.id(1)), 'kind', 3),
    'input price step|emit step step|end', 'the_whole_journal_comes_in_order_and_in_pages');
select t.is(pg_temp.walk(1, 'history_list', json_build_object('run_id', t.id(1)), 'seq', 100),
    '0 1 2 3 4 5 6', 'with_its_positions');
select t.is(pg_temp.walk(1, 'history_list', json_build_object('run_id', t.id(2)), 'kind', 3),
    'input', 'a_run_that_goes_on_has_no_end');
select t.is((pg_temp.call(1, 'history_list', json_build_object('run_id', t.id(1))) -> 'body' -> 'data'
    -> 4 -> 'data' -> 'question' ->> 'title'), 'Go?', 'a_step_has_what_was_asked_in_it');
select t.is(pg_temp.brief(pg_temp.call(2, 'history_list', json_build_object('run_id', t.id(1)))),
    '404 not_found', 'nobody_reads_another_ones');

-- forks ----------------------------------------------------------------------------------------------
reset role;
insert into mb.api_keys (customer_id, key_id, name, key_sha256, prefix, scopes, roles)
values (t.customer(1), t.id(99), 'all', '1', 'mb_', '{admin}', '{*}'),
    (t.customer(1), t.id(98), 'no scope', '2', 'mb_', '{runs:write}', '{*}'),
    (t.customer(1), t.id(97), 'no role', '3', 'mb_', '{approvals:write}', '{clerk}'),
    (t.customer(1), t.id(96), 'role', '4', 'mb_', '{approvals:write}', '{clerk,boss}');
set role moonbase_core;
create function pg_temp.fork(of integer, run integer, body json) returns json
language sql as $$
    select pg_temp.call(of, 'run_fork', json_build_object('run_id', t.id(run)), body)
$$;
select pg_temp.fork(1, 1, '{"from_step": 5}') as fork \gset
select substr(:'fork'::json -> 'body' ->> 'id', 5)::uuid as id \gset
select t.is(:'fork'::json ->> 'status', '202', 'a_run_is_forked');
select t.is(:'fork'::json -> 'headers' ->> 'location', '/v1/runs/' || api.show_id('run', :'id'),
    'and_the_new_one_is_told');
select t.is((select row(status, forked_from, forked_at_step, config_revision, steps, cost_micros,
    fence, clock_at = (select created_at from mb.runs where run_id = t.id(1)), encode(seed, 'escape'))::text
    from mb.runs where run_id = :'id'), format('(queued,%s,5,2,2,0,,t,seed)', t.id(1)), 'it_begins_as_the_other_did');
select t.is((select string_agg(concat_ws(' ', seq, kind, price_micros, cost_micros, tokens_in,
    replayed), ', ' order by seq) from mb.steps where run_id = :'id'),
    '2 1 0 0 0 t, 3 2 0 0 0 t, 4 1 0 0 0 t', 'what_came_before_is_copied_and_costs_nothing');
select t.is((select string_agg(s.v ->> 'replayed', ' ' order by s.n) from json_array_elements(
    pg_temp.call(1, 'steps_list', json_build_object('run_id', :'id')) -> 'body' -> 'data')
    with ordinality s (v, n)), 'true true', 'and_says_so');
select t.is((select run_id from engine.claim(:fence, 10)), :'id'::uuid, 'a_core_takes_it');

select substr(pg_temp.fork(1, 1, '{"from_step": 2, "result": {"b": null}}') -> 'body' ->> 'id',
    5)::uuid as id \gset
select t.is((select string_agg(concat_ws(' ', seq, args, result, error), ', ') from mb.steps
    where run_id = :'id'), '2 {"a": 1} {"b": null}', 'a_step_may_be_given_another_result');
select substr(pg_temp.fork(1, 1, '{"from_step": 2, "error": {"code": "x", "message": "y"}, "input": 7}')
    -> 'body' ->> 'id', 5)::uuid as id \gset
select t.is((select concat_ws(' ', s.result, s.error::json ->> 'code', r.input) from mb.steps s
    join mb.runs r using (customer_id, run_id) where run_id = :'id'), 'x 7',
    'or_an_error_and_the_run_another_input');

select t.is(pg_temp.brief(pg_temp.fork(1, 1, '{"from_step": 3}')), '422 no_such_step /from_step',
    'an_event_is_no_step');
select t.is(pg_temp.brief(pg_temp.fork(1, 1, '{"from_step": 9}')), '422 no_such_step /from_step',
    'nor_is_what_is_not_there');
select t.is(pg_temp.brief(pg_temp.fork(1, 1, '{"from_step": 2, "result": 1, "error": {}}')),
    '400 invalid_request /error', 'not_both_a_result_and_an_error');
select t.is(pg_temp.brief(pg_temp.fork(1, 2, '{"from_step": 2}')), '409 conflict',
    'a_run_under_way_is_not_forked');
select t.is(pg_temp.brief(pg_temp.fork(2, 1, '{"from_step": 2}')), '404 not_found',
    'nor_is_another_customers');
update mb.deployments set deleted_at = now() where deployment_id = t.customer(1);
select t.is(pg_temp.brief(pg_temp.fork(1, 1, '{"from_step": 2}')), '409 conflict',
    'nor_one_of_a_deleted_deployment');

-- decisions in forks -----------------------------------------------------------------------------------
update mb.deployments set deleted_at = null where deployment_id = t.customer(1);
create function pg_temp.fork_as(key integer, run uuid, body json) returns text
language sql as $$
    select pg_temp.brief(pg_temp.call(1, 'run_fork', json_build_object('run_id', run), body,
        json_build_object('caller', json_build_object('key_id', t.id(key)))))
$$;
reset role;
update mb.steps set args = '{"roles": ["boss"]}' where run_id = t.id(1) and seq = 4;
update mb.approvals set roles = '{boss}' where run_id = t.id(1);
set role moonbase_core;
select set_config('mb.customer_id', t.customer(1)::text, false) as x \gset x_
select t.is(pg_temp.fork_as(k, t.id(1), '{"from_step": 5}'), case k when 96 then '202'
    else '403 forbidden /from_step' end, 'a_decision_is_taken_over_by_who_may_make_it_' || k)
from generate_series(96, 98) k;
select t.is(pg_temp.fork_as(k, t.id(1), '{"from_step": 4, "result": {"approved": true}}'), case k
    when 96 then '202' else '403 forbidden /from_step' end, 'and_given_by_who_may_make_it_' || k)
from generate_series(96, 98) k;
select t.is(pg_temp.fork_as(98, t.id(1), '{"from_step": 4}'), '202',
    'who_may_not_has_it_asked_again');
select substr(pg_temp.fork(1, 1, '{"from_step": 5, "result": 1}') -> 'body' ->> 'id', 5)::uuid as id \gset
reset role;
update mb.runs set status = 'cancelled', finished_at = now(), wake_at = null where run_id = :'id';
set role moonbase_core;
select set_config('mb.customer_id', t.customer(1)::text, false) as x \gset x_
select t.is(pg_temp.fork_as(97, :'id', '{"from_step": 5}'), '403 forbidden /from_step',
    'a_fork_of_a_fork_is_no_way_around');

-- what is copied is no usage -------------------------------------------------------------------------
select engine.rebuild_usage(t.customer(1), now() - interval '2 hours', now() + interval '2 hours')
    as x \gset x_
select set_config('mb.customer_id', t.customer(1)::text, false) as x \gset x_
select t.is((select string_agg(concat_ws(' ', tool, calls, price_micros), ', ' order by tool)
    from mb.usage_hourly), 'approve 1 0, run 1 7, tool 2 110', 'usage_knows_only_what_was_executed');

-- canaries -------------------------------------------------------------------------------------------
select t.is((select array_agg(run_id) from engine.ended_runs(t.customer(1), t.customer(1),
    '{succeeded,failed}', null, 10, 100)), array[t.id(1)], 'a_canary_takes_runs_that_ended');
select t.is((select count(*) from engine.ended_runs(t.customer(1), t.customer(1), '{failed}', null,
    10, 100)), 0::bigint, 'in_the_states_that_it_asks_for');
select t.is((select count(*) from engine.ended_runs(t.customer(1), t.customer(1), '{succeeded}',
    now() + interval '1 hour', 10, 100)), 0::bigint, 'and_not_older_ones');
select t.is((select row(name, version)::text from engine.find_package(t.customer(1), 'p1', null)),
    '(p1,1)', 'a_package_is_found_by_name');
select t.is((select count(*) from engine.find_package(t.customer(1), 'p1', '2')), 0::bigint,
    'and_version');
select t.is((select customer_id from engine.find_deployment(t.customer(2))), t.customer(2),
    'a_deployment_tells_whose_it_is');
