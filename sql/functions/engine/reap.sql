-- A core whose row is locked is writing at this moment, so it is not dead: such rows are skipped.
create or replace function engine.reap(p_fence bigint, lease_ms integer) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    silent bigint;
    freed integer := 0;
begin
    for silent in
        select c.fence
        from mb.cores c
        where c.dead_at is null and c.fence <> p_fence
            and c.beat_at < now() - lease_ms * interval '1 millisecond'
        order by c.fence
        for update skip locked
    loop
        freed := freed + engine.bury(silent);
    end loop;
    delete from mb.cores c
    where c.dead_at < now() - interval '7 days'
        and not exists (select from mb.balance_leases l where l.fence = c.fence);
    return freed;
end
$$;
comment on function engine.reap is
    'Declares cores dead that have not been heard of for lease_ms, and frees what they held.';
