-- Runs that end touch their parents and their children, which may belong to other cores. Everybody
-- locks such rows in one order before writing them, so that nobody waits in a ring.
create or replace function engine.lock_families(customers uuid[], runs uuid[]) returns void
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
begin
    perform from mb.runs r
    join (
        select own.customer_id, own.run_id
        from generate_subscripts(runs, 1) i
        join mb.runs own on own.customer_id = customers[i] and own.run_id = runs[i]
        union
        select own.customer_id, own.parent_run_id
        from generate_subscripts(runs, 1) i
        join mb.runs own on own.customer_id = customers[i] and own.run_id = runs[i]
        where own.parent_run_id is not null
        union
        select child.customer_id, child.run_id
        from generate_subscripts(runs, 1) i
        join mb.runs child on child.customer_id = customers[i] and child.parent_run_id = runs[i]
        where child.finished_at is null
    ) family on r.customer_id = family.customer_id and r.run_id = family.run_id
    order by r.run_id
    for no key update of r;
end
$$;
comment on function engine.lock_families is
    'Locks runs with their parents and open children, in the order of their ids.';
