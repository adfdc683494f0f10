-- Small batches: it runs beside the work of the day.
create or replace function engine.prune() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    keys integer;
    entries integer := 0;
    gone record;
    owner uuid;
begin
    delete from mb.idempotency_keys
    where ctid = any (array(
        select ctid from mb.idempotency_keys
        where created_at < now() - interval '24 hours'
        limit 1000
        for update skip locked));
    get diagnostics keys = row_count;
    -- As everywhere, the storage's row is locked before what it counts.
    for owner in
        select s.customer_id
        from mb.storage s
        where s.customer_id in (select k.customer_id from mb.kv k where k.expires_at < now())
        order by 1
        limit 20
        for update skip locked
    loop
        with deleted as (
            delete from mb.kv k
            where k.customer_id = owner and k.expires_at < now()
            returning k.bytes
        )
        select count(*) as entries, coalesce(sum(d.bytes), 0) as bytes into gone from deleted d;
        update mb.storage set bytes = bytes - gone.bytes where customer_id = owner;
        entries := entries + gone.entries;
    end loop;
    return keys + entries;
end
$$;
comment on function engine.prune is
    'Deletes some old idempotency keys and expired entries; returns how many, 0 when all are gone.';
