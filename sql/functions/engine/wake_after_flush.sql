-- Tells whoever has to hear of runs that a batch left to others: cores of queued runs, and the parent
-- of a run that has ended. Called only when a batch may hold such runs, since NOTIFY makes commits
-- wait for each other.
create or replace function engine.wake_after_flush(customers uuid[], runs uuid[]) returns void
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    child record;
begin
    if exists (
        select
        from generate_subscripts(runs, 1) i
        join mb.runs r on r.customer_id = customers[i] and r.run_id = runs[i]
        where r.fence is null and r.status in ('queued', 'waiting') and r.wake_at <= now()
    ) then
        perform pg_notify('mb_queue', '');
    end if;

    for child in
        select r.customer_id, r.run_id, r.parent_run_id
        from generate_subscripts(runs, 1) i
        join mb.runs r on r.customer_id = customers[i] and r.run_id = runs[i]
        where r.finished_at is not null and r.parent_run_id is not null
        order by r.customer_id, r.parent_run_id
    loop
        -- Whatever the parent is doing: if it is just being parked, flush keeps the earlier wake_at.
        update mb.runs r
        set wake_at = now()
        where r.customer_id = child.customer_id and r.run_id = child.parent_run_id
            and r.finished_at is null;
        perform pg_notify('mb_queue', '');
        perform pg_notify('mb_run', format('%s %s finish', child.customer_id, child.run_id));
    end loop;
end
$$;
comment on function engine.wake_after_flush is
    'Notifies cores of runs that a batch queued, and wakes the parents of runs that it ended.';
