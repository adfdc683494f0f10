-- The schedules that are due, the longest due first, and if there is room the next one after them.
-- due_us is how long until then (negative: since then; null: it has to be computed first), by the
-- database's clock, as is at_us, the present time.
create or replace function engine.look_triggers(max_triggers integer)
returns table (customer_id uuid, trigger_id uuid, deployment_id uuid, schedule text, timezone text,
    catch_up text, input text, next_at timestamptz, due_us bigint, at_us bigint)
language sql stable security definer set search_path = '' set enable_seqscan = off
as $$
    select f.customer_id, f.trigger_id, f.deployment_id, f.schedule, f.timezone, f.catch_up, f.input,
        f.next_at, (extract(epoch from f.next_at - statement_timestamp()) * 1000000)::bigint,
        (extract(epoch from statement_timestamp()) * 1000000)::bigint
    from (
        select t.*, coalesce(lag(t.next_at) over (order by t.next_at nulls first) <= now(), true)
            as is_first
        from (
            select * from mb.triggers t
            where t.is_enabled and t.kind = 'cron'
            order by t.next_at nulls first
            limit max_triggers
        ) t
    ) f
    where f.next_at is null or f.next_at <= statement_timestamp() or f.is_first
    order by f.next_at nulls first
$$;
comment on function engine.look_triggers is 'The schedules that are due, and the next one.';
