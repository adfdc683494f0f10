-- The group commit: all that the runs of a core have to write at one moment, as one statement.
--
-- Returns true when the batch was applied now, false when it had been before (a resend after a lost
-- connection). Raises MBFEN when the core was declared dead, MBSEQ when a batch before this one is
-- missing. The core's row stays locked until this commits, and whoever declares a core dead takes
-- that lock first: so nothing of a dead core commits after its runs were given away.
--
-- A run that is new and ends in the same batch is one row of `runs`, ended; a run has at most one row
-- of `changes`, and steps are in a batch once. usage and charges are the sums of the steps that are
-- done, in one order in all cores (core/io/pg_batch.c), so that cores do not lock in a ring.
create or replace function engine.write_batch(
    p_fence bigint,
    p_batch bigint, -- 1 in the first batch of a core's life, then one more each
    runs mb.batch_run[],
    steps mb.batch_step[],
    changes mb.batch_change[], -- of runs that this core owns; others are left alone
    usage mb.batch_usage[],
    charges mb.batch_charge[],
    questions json, -- to people: null, or as engine.add_approvals takes them
    completes boolean, -- some steps are there as intents and are completed now
    wakes boolean -- some runs are left to others, or have parents, or have children and end
) returns boolean
language plpgsql volatile security definer set search_path = ''
-- One plan for the life of a session, made when the tables may still be empty: it has to be the one
-- that looks rows up by their keys.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    core record;
    changed_wakes boolean;
begin
    update mb.cores
    set flush_no = p_batch, beat_at = now()
    where fence = p_fence and dead_at is null and flush_no = p_batch - 1;
    if not found then
        select c.dead_at, c.flush_no into core from mb.cores c where c.fence = p_fence;
        if not found or core.dead_at is not null then
            raise exception using errcode = 'MBFEN',
                message = format('core %s was declared dead', p_fence);
        elsif core.flush_no >= p_batch then
            return false;
        end if;
        raise exception using errcode = 'MBSEQ',
            message = format('batch %s of core %s came after %s', p_batch, p_fence, core.flush_no);
    end if;

    if cardinality(runs) > 0 then
        insert into mb.runs (customer_id, run_id, deployment_id, package_owner, package_id,
            parent_run_id, status, wait_reason, wake_at, fence, input, output, error, limits, seed,
            diverged, created_at, started_at, finished_at, steps, cpu_us, tokens_in, tokens_out,
            cost_micros, config_revision)
        select r.customer_id, r.run_id, r.deployment_id, r.package_owner, r.package_id,
            r.parent_run_id, r.status, r.wait_reason,
            case when r.status = 'queued' then coalesce(r.wake_at, now()) else r.wake_at end,
            case when r.owned then p_fence end, r.input, r.output, r.error, r.limits, r.seed,
            r.diverged, r.created_at, r.started_at, r.finished_at, r.steps, r.cpu_us, r.tokens_in,
            r.tokens_out, r.cost_micros, r.config_revision
        from unnest(runs) r;
    end if;

    if cardinality(steps) > 0 then
        insert into mb.steps (customer_id, run_id, seq, kind, state, key, tool, args, result, error,
            started_at, duration_us, cpu_us, tokens_in, tokens_out, tokens_cached,
            tokens_reasoning, bytes, cost_micros, price_micros, model, provider_request_id, fence)
        select s.customer_id, s.run_id, s.seq, s.kind, s.state, s.key, s.tool, s.args, s.result,
            s.error, s.started_at, s.duration_us, s.cpu_us, s.tokens_in, s.tokens_out,
            s.tokens_cached, s.tokens_reasoning, s.bytes, s.cost_micros, s.price_micros, s.model,
            s.provider_request_id, p_fence
        from unnest(steps) s
        where not s.completes;

        if completes then
            update mb.steps t
            set state = s.state, result = s.result, error = s.error, duration_us = s.duration_us,
                cpu_us = s.cpu_us, tokens_in = s.tokens_in, tokens_out = s.tokens_out,
                tokens_cached = s.tokens_cached, tokens_reasoning = s.tokens_reasoning,
                bytes = s.bytes, cost_micros = s.cost_micros, price_micros = s.price_micros,
                model = s.model, provider_request_id = s.provider_request_id, fence = p_fence
            from unnest(steps) s
            where s.completes and t.customer_id = s.customer_id and t.run_id = s.run_id
                and t.seq = s.seq and t.state = 1;
        end if;
    end if;

    if cardinality(charges) > 0 then
        insert into mb.balance_leases as l (customer_id, fence, spent_micros)
        select c.customer_id, p_fence, c.micros
        from unnest(charges) c
        on conflict (customer_id, fence) do update
        set spent_micros = l.spent_micros + excluded.spent_micros;
    end if;

    if cardinality(usage) > 0 then
        insert into mb.usage_hourly as h (customer_id, hour, deployment_id, tool, shard, calls,
            tokens_in, tokens_out, cpu_us, bytes, cost_micros, price_micros)
        select u.customer_id, u.hour, u.deployment_id, u.tool, (p_fence % 8)::smallint, u.calls,
            u.tokens_in, u.tokens_out, u.cpu_us, u.bytes, u.cost_micros, u.price_micros
        from unnest(usage) u
        on conflict (customer_id, hour, deployment_id, tool, shard) do update
        set calls = h.calls + excluded.calls, tokens_in = h.tokens_in + excluded.tokens_in,
            tokens_out = h.tokens_out + excluded.tokens_out, cpu_us = h.cpu_us + excluded.cpu_us,
            bytes = h.bytes + excluded.bytes, cost_micros = h.cost_micros + excluded.cost_micros,
            price_micros = h.price_micros + excluded.price_micros;
    end if;

    if cardinality(changes) > 0 then
        if wakes then
            perform engine.lock_families(array(select c.customer_id from unnest(changes) c),
                array(select c.run_id from unnest(changes) c));
        end if;
        -- What happened meanwhile to a run that is given up (a decision, a cancel, a child that
        -- ended) has set wake_at or cancel_requested, and must not be slept through.
        with changed as (
            update mb.runs r
            set status = c.status, wait_reason = c.wait_reason,
                wake_at = case
                    when c.finished_at is not null then null
                    when c.owned then r.wake_at
                    when r.cancel_requested or c.status = 'queued' then now()
                    else least(r.wake_at, c.wake_at) end,
                fence = case when c.owned then p_fence end, output = c.output, error = c.error,
                diverged = c.diverged, started_at = coalesce(c.started_at, r.started_at),
                finished_at = c.finished_at, steps = c.steps, cpu_us = c.cpu_us,
                tokens_in = c.tokens_in, tokens_out = c.tokens_out, cost_micros = c.cost_micros
            from unnest(changes) c
            where r.customer_id = c.customer_id and r.run_id = c.run_id
                and r.fence is not distinct from p_fence -- not by the index of owners
            returning r.status in ('queued', 'waiting') or r.parent_run_id is not null as wakes
        )
        select bool_or(c.wakes) into changed_wakes from changed c;
    end if;

    if questions is not null then
        perform engine.add_approvals(questions);
    end if;
    if wakes or changed_wakes then
        perform engine.wake_after_flush(
            array(select r.customer_id from unnest(runs) r
                union all select c.customer_id from unnest(changes) c),
            array(select r.run_id from unnest(runs) r
                union all select c.run_id from unnest(changes) c));
    end if;
    return true;
end
$$;
comment on function engine.write_batch is
    'Writes one batch of a core''s journal: new runs, steps, changes of runs, money and usage.';
