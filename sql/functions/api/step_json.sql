-- The same shape as the engine tells its followers: result or error, whichever there is. The step is
-- one of engine.whole_steps.
create or replace function api.step_json(step mb.steps) returns json
language sql stable security invoker set search_path = ''
as $$
    with base as (select json_build_object(
        'seq', step.seq,
        'state', case step.state when 1 then 'begun' else 'done' end,
        'tool', case step.kind when 4 then 'run' else step.tool end,
        'args', step.args::json,
        'started_at', api.show_time(step.started_at),
        'duration_ms', round(step.duration_us / 1000.0, 3),
        'usage', json_build_object('cpu_us', step.cpu_us, 'tokens_in', step.tokens_in,
            'tokens_out', step.tokens_out, 'tokens_cached', step.tokens_cached,
            'tokens_reasoning', step.tokens_reasoning, 'bytes', step.bytes),
        'cost_micros', step.price_micros,
        'model', step.model,
        'provider_request_id', step.provider_request_id,
        'replayed', step.replayed) as members)
    select case
        when step.error is not null then api.json_with(members, 'error', step.error::json)
        when step.state = 1 then members
        else api.json_with(members, 'result', step.result::json) end
    from base
$$;
comment on function api.step_json is 'A step as customers see it.';
