-- engine.write_batch: what a batch writes, exactly once, by the right core only.
begin;
set role moonbase_core;
select engine.core_start('here', 1) as fence \gset

select t.is(t.flush(:fence, 1, json_build_array(t.run(1), t.run(2, 2))), true, 'applies_a_batch');
reset role;
select t.is((select count(*) from mb.runs where fence = :fence and status = 'running'), 2::bigint,
    'a_new_run_belongs_to_its_core');

-- resends -------------------------------------------------------------------------------------
select t.is(t.flush(:fence, 1, json_build_array(t.run(1), t.run(2, 2))), false,
    'a_batch_that_was_applied_is_not_applied_again');
select t.is((select count(*) from mb.runs), 2::bigint, 'and_writes_nothing');
select t.throws(format('select t.flush(%s, 3)', :fence), 'MBSEQ',
    'a_batch_whose_predecessor_is_missing_is_refused');
select t.throws('select t.flush(999, 1)', 'MBFEN', 'a_core_that_is_not_registered_is_refused');

-- steps, money, usage -------------------------------------------------------------------------
select t.ok(t.flush(:fence, 2, '[]', json_build_array(
    json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 0, 'tool', 'llm.chat',
        'in', 100, 'out', 20, 'cpu', 5, 'bytes', 7, 'cost', 30, 'price', 45, 'result', '{"a": 1}'),
    json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 1, 'tool', 'llm.chat',
        'in', 1, 'out', 2, 'cost', 1, 'price', 2),
    json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 2, 'tool', 'http.request',
        'state', 1, 'price', 1000),
    json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 3, 'kind', 3,
        'tool', 'log'),
    json_build_object('customer', t.customer(2), 'run', t.id(2), 'seq', 0, 'tool', 'kv.get',
        'price', 7))), 'applies_steps');
select t.is((select count(*) from mb.steps), 5::bigint, 'writes_every_row');
select t.is((select spent_micros::bigint from mb.balance_leases
    where customer_id = t.customer(1) and fence = :fence), 47::bigint,
    'charges_the_sum_of_what_is_done_and_not_of_intents');
select t.is((select balance_micros from mb.balances_now where customer_id = t.customer(1)),
    999953::bigint, 'the_balance_falls_by_it_at_once');
select t.is((select balance_micros from mb.balances_now where customer_id = t.customer(2)),
    999993::bigint, 'each_customer_pays_its_own');
select t.is((select row(calls, tokens_in, tokens_out, cpu_us, bytes, cost_micros, price_micros)::text
    from mb.usage_hourly where customer_id = t.customer(1) and tool = 'llm.chat'),
    '(2,101,22,5,7,31,47)', 'usage_is_summed_by_tool');
select t.is((select count(*) from mb.usage_hourly where tool in ('log', 'http.request')), 0::bigint,
    'log_lines_and_intents_are_no_usage');

-- intents -------------------------------------------------------------------------------------
select t.ok(t.flush(:fence, 3, '[]', json_build_array(json_build_object('customer', t.customer(1),
    'run', t.id(1), 'seq', 2, 'tool', 'http.request', 'completes', true, 'price', 1000,
    'result', '[1]'))), 'completes_an_intent');
select t.is((select state || result || price_micros from mb.steps
    where run_id = t.id(1) and seq = 2), '2[1]1000', 'the_same_row_is_done_then');
select t.is((select spent_micros::bigint from mb.balance_leases
    where customer_id = t.customer(1) and fence = :fence), 1047::bigint, 'and_charged_then');
select t.is((select count(*) from engine.audit()), 0::bigint, 'the_books_agree');

-- changes of runs -----------------------------------------------------------------------------
select t.ok(t.flush(:fence, 4, '[]', '[]', json_build_array(json_build_object(
    'customer', t.customer(1), 'run', t.id(1), 'status', 'succeeded', 'output', '{"b": 2}',
    'finished_at', now()))), 'ends_a_run');
select t.is((select row(status, fence, output, steps, cpu_us, tokens_in, tokens_out, cost_micros,
    finished_at is not null)::text from mb.runs where run_id = t.id(1)),
    '(succeeded,,"{""b"": 2}",3,7,8,9,10,t)', 'with_its_output_and_totals_and_no_owner');
select t.ok(t.flush(:fence, 5, json_build_array(t.run(3)), '[]', json_build_array(
    json_build_object('customer', t.customer(1), 'run', t.id(3), 'status', 'waiting',
        'wait_reason', 'timer', 'wake_at', now() + interval '1 hour'))),
    'a_run_may_begin_and_be_parked_in_one_batch');
select t.is((select row(status, wait_reason, fence, wake_at = now() + interval '1 hour')::text
    from mb.runs where run_id = t.id(3)), '(waiting,timer,,t)', 'and_is_nobodys_then');
select t.ok(t.flush(:fence, 6, '[]', '[]', json_build_array(json_build_object(
    'customer', t.customer(1), 'run', t.id(3), 'status', 'failed', 'finished_at', now()))),
    'a_change_of_a_run_that_is_not_ours_is_no_error');
select t.is((select status::text from mb.runs where run_id = t.id(3)), 'waiting',
    'and_changes_nothing');
select t.ok(t.flush(:fence, 7, json_build_array(t.run(4, 1, json_build_object('status', 'succeeded',
    'owned', false, 'output', '1', 'finished_at', now())))), 'a_run_may_begin_and_end_in_one_row');

-- what happened to a run meanwhile is not slept through ---------------------------------------
select t.ok(t.flush(:fence, 8, json_build_array(t.run(5), t.run(6))), 'two_more_runs');
update mb.runs set wake_at = now() - interval '1 minute' where run_id = t.id(5); -- a decision
update mb.runs set cancel_requested = true where run_id = t.id(6);
select t.ok(t.flush(:fence, 9, '[]', '[]', json_build_array(
    json_build_object('customer', t.customer(1), 'run', t.id(5), 'status', 'waiting',
        'wait_reason', 'approval'),
    json_build_object('customer', t.customer(1), 'run', t.id(6), 'status', 'waiting',
        'wait_reason', 'approval'))), 'both_are_parked');
select t.is((select array_agg(run_id order by run_id) from mb.runs where wake_at <= now()),
    array[t.id(5), t.id(6)], 'a_decision_or_a_cancel_that_came_first_makes_them_due');

-- parents -------------------------------------------------------------------------------------
select t.ok(t.flush(:fence, 10, json_build_array(t.run(7), t.run(8, 1,
    json_build_object('parent', t.id(7))))), 'a_run_and_its_child');
select t.ok(t.flush(:fence, 11, '[]', '[]', json_build_array(json_build_object(
    'customer', t.customer(1), 'run', t.id(7), 'status', 'waiting', 'wait_reason', 'call'))),
    'the_parent_waits');
select t.ok(t.flush(:fence, 12, '[]', '[]', json_build_array(json_build_object(
    'customer', t.customer(1), 'run', t.id(8), 'status', 'succeeded', 'finished_at', now()))),
    'the_child_ends');
select t.is((select wake_at from mb.runs where run_id = t.id(7)), now(), 'and_wakes_its_parent');

-- questions -----------------------------------------------------------------------------------
select t.ok(t.flush(:fence, 13, '[]', '[]', '[]', json_build_array(json_build_object(
    'customer_id', t.customer(1), 'run_id', t.id(3), 'seq', 4, 'title', 'Refund?',
    'details', json_build_object('n', 1), 'roles', json_build_array('a', 'b'),
    'deadline_us', 1000000))), 'asks_a_person');
select t.is((select row(title, details, roles, form, deadline_at)::text from mb.approvals),
    '(Refund?,"{""n"" : 1}","{a,b}",,"1970-01-01 00:00:01+00")', 'as_it_was_asked');

-- a batch is whole or nothing -----------------------------------------------------------------
select t.throws(format('select t.flush(%s, 14, %L, %L)', :fence, json_build_array(t.run(20)),
    json_build_array(json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 0))),
    '23505', 'a_row_that_is_there_already_is_refused');
select t.is((select count(*) from mb.runs where run_id = t.id(20)), 0::bigint,
    'and_nothing_of_its_batch_is_written');
select t.ok(t.flush(:fence, 14, json_build_array(t.run(20))), 'its_number_is_still_free');
select t.throws(format('select t.flush(%s, 15, %L)', :fence,
    json_build_array(t.run(21, 1, '{"status": "nonsense"}'))), '23514',
    'a_state_that_is_none_is_refused');
rollback;
