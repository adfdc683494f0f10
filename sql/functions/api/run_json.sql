-- The same shape as mb_run_add_json in core/run/run_json.c.
create or replace function api.run_json(run mb.runs) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_build_object(
        'id', api.show_id('run', run.run_id),
        'status', run.status,
        'wait_reason', run.wait_reason,
        'deployment_id', api.show_id('dep', run.deployment_id),
        'package', json_build_object('id', api.show_id('pkg', p.package_id), 'name', p.name,
            'version', p.version),
        'parent_run_id', api.show_id('run', run.parent_run_id),
        'forked_from', api.show_id('run', run.forked_from),
        'forked_at_step', run.forked_at_step,
        'output', run.output::json,
        'error', run.error::json,
        'usage', json_build_object('steps', run.steps, 'cpu_us', run.cpu_us,
            'tokens_in', run.tokens_in, 'tokens_out', run.tokens_out,
            'cost_micros', run.cost_micros,
            'children_cost_micros', engine.child_cost(run.customer_id, run.run_id)),
        'diverged', run.diverged,
        'wake_at', case when run.status = 'waiting' and run.wake_at <> 'infinity'
            then api.show_time(run.wake_at) end,
        'created_at', api.show_time(run.created_at),
        'started_at', api.show_time(run.started_at),
        'finished_at', api.show_time(run.finished_at))
    from mb.packages p
    where p.customer_id = run.package_owner and p.package_id = run.package_id
$$;
comment on function api.run_json is 'A run as customers see it, without its input.';
