-- The runs that nobody executes and whose time has come, at most `max_runs`, the longest due first.
-- status and wait_reason are those from before; decisions are what people decided in the run so far.
create or replace function engine.claim(p_fence bigint, max_runs integer)
returns table (customer_id uuid, run_id uuid, deployment_id uuid, package_owner uuid,
    package_id uuid, parent_run_id uuid, status text, wait_reason text, cancel_requested boolean,
    input json, limits json, seed bytea, diverged boolean, created_at timestamptz,
    started_at timestamptz, steps integer, cpu_us bigint, tokens_in bigint, tokens_out bigint,
    cost_micros bigint, decisions json, config_revision integer, clock_at timestamptz)
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
#variable_conflict use_column
begin
    perform engine.hold_core(p_fence);
    return query
    with due as (
        select r.customer_id, r.run_id, r.status::text, r.wait_reason, r.wake_at
        from mb.runs r
        where r.fence is null and r.status in ('queued', 'waiting') and r.wake_at <= now()
        order by r.wake_at
        limit max_runs
        for update skip locked
    ), claimed as (
        update mb.runs r
        set fence = p_fence, status = 'running', wait_reason = null, wake_at = null,
            started_at = coalesce(r.started_at, now())
        from due
        where r.customer_id = due.customer_id and r.run_id = due.run_id
        returning r.customer_id, r.run_id, r.deployment_id, r.package_owner, r.package_id,
            r.parent_run_id, due.status, due.wait_reason, r.cancel_requested, r.input, r.limits,
            r.seed, r.diverged, r.created_at, r.started_at, r.steps, r.cpu_us, r.tokens_in,
            r.tokens_out, r.cost_micros, r.config_revision, r.clock_at, due.wake_at
    )
    select c.customer_id, c.run_id, c.deployment_id, c.package_owner, c.package_id,
        c.parent_run_id, c.status, c.wait_reason, c.cancel_requested, c.input::json,
        c.limits::json, c.seed, c.diverged, c.created_at, c.started_at, c.steps, c.cpu_us,
        c.tokens_in, c.tokens_out, c.cost_micros, engine.decisions(c.customer_id, c.run_id),
        c.config_revision, c.clock_at
    from claimed c
    order by c.wake_at;
end
$$;
comment on function engine.claim is
    'Takes runs that are due and that nobody executes, and makes this core their owner.';
