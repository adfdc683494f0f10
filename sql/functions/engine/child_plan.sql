-- What has to be known before a child run is made. The deployment is named by its id or by its name (of
-- several with one name the latest); null when there is none. depth is how many runs are above the
-- parent; a parent that is not in the journal yet has nobody above it.
create or replace function engine.child_plan(p_customer uuid, p_parent uuid, p_deployment uuid,
    p_name text)
returns table (deployment_id uuid, depth integer, open_children integer)
language sql stable security definer set search_path = ''
as $$
    with recursive line (run_id, above, depth) as (
        select r.run_id, r.parent_run_id, 0
        from mb.runs r
        where r.customer_id = p_customer and r.run_id = p_parent
        union all
        select r.run_id, r.parent_run_id, line.depth + 1
        from line
        join mb.runs r on r.customer_id = p_customer and r.run_id = line.above
        where line.depth < 100
    )
    select
        (select d.deployment_id
            from mb.deployments d
            where d.customer_id = p_customer and d.deleted_at is null
                and case when p_deployment is null then d.name = p_name
                    else d.deployment_id = p_deployment end
            order by d.deployment_id desc
            limit 1),
        coalesce((select max(line.depth) from line), 0),
        (select count(*)::integer
            from (
                select from mb.runs r
                where r.customer_id = p_customer and r.parent_run_id is not null
                    and r.finished_at is null
                limit 100000
            ) counted)
$$;
comment on function engine.child_plan is
    'Which deployment a child run is of, how deep its parent lies, how many child runs are open.';
