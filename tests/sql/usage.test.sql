-- Usage is derived: it can be made anew from the journal, hour by hour.
begin;
set role moonbase_core;
select engine.core_start('a', 1) as one \gset
select t.ok(t.flush(:one, 1, json_build_array(t.run(1)), (
    select json_agg(json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', n,
        'tool', 'tool' || n % 3, 'price', case when n = 9 then 0 else n end, 'in', 2 * n, 'kind', case when n = 9 then 2 else 1 end,
        'at', date_bin('1 hour', now(), '2000-01-01') - n % 2 * interval '1 second'))
    from generate_series(1, 20) n)), 'twenty_steps_in_two_hours');
reset role;
select t.is((select count(distinct hour) from mb.usage_hourly), 2::bigint,
    'a_step_counts_in_the_hour_in_which_it_began');
create temp table before as
    select customer_id, hour, deployment_id, tool, calls, tokens_in, price_micros
    from mb.usage_hourly;
update mb.usage_hourly set calls = 0, price_micros = 99;
select t.is(engine.rebuild_usage(t.customer(1), now() - interval '2 hours', now() + interval '2 hours'),
    6, 'is_rebuilt');
select t.is((select count(*) from (
    select customer_id, hour, deployment_id, tool, calls, tokens_in, price_micros
    from mb.usage_hourly
    except select * from before) d), 0::bigint, 'and_is_what_it_was');
select t.is((select count(*) from engine.audit()), 0::bigint, 'the_books_agree');
rollback;
