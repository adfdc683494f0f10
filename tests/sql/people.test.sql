-- Decisions of people, and stopping a run.
set role moonbase_core;
select engine.core_start('a', 1) as one \gset
select t.session('ear') \gset x_
select dblink_exec('ear', 'listen mb_run') as x \gset x_
select t.ok(t.flush(:one, 1, json_build_array(t.run(1), t.run(2), t.run(3, 1,
    json_build_object('parent', t.id(2))), t.run(4)), '[]', '[]', json_build_array(
    json_build_object('customer_id', t.customer(1), 'run_id', t.id(1), 'seq', 0, 'title', 'a'),
    json_build_object('customer_id', t.customer(1), 'run_id', t.id(1), 'seq', 1, 'title', 'late',
        'deadline_us', 1000000))), 'questions');

select t.is(engine.decide(t.customer(1), t.id(1), 7, '{}', 'x'), 'not_found',
    'what_was_not_asked_cannot_be_decided');
select t.is(engine.decide(t.customer(2), t.id(1), 0, '{}', 'x'), 'not_found',
    'nor_by_another_customer');
select t.is(engine.decide(t.customer(1), t.id(1), 1, '{}', 'x'), 'closed',
    'nor_after_its_deadline');
select t.is(engine.decide(t.customer(1), t.id(1), 0, '{"approved": false}', 'x'), 'decided',
    'a_question_can_be_decided');
select t.is(engine.decide(t.customer(1), t.id(1), 0, '{"approved": true}', 'y'), 'closed', 'once');
select t.is((select d -> 'decision' ->> 'approved'
    from json_array_elements(engine.decisions(t.customer(1), t.id(1))) d), 'false',
    'the_first_word_counts');
select t.is((select string_agg(extra, ',') from dblink_get_notify('ear')),
    t.customer(1) || ' ' || t.id(1) || ' decide', 'the_core_that_executes_it_is_told');

-- cancel ------------------------------------------------------------------------------------------
select t.is(engine.cancel(t.customer(2), t.id(2)), 'not_found', 'a_run_of_others_cannot_be_cancelled');
select t.is(engine.cancel(t.customer(1), t.id(2)), 'cancelling', 'a_run_that_runs_is_told_to_stop');
select t.is((select array_agg(extra order by extra) from dblink_get_notify('ear')),
    array[t.customer(1) || ' ' || t.id(2) || ' cancel', t.customer(1) || ' ' || t.id(3) || ' cancel'],
    'with_its_children');
select t.ok(t.flush(:one, 2, '[]', '[]', json_build_array(json_build_object(
    'customer', t.customer(1), 'run', t.id(4), 'status', 'waiting', 'wait_reason', 'timer',
    'wake_at', now() + interval '1 year'))), 'a_run_sleeps');
select t.is(engine.cancel(t.customer(1), t.id(4)), 'cancelled', 'a_run_that_sleeps_is_stopped_at_once');
select t.is(engine.cancel(t.customer(1), t.id(4)), 'cancelled', 'twice_is_no_error');
select t.is((select row(status, error ->> 'code', finished_at is not null, fence, wake_at)::text
    from engine.load_run(t.customer(1), t.id(4))), '(cancelled,cancelled,t,,)', 'and_says_why');
select t.is(engine.decide(t.customer(1), t.id(4), 0, '{}', 'x'), 'not_found', 'nothing_to_decide');
