-- A delivery that is repeated after its firing was deleted starts a run again: nobody repeats for that
-- long.
create or replace function engine.prune_firings() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    n integer;
begin
    delete from mb.trigger_firings
    where ctid = any (array(
        select ctid from mb.trigger_firings
        where fired_at < now() - interval '30 days'
        order by fired_at
        limit 5000
        for update skip locked));
    get diagnostics n = row_count;
    return n;
end
$$;
comment on function engine.prune_firings is
    'Deletes some firings older than 30 days; returns how many, 0 when all are gone.';
