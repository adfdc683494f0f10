-- Child runs: what is known before one is made, how its end reaches the parent, and what becomes of
-- children when their parent ends.
set role moonbase_core;
select engine.core_start('a', 1) as one, engine.core_start('b', 1) as two \gset
select t.session('ear') \gset x_
select dblink_exec('ear', 'listen mb_run') as x \gset x_
create function pg_temp.child(n integer, parent integer, more json default '{}') returns json
language sql as $$
    select t.run(n, 1, (jsonb_build_object('parent', t.id(parent), 'status', 'queued', 'owned', false)
        || more::jsonb)::json)
$$;
create function pg_temp.ends(n integer, status text) returns json
language sql as $$
    select json_build_object('customer', t.customer(1), 'run', t.id(n), 'status', status,
        'finished_at', now(), 'family', true)
$$;
create function pg_temp.parks(n integer) returns json
language sql as $$
    select json_build_object('customer', t.customer(1), 'run', t.id(n), 'status', 'waiting',
        'wait_reason', 'call')
$$;
create function pg_temp.state(variadic n integer[]) returns text
language sql as $$
    select string_agg(l.status || case when l.cancel_requested then '!' else '' end, ' ' order by i)
    from unnest(n) i, engine.load_run(t.customer(1), t.id(i)) l
$$;
create function pg_temp.heard() returns text
language plpgsql as $$
begin
    perform from dblink('ear', 'select 1') as r (x integer);
    return (select string_agg(split_part(extra, ' ', 3), ' ' order by extra)
        from dblink_get_notify('ear'));
end
$$;

-- plan --------------------------------------------------------------------------------------------
select t.is((select row(deployment_id, depth, open_children)::text
    from engine.child_plan(t.customer(1), t.id(1), null, 'd')), format('(%s,0,0)', t.customer(1)),
    'a_target_is_found_by_name');
select t.is((select deployment_id from engine.child_plan(t.customer(1), t.id(1), t.customer(1), 'x')),
    t.customer(1), 'or_by_id');
select t.is((select deployment_id from engine.child_plan(t.customer(1), t.id(1), t.customer(2), 'x')),
    null, 'but_not_that_of_another_customer');
select t.ok(t.flush(:one, 1, json_build_array(t.run(1), pg_temp.child(2, 1), pg_temp.child(3, 2),
    pg_temp.child(4, 1))), 'parents_and_children');
select t.is((select row(depth, open_children)::text
    from engine.child_plan(t.customer(1), t.id(3), null, 'd')), '(2,3)',
    'how_deep_it_lies_and_how_many_are_open_is_told');

-- exactly once ------------------------------------------------------------------------------------
select t.ok(not t.flush(:one, 1, json_build_array(pg_temp.child(2, 1))),
    'a_batch_that_comes_twice_makes_them_once');
select t.is((select count(*) from engine.claim(:two, 10)), 3::bigint, 'another_core_claims_them');
select t.is((select count(*) from engine.claim(:one, 10)), 0::bigint, 'once');

-- the end -----------------------------------------------------------------------------------------
select t.ok(t.flush(:one, 2, '[]', '[]', json_build_array(pg_temp.parks(1))), 'the_parent_parks');
select pg_temp.heard() as x \gset x_
select t.ok(t.flush(:two, 1, '[]', '[]', json_build_array(pg_temp.ends(3, 'succeeded'))), 'a_grandchild_ends');
select t.is(pg_temp.heard(), 'child finish', 'its_parents_core_is_told');
select t.is((select count(*) from engine.claim(:one, 10)), 0::bigint, 'and_its_parents_parent_sleeps_on');
select t.ok(t.flush(:two, 2, '[]', '[]', json_build_array(pg_temp.ends(2, 'failed'))), 'a_child_ends');
select t.is((select run_id from engine.claim(:one, 10)), t.id(1), 'a_parked_parent_wakes');
select t.is((select row(is_over, status, cost_micros)::text
    from engine.child_state(t.customer(1), t.id(1), t.id(2))), '(t,failed,20)',
    'it_reads_how_the_child_ended_and_its_cost_with_that_of_its_children');
select t.is((select count(*) from engine.child_state(t.customer(1), t.id(4), t.id(2))), 0::bigint,
    'nobody_else_does');
select t.is(engine.child_claim(t.customer(1), t.id(1)), 20::bigint, 'what_is_open_without_a_budget_claims_what_it_cost');
select t.is(engine.child_cost(t.customer(1), t.id(1)), 20::bigint, 'the_cost_of_all_below_is_summed');
select t.is(pg_temp.state(1, 4), 'running running', 'a_brother_goes_on');
-- It ends before the parent is parked: then the parent wakes at once.
select t.ok(t.flush(:two, 3, '[]', '[]', json_build_array(pg_temp.ends(4, 'succeeded'))), 'the_last_ends');
select t.ok(t.flush(:one, 3, '[]', '[]', json_build_array(pg_temp.parks(1))), 'and_then_the_parent_parks');
select t.is((select run_id from engine.claim(:one, 10)), t.id(1), 'it_does_not_sleep_through_it');

-- the parent ends ---------------------------------------------------------------------------------
select t.ok(t.flush(:one, 4, json_build_array(t.run(10), pg_temp.child(11, 10),
    pg_temp.child(12, 10, '{"limits": {"detached": true}}'), pg_temp.child(13, 12), t.run(20),
    pg_temp.child(21, 20), pg_temp.child(22, 20, '{"limits": {"detached": true}}'),
    pg_temp.child(23, 22))), 'two_families');
select t.is((select count(*) from engine.claim(:two, 10) where run_id <> t.id(13)), 5::bigint, 'they_run');
select t.ok(t.flush(:one, 5, '[]', '[]', json_build_array(pg_temp.ends(10, 'succeeded'),
    pg_temp.ends(20, 'failed'))), 'the_parents_end');
select t.is(pg_temp.state(11, 12, 13), 'running! running running',
    'behind_a_success_those_go_on_that_nobody_meant_to_wait_for');
select t.is(pg_temp.state(21, 22, 23), 'running! running! running!', 'a_failure_takes_all_along');
select t.ok(t.flush(:two, 4, '[]', '[]', json_build_array(pg_temp.parks(12), pg_temp.parks(13))), 'parked');
select t.is(engine.cancel(t.customer(1), t.id(12)), 'cancelled', 'a_cancelled_one');
select t.is(pg_temp.state(12, 13), 'cancelled! cancelled!', 'takes_its_own_along_at_once');

-- questions ---------------------------------------------------------------------------------------
select t.ok(t.flush(:one, 6, json_build_array(t.run(30)), '[]', '[]', json_build_array(
    json_build_object('customer_id', t.customer(1), 'run_id', t.id(30), 'seq', 1, 'title', 'a',
        'escalate_us', 5000000, 'escalate_to', '["boss"]'::json))), 'a_question');
select t.ok(t.flush(:one, 7, '[]', '[]', '[]', json_build_array(
    json_build_object('customer_id', t.customer(1), 'run_id', t.id(30), 'seq', 1, 'title', 'a',
        'reminded_us', 1000000, 'reminders', 2))), 'a_reminder');
reset role;
select t.is((select row(extract(epoch from escalate_at)::integer, escalate_to,
        extract(epoch from reminded_at)::integer, reminders, escalated_at)::text
    from mb.approvals where run_id = t.id(30)), '(5,{boss},1,2,)', 'is_noted_at_the_question');
set role moonbase_core;
select t.ok(t.flush(:one, 8, '[]', '[]', '[]', json_build_array(
    json_build_object('customer_id', t.customer(1), 'run_id', t.id(30), 'seq', 1, 'title', 'a'))),
    'asking_again');
reset role;
select t.is((select reminders from mb.approvals where run_id = t.id(30)), 2, 'changes_nothing');

-- what children have of a budget ------------------------------------------------------------------
select t.ok(t.flush(:one, (select flush_no + 1 from mb.cores where fence = :one), json_build_array(t.run(50),
    pg_temp.child(51, 50), pg_temp.child(52, 51))), 'a_child_with_a_child_of_its_own');
reset role;
update mb.runs set limits = '{"budget_micros": 700}' where run_id = t.id(52);
update mb.runs set cost_micros = 30, finished_at = now(), status = 'succeeded', fence = null, wake_at = null
where run_id = t.id(51);
select t.is((select cost_micros from engine.child_state(t.customer(1), t.id(50), t.id(51))), 730::bigint,
    'what_goes_on_behind_a_child_claims_its_whole_budget');
update mb.runs set cancel_requested = true, cost_micros = 4 where run_id = t.id(52);
select t.is((select cost_micros from engine.child_state(t.customer(1), t.id(50), t.id(51))), 34::bigint,
    'until_it_is_stopped');
