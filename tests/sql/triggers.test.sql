-- Triggers: one firing a key, one run a firing; what is due; what is kept.
\i api_lib.sql
reset role;

insert into mb.triggers (customer_id, trigger_id, deployment_id, name, kind, schedule, next_at)
values (t.customer(1), t.id(1), t.customer(1), 'due', 'cron', '* * * * *', now() - interval '1 hour'),
    (t.customer(1), t.id(2), t.customer(1), 'soon', 'cron', '* * * * *', now() + interval '1 hour'),
    (t.customer(1), t.id(3), t.customer(1), 'later', 'cron', '* * * * *', now() + interval '2 hours'),
    (t.customer(2), t.id(4), t.customer(2), 'new', 'cron', '* * * * *', null);
insert into mb.triggers (customer_id, trigger_id, deployment_id, name, kind, schedule, next_at, is_enabled)
values (t.customer(1), t.id(5), t.customer(1), 'off', 'cron', '* * * * *', now() - interval '1 day', false);
insert into mb.triggers (customer_id, trigger_id, deployment_id, name, kind, scheme, sealed, headers)
values (t.customer(1), t.id(6), t.customer(1), 'hook', 'webhook', 'github', 'sealed', '{x-a}'),
    (t.customer(1), t.id(7), t.customer(1), 'no secret', 'webhook', 'github', null, '{}');

-- A tick (its time as the row stands) or, without one, a delivery.
create function pg_temp.fire(of integer, trigger_ integer, key text, run integer,
    expected timestamptz default null, next_ timestamptz default null) returns text
language sql as $$
    select concat_ws(' ', f.outcome, right(f.run_id::text, 2))
    from engine.fire_trigger(t.customer(of), t.id(trigger_), key, expected, expected, next_, t.id(run),
        '00000000-0000-0000-0000-000000000000', t.customer(of), 1, '{}', '{}', 'seed') f
$$;
create function pg_temp.next_at(trigger_ integer) returns timestamptz
language sql as $$
    select next_at from mb.triggers where trigger_id = t.id(trigger_)
$$;
grant execute on all functions in schema pg_temp to public;

-- ---------------------------------------------------------------- what is due
select t.is((select string_agg(right(l.trigger_id::text, 1), ' ' order by l.next_at nulls first)
    from engine.look_triggers(10) l), '4 1 2',
    'what_has_no_time_yet_what_is_due_and_the_next_one_are_looked_at');
select t.is((select string_agg(right(l.trigger_id::text, 1), ' ') from engine.look_triggers(1) l), '4',
    'at_most_as_many_as_are_asked_for');
select t.is((select bool_and(l.due_us < 0) from engine.look_triggers(10) l
    where l.next_at < now()), true, 'what_is_due_has_no_time_left');
select t.is((select l.due_us / 1000000 between 3590 and 3600 from engine.look_triggers(10) l
    where l.next_at > now()), true, 'and_the_next_one_has_its_time');

-- ---------------------------------------------------------------- ticks
select pg_temp.next_at(1) as at \gset due_
select t.is(pg_temp.fire(1, 1, 'tick a', 32, :'due_at'::timestamptz - interval '1 s', now()), 'busy',
    'a_tick_of_another_time_than_the_row_stands_at_is_not_taken');
select t.is(pg_temp.fire(1, 1, 'tick a', 33, :'due_at', now() + interval '1 minute'), 'fired 21',
    'a_tick_starts_a_run');
select t.is((select r.status || ' ' || (r.fence is null) || ' ' || (r.wake_at <= now()) from mb.runs r
    where r.run_id = t.id(33)), 'queued true true', 'which_is_queued_for_any_core');
select t.is(pg_temp.next_at(1) > now() + interval '50 s', true, 'and_the_schedule_goes_on');
select t.is(pg_temp.fire(1, 1, 'tick a', 34, :'due_at', now()), 'busy', 'a_second_core_comes_too_late');
update mb.triggers set next_at = :'due_at' where trigger_id = t.id(1);
select t.is(pg_temp.fire(1, 1, 'tick a', 35, :'due_at', now() + interval '1 minute'), 'same 21',
    'a_key_that_has_fired_starts_nothing');
select t.is((select count(*) from mb.runs r where r.deployment_id = t.customer(1)), 1::bigint,
    'so_there_is_one_run');
select t.is(pg_temp.fire(1, 5, 'tick a', 36, pg_temp.next_at(5), now()), 'busy',
    'what_is_disabled_does_not_tick');

select t.is(engine.move_trigger(t.customer(2), t.id(4), null, now() + interval '1 day', null), true,
    'a_time_that_was_missing_is_set');
select t.is(engine.move_trigger(t.customer(2), t.id(4), null, now(), null), false, 'once');
select t.is(engine.move_trigger(t.customer(2), t.id(4), pg_temp.next_at(4), null,
    '{"code": "x", "message": "y"}'), true, 'what_has_no_next_time');
select t.is((select g.is_enabled::text || (g.last_error::json ->> 'code') from mb.triggers g
    where g.trigger_id = t.id(4)), 'falsex', 'is_disabled_and_says_why');

-- Two cores at once: the second does not wait for the first.
update mb.triggers set next_at = :'due_at' where trigger_id = t.id(2);
select t.session('core') \gset x_
select dblink_exec('core', 'begin') \gset x_
select t.is((select o from dblink('core', format('select outcome from engine.fire_trigger(%L, %L, ''tick b'', %L,
        %L, now(), %L, ''00000000-0000-0000-0000-000000000000'', %L, 1, ''{}'', ''{}'', ''seed'')',
        t.customer(1), t.id(2), :'due_at', :'due_at', t.id(40), t.customer(1))) as r (o text)), 'fired',
    'one_core_fires');
select t.is(pg_temp.fire(1, 2, 'tick b', 41, :'due_at', now()), 'busy', 'meanwhile_the_other_sees_it_is_taken');
select dblink_exec('core', 'rollback') \gset x_
select t.is(pg_temp.fire(1, 2, 'tick b', 41, :'due_at', now() + interval '1 day'), 'fired 29',
    'and_when_the_first_died_before_its_commit_nothing_is_lost');

-- ---------------------------------------------------------------- deliveries
select t.is((select h.scheme || ' ' || h.sealed || ' ' || h.headers::text from engine.hook(t.id(6)) h),
    'github sealed {x-a}', 'a_webhook_is_found_by_its_id');
select t.is((select count(*) from engine.hook(t.id(n)) h), 0::bigint,
    case n when 7 then 'one_without_a_secret_is_not' when 1 then 'nor_is_a_schedule'
        else 'nor_what_is_not_there' end)
from unnest(array[7, 1, 8]) n;
select t.is(pg_temp.fire(1, 6, 'delivery 1', 50), 'fired 32', 'a_delivery_starts_a_run');
select t.is(pg_temp.fire(1, 6, 'delivery 1', 51), 'same 32', 'and_repeated_it_is_the_same');
select t.is(pg_temp.fire(1, 6, 'delivery 2', 52), 'fired 34', 'another_starts_another');
select t.is(pg_temp.fire(2, 6, 'delivery 3', 53), 'gone', 'under_another_customer_it_is_not_there');
update mb.triggers set is_enabled = false where trigger_id = t.id(6);
select t.is(pg_temp.fire(1, 6, 'delivery 4', 54), 'gone', 'disabled_it_takes_none');
select t.is((select count(*) from mb.trigger_firings f where f.key = 'delivery 4'), 0::bigint,
    'and_notes_nothing');
select t.is(pg_temp.fire(1, 6, 'manual 1', 55), 'fired 37', 'but_may_be_fired_by_hand');
update mb.triggers set is_enabled = true where trigger_id = t.id(6);
update mb.customers set disabled_at = now() where customer_id = t.customer(1);
select t.is(pg_temp.fire(1, 6, 'delivery 5', 56), 'gone', 'a_disabled_customer_starts_nothing');
select t.is((select count(*) from engine.hook(t.id(6)) h), 0::bigint, 'and_has_no_webhooks');
update mb.customers set disabled_at = null where customer_id = t.customer(1);

-- ---------------------------------------------------------------- what is kept
update mb.trigger_firings set fired_at = now() - interval '31 days' where key = 'delivery 1';
select t.is(engine.prune_firings(), 1, 'old_firings_are_deleted');
select t.is(engine.prune_firings(), 0, 'and_no_others');

-- ---------------------------------------------------------------- those of a workflow
select t.is((select string_agg(p.name || coalesce(' ' || p.schedule, ' ' || p.scheme), ', ' order by p.name)
    from engine.put_triggers(t.customer(2), t.customer(2), '[
        {"name": "a", "kind": "cron", "schedule": "0 0 * * *", "timezone": "Europe/Berlin"},
        {"name": "b", "kind": "webhook", "headers": ["x-b"]}]') p), 'a 0 0 * * *, b moonbase',
    'a_workflows_triggers_are_made');
update mb.triggers set sealed = 'kept', next_at = now() where is_managed;
select t.is((select string_agg(p.name || ' ' || coalesce(p.sealed, '-') || ' ' || (p.next_at is null), ', '
        order by p.name)
    from engine.put_triggers(t.customer(2), t.customer(2), '[
        {"name": "a", "kind": "cron", "schedule": "1 0 * * *", "timezone": "Europe/Berlin"},
        {"name": "b", "kind": "webhook", "input": {"x": 1}}]') p), 'a kept true, b kept false',
    'changed_they_keep_their_secret_and_a_new_schedule_is_computed_anew');
select engine.put_triggers(t.customer(2), t.customer(2), '[{"name": "b", "kind": "webhook"}]') \gset x_
select t.is((select string_agg(g.name, ' ' order by g.name) from mb.triggers g
    where g.customer_id = t.customer(2)), 'b new', 'what_is_not_named_goes_and_what_others_made_stays');

-- ---------------------------------------------------------------- as a customer
set role moonbase_core;
select t.is(pg_temp.each(pg_temp.call(2, 'triggers_list'), 'name'), 'b new',
    'a_customer_sees_its_own_the_latest_first');
select t.is(pg_temp.brief(pg_temp.call(2, 'trigger_get', json_build_object('trigger_id', t.id(6)))),
    '404 not_found', 'and_not_those_of_others');
select t.is(pg_temp.brief(pg_temp.call(2, 'trigger_delete', json_build_object('trigger_id', t.id(6)))),
    '404 not_found', 'nor_deletes_them');
select t.is(pg_temp.brief(pg_temp.call(2, 'trigger_firings_list', json_build_object('trigger_id', t.id(6)))),
    '404 not_found', 'nor_sees_what_they_started');
select t.is(pg_temp.walk(1, 'trigger_firings_list', json_build_object('trigger_id', t.id(6)), 'key', 1),
    'manual 1|delivery 2', 'firings_come_in_pages');
select t.is(pg_temp.call(1, 'trigger_get', json_build_object('trigger_id', t.id(6))) ->> 'body' like '%sealed%',
    false, 'the_secret_is_never_shown');
select t.is(pg_temp.brief(pg_temp.call(1, 'deployment_delete', json_build_object('deployment_id', t.customer(1)))),
    '204', 'a_deployment_is_deleted');
reset role;
select t.is((select count(*) from mb.triggers g where g.customer_id = t.customer(1) and g.is_enabled), 0::bigint,
    'and_its_triggers_with_it');
