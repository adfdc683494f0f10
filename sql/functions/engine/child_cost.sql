-- Children are few, and most runs have none: one look at an index.
create or replace function engine.child_cost(p_customer uuid, p_run uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
    with recursive below (run_id, cost_micros) as (
        select r.run_id, r.cost_micros
        from mb.runs r
        where r.customer_id = p_customer and r.parent_run_id = p_run
        union all
        select r.run_id, r.cost_micros
        from below
        join mb.runs r on r.customer_id = p_customer and r.parent_run_id = below.run_id
    )
    select coalesce(sum(below.cost_micros), 0)::bigint from below
$$;
comment on function engine.child_cost is
    'What the child runs of a run have cost so far, with their own children.';
