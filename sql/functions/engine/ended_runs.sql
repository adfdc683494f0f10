-- The index of a deployment's runs is in the order of their ids, which is that of time. `scan_max` runs
-- at most are looked at, so that a filter that nothing fits does not read years.
create or replace function engine.ended_runs(p_customer uuid, p_deployment uuid, statuses text[],
    since timestamptz, max_runs integer, scan_max integer)
returns table (run_id uuid)
language sql stable security definer set search_path = ''
as $$
    select r.run_id
    from (
        select r.run_id, r.status
        from mb.runs r
        where r.customer_id = p_customer and r.deployment_id = p_deployment
            and (since is null or r.run_id >= engine.uuid_at(greatest(since, 'epoch')))
        order by r.run_id desc
        limit scan_max
    ) r
    where r.status = any (statuses)
    order by r.run_id desc
    limit max_runs
$$;
comment on function engine.ended_runs is
    'The last runs of a deployment that ended in one of these states, newest first.';
