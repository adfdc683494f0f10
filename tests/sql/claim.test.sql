-- engine.claim: who gets what, and never two the same.
set role moonbase_core;
select engine.core_start('a', 1) as one \gset
select engine.core_start('b', 1) as two \gset
select t.ok(t.flush(:one, 1, (
    select json_agg(t.run(n, 1, json_build_object('status', 'queued', 'owned', false,
        'wake_at', now() - n * interval '1 minute'))) from generate_series(1, 6) n)), 'six_runs_wait');
select t.is((select array_agg(c.run_id) from engine.claim(:one, 2) c), array[t.id(6), t.id(5)],
    'the_longest_due_come_first');

-- two sessions at once --------------------------------------------------------------------------
select t.session('s1'), t.session('s2') \gset x_
select dblink_exec('s1', 'begin'), dblink_exec('s2', 'begin') \gset x_
select t.is((select array_agg(run_id) from dblink('s1',
    format('select run_id from engine.claim(%s, 2)', :one)) as r (run_id uuid)),
    array[t.id(4), t.id(3)], 'one_session_claims_two');
select t.is((select array_agg(run_id) from dblink('s2',
    format('select run_id from engine.claim(%s, 9)', :two)) as r (run_id uuid)),
    array[t.id(2), t.id(1)], 'the_other_gets_the_rest_without_waiting');
select dblink_exec('s1', 'commit'), dblink_exec('s2', 'commit') \gset x_
reset role;
select t.is((select count(*) from mb.runs where fence = :one), 4::bigint, 'all_have_one_owner');
select t.is((select count(distinct run_id) from mb.runs where status = 'running'), 6::bigint,
    'and_run');

-- what comes with a claim -------------------------------------------------------------------------
set role moonbase_core;
select t.ok(t.flush(:one, 2, json_build_array(t.run(20)), json_build_array(json_build_object(
    'customer', t.customer(1), 'run', t.id(20), 'seq', 3, 'state', 1, 'tool', 'approve')),
    json_build_array(json_build_object('customer', t.customer(1), 'run', t.id(20),
        'status', 'waiting', 'wait_reason', 'approval')),
    json_build_array(json_build_object('customer_id', t.customer(1), 'run_id', t.id(20), 'seq', 3,
        'title', 'Send?'))), 'a_run_waits_for_a_person');
select t.is((select count(*) from engine.claim(:two, 9)), 0::bigint,
    'what_waits_without_a_time_is_not_claimed');
select t.is(engine.decide(t.customer(1), t.id(20), 3, '{"approved": true}', 'ann'), 'decided',
    'a_person_decides');
select c.status, c.wait_reason, c.input ->> 'a' as input, c.decisions from engine.claim(:two, 9) c \gset
select t.is(:'status'::text, 'waiting', 'a_claim_says_what_the_run_was_doing');
select t.is(:'wait_reason'::text, 'approval', 'and_why_it_waited');
select t.is(:'input'::text, '1', 'and_brings_its_input');
select t.is(:'decisions'::json -> 0 ->> 'by' || (:'decisions'::json -> 0 -> 'decision' ->> 'approved'),
    'anntrue', 'and_what_was_decided');
select t.is((select count(*) from engine.claim(:one, 9)), 0::bigint, 'a_run_is_claimed_once');

-- loading -----------------------------------------------------------------------------------------
select t.is((select count(*) from engine.load_run(t.customer(1), t.id(20))), 1::bigint,
    'a_run_can_be_loaded');
select t.is((select count(*) from engine.load_run(t.customer(2), t.id(20))), 0::bigint,
    'by_its_own_customer_only');
select t.ok(t.flush(:one, 3, '[]', json_build_array(
    json_build_object('customer', t.customer(1), 'run', t.id(20), 'seq', 5, 'kind', 3),
    json_build_object('customer', t.customer(1), 'run', t.id(20), 'seq', 4, 'result', '{}'))), 'steps');
select t.is((select array_agg(seq) from engine.load_steps(t.customer(1), t.id(20), false)),
    array[3, 4], 'steps_are_loaded_in_order_without_events');
select t.is((select array_agg(seq) from engine.load_steps(t.customer(1), t.id(20), true)),
    array[3, 4, 5], 'or_with_them');
select t.is((select ended_at - started_at from engine.load_steps(t.customer(1), t.id(20), false)
    where seq = 4), interval '1 ms', 'with_the_time_of_their_results');
select t.is((select array_agg(f) from engine.find_run(t.id(20)) f), array[t.customer(1)],
    'a_run_is_found_by_its_id');
