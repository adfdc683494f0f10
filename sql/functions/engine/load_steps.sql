-- In the order of the journal; args as they are stored (core/run/parts.h). ended_at is when the result
-- was there, on the clock of the core that wrote it. Log lines and progress events are left out unless
-- `with_events`.
create or replace function engine.load_steps(p_customer uuid, p_run uuid, with_events boolean)
returns table (seq integer, kind smallint, state smallint, key bytea, tool text, args json,
    result json, error json, started_at timestamptz, ended_at timestamptz, duration_us bigint,
    cpu_us bigint, tokens_in integer, tokens_out integer, tokens_cached integer,
    tokens_reasoning integer, bytes bigint, cost_micros bigint, price_micros bigint, model text,
    provider_request_id text)
language sql stable security definer set search_path = ''
as $$
    select s.seq, s.kind, s.state, s.key, s.tool, s.args::json, s.result::json, s.error::json, s.started_at,
        s.started_at + s.duration_us * interval '1 microsecond', s.duration_us, s.cpu_us,
        s.tokens_in, s.tokens_out, s.tokens_cached, s.tokens_reasoning, s.bytes, s.cost_micros,
        s.price_micros, s.model, s.provider_request_id
    from mb.steps s
    where s.customer_id = p_customer and s.run_id = p_run and (with_events or s.kind in (1, 4))
    order by s.seq
$$;
comment on function engine.load_steps is 'The journal of one run, for replay.';
