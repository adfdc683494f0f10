-- Tells whoever has to hear of runs that a batch left to others: cores of queued runs, and the parent
-- and the children of a run that has ended. Called only when a batch may hold such runs, since NOTIFY
-- makes commits wait for each other.
create or replace function engine.wake_after_flush(customers uuid[], runs uuid[]) returns void
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    child record;
    ended record;
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
        perform pg_notify('mb_run', format('%s %s child %s', child.customer_id, child.parent_run_id,
            child.run_id));
    end loop;

    for ended in
        select r.customer_id, r.run_id, r.status::text
        from generate_subscripts(runs, 1) i
        join mb.runs r on r.customer_id = customers[i] and r.run_id = runs[i]
        where r.finished_at is not null
            and exists (
                select from mb.runs c
                where c.customer_id = r.customer_id and c.parent_run_id = r.run_id
                    and c.finished_at is null)
        order by r.run_id
    loop
        perform engine.cancel_children(ended.customer_id, ended.run_id, ended.status);
    end loop;
end
$$;
comment on function engine.wake_after_flush is
    'Notifies cores of runs that a batch queued; wakes parents and stops children of those it ended.';
