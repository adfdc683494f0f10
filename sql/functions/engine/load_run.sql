create or replace function engine.load_run(p_customer uuid, p_run uuid)
returns table (customer_id uuid, run_id uuid, deployment_id uuid, package_owner uuid,
    package_id uuid, parent_run_id uuid, status text, wait_reason text, wake_at timestamptz,
    fence bigint, cancel_requested boolean, input json, output json, error json, limits json,
    seed bytea, diverged boolean, created_at timestamptz, started_at timestamptz,
    finished_at timestamptz, steps integer, cpu_us bigint, tokens_in bigint, tokens_out bigint,
    cost_micros bigint, decisions json, config_revision integer, clock_at timestamptz)
language sql stable security definer set search_path = ''
as $$
    select r.customer_id, r.run_id, r.deployment_id, r.package_owner, r.package_id,
        r.parent_run_id, r.status::text, r.wait_reason, r.wake_at, r.fence, r.cancel_requested, r.input::json,
        r.output::json, r.error::json, r.limits::json, r.seed, r.diverged, r.created_at, r.started_at, r.finished_at,
        r.steps, r.cpu_us, r.tokens_in, r.tokens_out, r.cost_micros,
        engine.decisions(r.customer_id, r.run_id), r.config_revision, r.clock_at
    from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run
$$;
comment on function engine.load_run is 'One run with all that is needed to execute or show it.';
