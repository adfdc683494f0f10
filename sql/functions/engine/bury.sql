-- A run's totals were in the core's memory: they are counted anew, since who ends it next may not read
-- its journal.
-- The caller holds the core's row FOR UPDATE, so nothing of it can commit after this.
create or replace function engine.bury(p_fence bigint) returns integer
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    freed integer;
begin
    update mb.cores set dead_at = now() where fence = p_fence;
    perform engine.settle_lease(l.customer_id, p_fence, true)
    from (
        select customer_id from mb.balance_leases where fence = p_fence order by customer_id
    ) l;
    update mb.runs r
    set fence = null,
        status = case when r.status = 'running' then 'queued' else r.status end,
        wake_at = case when r.status = 'waiting' and not r.cancel_requested then r.wake_at else now() end,
        steps = s.steps, tokens_in = s.tokens_in, tokens_out = s.tokens_out, cost_micros = s.micros
    from mb.runs o
    cross join lateral (
        select count(*) filter (where x.kind = 1) as steps, coalesce(sum(x.tokens_in), 0) as tokens_in,
            coalesce(sum(x.tokens_out), 0) as tokens_out, coalesce(sum(x.price_micros), 0) as micros
        from mb.steps x
        where x.customer_id = o.customer_id and x.run_id = o.run_id and x.state = 2
    ) s
    where o.fence = p_fence and r.customer_id = o.customer_id and r.run_id = o.run_id;
    get diagnostics freed = row_count;
    if freed > 0 then
        perform pg_notify('mb_queue', '');
    end if;
    return freed;
end
$$;
comment on function engine.bury is
    'Declares a core dead, settles its leases and frees its runs; returns how many runs.';
