-- The lives of cores: fencing, takeover, and two sessions that race.
set role moonbase_core;
select engine.core_start('a', 1) as one \gset
select engine.core_start('b', 1) as two \gset
select t.ok(:one <> :two, 'each_life_has_a_number_of_its_own');
select t.ok(engine.core_beat(:one), 'a_core_that_lives_may_beat');

select t.ok(t.flush(:one, 1, json_build_array(t.run(1), t.run(2), t.run(3, 1,
    '{"status": "waiting", "wait_reason": "approval"}'))), 'it_begins_runs');
select t.is(engine.lease_balance(:one, t.customer(1), 1000, 1), 1000::bigint, 'and_holds_money');
select t.is(engine.reap(:two, 60000), 0, 'who_was_heard_of_lately_is_not_reaped');

-- the same place starts anew --------------------------------------------------------------------
select engine.core_start('a', 1) as three \gset
select t.ok(not engine.core_beat(:one), 'the_earlier_life_of_the_place_is_dead');
select t.throws(format('select t.flush(%s, 2)', :one), 'MBFEN', 'and_writes_nothing_any_more');
select t.throws(format('select engine.claim(%s, 1)', :one), 'MBFEN', 'nor_claims');
select t.throws(format('select engine.lease_balance(%s, t.customer(1), 1, 1)', :one), 'MBFEN',
    'nor_leases');
reset role;
select t.is((select array_agg(status::text order by run_id) from mb.runs where fence is null),
    array['queued', 'queued', 'waiting'], 'its_runs_are_free_and_what_waited_waits');
select t.is((select leased_micros::bigint from mb.balances where customer_id = t.customer(1)), 0::bigint,
    'its_money_went_back');
set role moonbase_core;

-- takeover ------------------------------------------------------------------------------------
select t.is((select array_agg(c.run_id order by c.run_id) from engine.claim(:two, 10) c),
    array[t.id(1), t.id(2)], 'another_core_takes_them_over');
reset role;
update mb.cores set beat_at = now() - interval '1 minute' where fence = :two;
set role moonbase_core;
select t.is(engine.reap(:three, 10000), 2, 'a_silent_core_is_reaped_and_its_runs_freed');
select t.throws(format('select t.flush(%s, 1)', :two), 'MBFEN', 'and_is_fenced');
select t.is((select count(*) from engine.claim(:three, 10)), 2::bigint, 'they_can_be_claimed_again');
select engine.core_stop(:three);
select t.ok(not engine.core_beat(:three), 'a_core_that_stops_is_dead');
reset role;
select t.is((select count(*) from mb.runs where fence is not null), 0::bigint,
    'and_gives_its_runs_back');

-- a flush under way and a reaper -----------------------------------------------------------------
select t.session('flusher'), t.session('reaper') \gset x_
select engine.core_start('c', 1) as four \gset
update mb.cores set beat_at = now() - interval '1 minute' where fence = :four;
select dblink_exec('flusher', 'begin') as x \gset x_
select t.is((select ok from dblink('flusher', format('select t.flush(%s, 1, %L)', :four,
    json_build_array(t.run(10)))) as r (ok boolean)), true, 'a_flush_is_under_way');
select t.is((select freed from dblink('reaper', 'select engine.reap(0, 10000)') as r (freed integer)),
    0, 'a_core_that_writes_at_this_moment_is_not_reaped');
select dblink_exec('flusher', 'commit') as x \gset x_
select t.is((select status::text from mb.runs where run_id = t.id(10) and fence = :four), 'running',
    'and_its_batch_counts');

-- a reaper under way and a flush -----------------------------------------------------------------
update mb.cores set beat_at = now() - interval '1 minute' where fence = :four;
select dblink_exec('reaper', 'begin') as x \gset x_
select t.is((select freed from dblink('reaper', 'select engine.reap(0, 10000)') as r (freed integer)),
    1, 'a_core_is_being_reaped');
select dblink_send_query('flusher', format('select t.flush(%s, 2, %L)', :four,
    json_build_array(t.run(11)))) as x \gset x_
select t.is(dblink_is_busy('flusher'), 1, 'its_flush_waits_for_the_verdict');
select dblink_exec('reaper', 'commit') as x \gset x_
select t.throws('select * from dblink_get_result(''flusher'') as r (ok boolean)', 'MBFEN',
    'and_is_refused');
select t.is((select count(*) from mb.runs where run_id = t.id(11)), 0::bigint,
    'nothing_of_a_dead_core_comes_after_its_runs_were_given_away');

-- the same batch twice at the same time -----------------------------------------------------------
select * from dblink_get_result('flusher') as r (ok boolean);
select engine.core_start('d', 1) as five \gset
select dblink_exec('reaper', 'begin') as x \gset x_
select t.ok((select ok from dblink('reaper', format('select t.flush(%s, 1, %L)', :five,
    json_build_array(t.run(12)))) as r (ok boolean)), 'a_batch_is_being_applied');
select dblink_send_query('flusher', format('select t.flush(%s, 1, %L)', :five,
    json_build_array(t.run(12)))) as x \gset x_
select t.is(dblink_is_busy('flusher'), 1, 'its_resend_waits');
select dblink_exec('reaper', 'commit') as x \gset x_
select t.is((select ok from dblink_get_result('flusher') as r (ok boolean)), false,
    'and_is_not_applied_again');
select t.is((select count(*) from mb.runs where run_id = t.id(12)), 1::bigint, 'the_run_is_there_once');

-- what was in a core's memory ----------------------------------------------------------------------
select * from dblink_get_result('flusher') as r (ok boolean);
select engine.core_start('f', 1) as six \gset
select t.ok(t.flush(:six, 1, json_build_array(t.run(20), t.run(21)), json_build_array(
    json_build_object('customer', t.customer(1), 'run', t.id(20), 'seq', 1, 'in', 7, 'out', 8, 'price', 9),
    json_build_object('customer', t.customer(1), 'run', t.id(20), 'seq', 2, 'kind', 3),
    json_build_object('customer', t.customer(1), 'run', t.id(20), 'seq', 3, 'state', 1, 'price', 100))),
    'a_core_writes_steps_of_a_run_that_goes_on');
select t.is((select count(*) from engine.cancels(:six)), 0::bigint, 'none_of_its_runs_is_to_be_stopped');
update mb.runs set cancel_requested = true where run_id = t.id(21);
select t.is((select array_agg(run_id) from engine.cancels(:six)), array[t.id(21)],
    'a_core_that_may_have_missed_it_reads_what_is_to_be_stopped');
select engine.core_stop(:six);
select t.is((select row(steps, tokens_in, tokens_out, cost_micros)::text from mb.runs
    where run_id = t.id(20)), '(1,7,8,9)', 'the_totals_of_its_runs_are_those_of_the_journal');
