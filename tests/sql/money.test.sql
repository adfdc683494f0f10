-- Balances, leases and what goes back.
begin;
set role moonbase_core;
select engine.core_start('a', 1) as one \gset
select engine.core_start('b', 1) as two \gset

select t.is(engine.lease_balance(:one, t.customer(1), 600000, 1), 600000::bigint,
    'grants_what_is_wanted');
select t.is(engine.lease_balance(:two, t.customer(1), 600000, 1), 400000::bigint,
    'or_what_is_left');
select t.is(engine.lease_balance(:two, t.customer(1), 600000, 1), 0::bigint, 'or_nothing');
select engine.return_balance(:one, t.customer(1), 100000);
select t.is(engine.lease_balance(:two, t.customer(1), 600000, 200000), 0::bigint,
    'nothing_when_less_is_left_than_is_needed');
select t.is(engine.lease_balance(:two, t.customer(1), 600000, 100000), 100000::bigint,
    'what_was_returned_is_granted_again');

select t.ok(t.flush(:one, 1, json_build_array(t.run(1)), json_build_array(json_build_object(
    'customer', t.customer(1), 'run', t.id(1), 'seq', 0, 'price', 300000))), 'money_is_spent');
select engine.return_balance(:one, t.customer(1), 999999999);
reset role;
select t.is((select row(balance_micros, leased_micros)::text from mb.balances
    where customer_id = t.customer(1)), '(700000,500000)', 'nobody_returns_more_than_is_unspent');
set role moonbase_core;

-- more than was leased: a price that was higher than its reservation ----------------------------
select t.ok(t.flush(:two, 1, json_build_array(t.run(2)), json_build_array(json_build_object(
    'customer', t.customer(1), 'run', t.id(2), 'seq', 0, 'price', 900000))), 'overspending_is_written');
reset role;
select t.is((select balance_micros from mb.balances_now where customer_id = t.customer(1)),
    -200000::bigint, 'the_balance_may_fall_below_zero');
select engine.core_stop(:one), engine.core_stop(:two) \gset x_
select t.is((select row(balance_micros, leased_micros)::text from mb.balances
    where customer_id = t.customer(1)), '(-200000,0)', 'in_the_end_all_of_it_is_settled');
select t.is((select count(*) from mb.balance_leases), 0::bigint, 'and_no_lease_is_left');
select t.is((select count(*) from engine.audit()), 0::bigint, 'the_books_agree');

-- a customer without a row of balance ------------------------------------------------------------
set role moonbase_core;
select engine.core_start('a', 1) as one \gset
select engine.create_customer('new', null, 0) as poor \gset
select t.is(engine.lease_balance(:one, :'poor', 100, 1), 0::bigint, 'who_has_nothing_gets_nothing');

-- budget ------------------------------------------------------------------------------------------
select t.ok(t.flush(:one, 1, json_build_array(t.run(3, 1,
    '{"status": "waiting", "wait_reason": "budget", "owned": false}'))), 'a_run_waits_for_money');
select t.is((select count(*) from engine.claim(:one, 9) where run_id = t.id(3)), 0::bigint,
    'and_is_not_claimed');
select t.is(engine.topup(t.customer(1), 300000, 'paid'), 100000::bigint,
    'a_top_up_gives_the_new_balance');
select t.is((select array_agg(run_id) from engine.claim(:one, 9)), array[t.id(3)],
    'and_lets_the_run_go_on');
select t.throws(format('select engine.topup(%L, 1, %L)', t.id(99), ''), 'MB404',
    'nobody_is_no_customer', 'not_found');

-- the audit itself ---------------------------------------------------------------------------------
reset role;
update mb.balances set balance_micros = balance_micros + 1 where customer_id = t.customer(2);
select t.is((select array_agg(customer_id) from engine.audit()), array[t.customer(2)],
    'one_micro_dollar_too_much_is_found');
rollback;
