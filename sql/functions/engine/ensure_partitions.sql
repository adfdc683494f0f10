-- Eras are months by the time inside the UUIDv7 of the run. Safe to call from many cores at once:
-- one works, the others wait and find it done. Attaching takes no lock that keeps flushes out.
create or replace function engine.ensure_partitions() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    parent text;
    era timestamptz;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('moonbase partitions'));
    foreach parent in array array['runs', 'steps'] loop
        for era in
            select e at time zone 'UTC'
            from generate_series(date_trunc('month', now() at time zone 'UTC'),
                date_trunc('month', now() at time zone 'UTC') + interval '1 month', '1 month') e
        loop
            made := made + engine.make_partition(parent, era)::integer;
        end loop;
    end loop;
    return made;
end
$$;
comment on function engine.ensure_partitions is
    'Makes the partitions of this month and the next; returns how many were missing.';
alter function engine.ensure_partitions() owner to moonbase_owner;
