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
    update mb.runs
    set fence = null,
        status = case when status = 'running' then 'queued' else status end,
        wake_at = case when status = 'waiting' and not cancel_requested then wake_at else now() end
    where fence = p_fence;
    get diagnostics freed = row_count;
    if freed > 0 then
        perform pg_notify('mb_queue', '');
    end if;
    return freed;
end
$$;
comment on function engine.bury is
    'Declares a core dead, settles its leases and frees its runs; returns how many runs.';
