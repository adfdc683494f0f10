-- For hours that lie wholly between the two times (cut to hours, `p_to` excluded). Flushes that
-- write into these hours meanwhile wait for the lock; past hours have none.
create or replace function engine.rebuild_usage(p_customer uuid, p_from timestamptz,
    p_to timestamptz) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    first constant timestamptz := date_bin('1 hour', p_from, '2000-01-01 00:00:00+00');
    after_last constant timestamptz := date_bin('1 hour', p_to, '2000-01-01 00:00:00+00');
    made integer;
begin
    lock table mb.usage_hourly in share row exclusive mode;
    delete from mb.usage_hourly u
    where u.customer_id = p_customer and u.hour >= first and u.hour < after_last;
    insert into mb.usage_hourly (customer_id, hour, deployment_id, tool, shard, calls, tokens_in,
        tokens_out, cpu_us, bytes, cost_micros, price_micros)
    select s.customer_id, date_bin('1 hour', s.started_at, '2000-01-01 00:00:00+00'),
        r.deployment_id, s.tool, 0, count(*), sum(s.tokens_in), sum(s.tokens_out), sum(s.cpu_us),
        sum(s.bytes), sum(s.cost_micros), sum(s.price_micros)
    from mb.steps s
    join mb.runs r on r.customer_id = s.customer_id and r.run_id = s.run_id
    where s.customer_id = p_customer and s.started_at >= first and s.started_at < after_last
        and s.state = 2 and not s.replayed and (s.kind in (1, 4) or s.price_micros <> 0)
    group by 1, 2, 3, 4;
    get diagnostics made = row_count;
    return made;
end
$$;
comment on function engine.rebuild_usage is
    'Derives a customer''s usage of some hours from the journal anew; returns the number of rows.';
