-- What the child runs of a run have taken of its budget for good: what they cost, and all that those
-- may spend that go on behind it. One that is being stopped spends no more.
create or replace function engine.child_claim(p_customer uuid, p_run uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
    with recursive below (cost_micros, budget_micros, run_id) as (
        select 0::bigint, null::bigint, p_run
        union all
        select r.cost_micros,
            case when r.finished_at is null and not r.cancel_requested
                then (r.limits::json ->> 'budget_micros')::bigint end, r.run_id
        from below
        join mb.runs r on r.customer_id = p_customer and r.parent_run_id = below.run_id
        where below.budget_micros is null
    )
    select coalesce(sum(greatest(below.cost_micros, below.budget_micros)), 0)::bigint from below
$$;
comment on function engine.child_claim is
    'What the child runs of a run cost, and may still cost once it has ended, with their own children.';
