-- Idempotency-Key: one request, one run.
set role moonbase_core;
select engine.core_start('a', 1) as one \gset
select engine.core_start('b', 1) as two \gset
create function pg_temp.claim(fence bigint, run integer, body text default 'x') returns text
language sql as $$
    select state || coalesce(' ' || right(run_id::text, 2), '')
    from engine.idempotent(fence, t.customer(1), 'execute', 'k', body::bytea, t.id(run))
$$;

select t.is(pg_temp.claim(:one, 1), 'new 01', 'the_first_request_is_new');
select t.is(pg_temp.claim(:two, 2), 'running 01', 'until_its_run_is_written_others_wait');
select t.is(pg_temp.claim(:two, 2, 'y'), 'mismatch', 'another_request_under_the_key_is_refused');
select t.ok(t.flush(:one, 1, json_build_array(t.run(1))), 'the_run_is_written');
select t.is(pg_temp.claim(:two, 2), 'same 01', 'then_the_answer_is_that_run');

-- a holder that died before it wrote anything ---------------------------------------------------
select t.is((select state from engine.idempotent(:one, t.customer(1), 'execute', 'k2', 'x', t.id(5))),
    'new', 'a_key_is_taken');
select engine.core_stop(:one);
select t.is((select state from engine.idempotent(:two, t.customer(1), 'execute', 'k2', 'x', t.id(6))),
    'new', 'and_taken_over_when_its_holder_is_dead_and_has_no_run');
select t.is((select run_id from engine.idempotent(:two, t.customer(1), 'execute', 'k2', 'x', t.id(7))),
    t.id(6), 'with_the_new_holders_run');
select t.is(pg_temp.claim(:two, 8), 'same 01', 'but_a_run_that_was_written_stays_the_answer');

-- answers that are no runs ------------------------------------------------------------------------
select t.is((select state from engine.idempotent(:two, t.customer(1), 'packages', 'k', 'x', null)),
    'new', 'scopes_are_apart');
select engine.idempotent_done(t.customer(1), 'packages', 'k', 201, '{"id": 1}');
select t.is((select state || status || response from engine.idempotent(:two, t.customer(1), 'packages',
    'k', 'x', null)), 'same201{"id": 1}', 'a_kept_answer_is_given_again');
select t.is((select state from engine.idempotent(:two, t.customer(2), 'packages', 'k', 'x', null)),
    'new', 'customers_are_apart');

-- given back --------------------------------------------------------------------------------------
select engine.idempotent_drop(t.customer(2), 'packages', 'k', null);
select t.is((select state from engine.idempotent(:two, t.customer(2), 'packages', 'k', 'other', null)),
    'new', 'a_key_that_was_given_back_is_free');
reset role;
update mb.idempotency_keys set created_at = now() - interval '25 hours';
select t.ok(engine.prune() > 0, 'old_keys_are_pruned');
select t.is((select count(*) from mb.idempotency_keys), 0::bigint, 'after_a_day');
