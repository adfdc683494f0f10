-- p_new is the id of the new run. What the other run did before the step is copied, done steps and
-- events alike, and costs nothing; its own price is due again. With a result or an error, the step
-- itself is answered with that; without, it is executed. Outcome: 'forked', or 'not_found', 'running'
-- (a core is executing it), 'no_deployment' (it was deleted), 'no_step' (it is no call of the run).
create or replace function engine.fork_run(p_customer uuid, p_run uuid, p_new uuid, p_step integer,
    p_result text, p_error text, p_input text) returns text
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    run mb.runs;
    deployment mb.deployments;
    edited constant boolean := p_result is not null or p_error is not null;
begin
    select r.* into run
    from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run
    for share;
    if not found then
        return 'not_found';
    elsif run.status in ('queued', 'running') then
        return 'running';
    end if;
    select d.* into deployment
    from mb.deployments d
    where d.customer_id = p_customer and d.deployment_id = run.deployment_id
        and d.deleted_at is null;
    if not found then
        return 'no_deployment';
    elsif not exists (
        select from mb.steps s
        where s.customer_id = p_customer and s.run_id = p_run and s.seq = p_step and s.kind = 1
    ) then
        return 'no_step';
    end if;

    insert into mb.steps (customer_id, run_id, seq, kind, state, key, tool, args, result, error,
        started_at, duration_us, model, provider_request_id, fence, replayed)
    select s.customer_id, p_new, s.seq, s.kind, 2, s.key, s.tool, s.args,
        case when s.seq = p_step then p_result else s.result end,
        case when s.seq = p_step then p_error else s.error end,
        s.started_at,
        case s.state when 2 then s.duration_us
            else (extract(epoch from now() - s.started_at) * 1000000)::bigint end,
        s.model, s.provider_request_id, s.fence, true
    from mb.steps s
    where s.customer_id = p_customer and s.run_id = p_run and s.kind <> 4
        and ((s.seq < p_step and s.state = 2) or (s.seq = p_step and edited));

    insert into mb.runs (customer_id, run_id, deployment_id, package_owner, package_id, status,
        wake_at, input, limits, seed, created_at, steps, config_revision, forked_from,
        forked_at_step, clock_at)
    select p_customer, p_new, run.deployment_id, run.package_owner, run.package_id, 'queued', now(),
        coalesce(p_input, run.input), run.limits, run.seed, now(),
        (select count(*) from mb.steps s
            where s.customer_id = p_customer and s.run_id = p_new and s.kind = 1),
        coalesce(run.config_revision, deployment.config_revision), p_run, p_step,
        coalesce(run.clock_at, run.created_at);
    perform pg_notify('mb_queue', '');
    return 'forked';
end
$$;
comment on function engine.fork_run is
    'Begins a run that has what another did before one of its steps already behind it.';
