-- The group commit. Arrays of one part have one entry a row; an array whose entries are all null may
-- be passed empty ("sparse" below), as subscripting it gives null for every row.
--
-- Returns true when the batch was applied now, false when it had been before (a resend after a lost
-- connection). Raises MBFEN when the core was declared dead, MBSEQ when a batch before this one is
-- missing. The core's row stays locked until this commits, and whoever declares a core dead takes
-- that lock first: so nothing of a dead core commits after its runs were given away.
create or replace function engine.flush(
    p_fence bigint,
    p_flush_no bigint, -- 1 in the first batch of a core's life, then one more each
    -- new runs ---------------------------------------------------------------------------------
    run_customers uuid[],
    run_ids uuid[],
    run_deployments uuid[],
    run_package_owners uuid[],
    run_packages uuid[],
    run_parents uuid[],             -- sparse
    run_statuses text[],
    run_wait_reasons text[],        -- sparse
    run_wake_ats timestamptz[],     -- sparse
    run_owned boolean[],            -- true: this core executes it; false or null: nobody does
    run_inputs text[],
    run_outputs text[],             -- sparse
    run_errors text[],              -- sparse
    run_limits text[],
    run_seeds bytea[],
    run_diverged boolean[],         -- sparse
    run_created_ats timestamptz[],
    run_started_ats timestamptz[],  -- sparse
    run_finished_ats timestamptz[], -- sparse
    run_steps integer[],            -- sparse
    run_cpu_us bigint[],            -- sparse
    run_tokens_in bigint[],         -- sparse
    run_tokens_out bigint[],        -- sparse
    run_cost_micros bigint[],       -- sparse
    -- steps ------------------------------------------------------------------------------------
    step_customers uuid[],
    step_run_ids uuid[],
    step_deployments uuid[],        -- of the run; for usage
    step_seqs integer[],
    step_kinds smallint[],
    step_states smallint[],
    step_completes boolean[],       -- sparse; true: the row is there as an intent and is completed
    step_keys bytea[],
    step_tools text[],
    step_args text[],               -- sparse
    step_results text[],            -- sparse
    step_errors text[],             -- sparse
    step_started_ats timestamptz[],
    step_duration_us bigint[],
    step_cpu_us bigint[],           -- sparse
    step_tokens_in integer[],       -- sparse
    step_tokens_out integer[],      -- sparse
    step_tokens_cached integer[],   -- sparse
    step_tokens_reasoning integer[],-- sparse
    step_bytes bigint[],            -- sparse
    step_cost_micros bigint[],      -- sparse
    step_price_micros bigint[],     -- sparse
    step_models text[],             -- sparse
    step_provider_request_ids text[], -- sparse
    -- changes of runs that this core owns -------------------------------------------------------
    upd_customers uuid[],
    upd_run_ids uuid[],
    upd_statuses text[],
    upd_wait_reasons text[],        -- sparse
    upd_wake_ats timestamptz[],     -- sparse
    upd_owned boolean[],            -- true: stays with this core; false or null: given up
    upd_outputs text[],             -- sparse
    upd_errors text[],              -- sparse
    upd_diverged boolean[],         -- sparse
    upd_started_ats timestamptz[],  -- sparse; null = as it was
    upd_finished_ats timestamptz[], -- sparse
    upd_steps integer[],            -- totals of the run so far
    upd_cpu_us bigint[],
    upd_tokens_in bigint[],
    upd_tokens_out bigint[],
    upd_cost_micros bigint[],
    -- questions to people: null, or [{"customer_id", "run_id", "seq", "title", "details", "roles",
    -- "form", "deadline_us"}], the ids as UUIDs, the time in microseconds since 1970
    p_approvals json
) returns boolean
language plpgsql volatile security definer set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    core record;
    may_wake boolean := false; -- somebody may have to hear of a run of this batch
    updated_may_wake boolean;
begin
    update mb.cores
    set flush_no = p_flush_no, beat_at = now()
    where fence = p_fence and dead_at is null and flush_no = p_flush_no - 1;
    if not found then
        select c.dead_at, c.flush_no into core from mb.cores c where c.fence = p_fence;
        if not found or core.dead_at is not null then
            raise exception using errcode = 'MBFEN',
                message = format('core %s was declared dead', p_fence);
        elsif core.flush_no >= p_flush_no then
            return false;
        end if;
        raise exception using errcode = 'MBSEQ',
            message = format('batch %s of core %s came after %s', p_flush_no, p_fence, core.flush_no);
    end if;

    if cardinality(run_ids) > 0 then
        insert into mb.runs (customer_id, run_id, deployment_id, package_owner, package_id,
            parent_run_id, status, wait_reason, wake_at, fence, input, output, error, limits, seed,
            diverged, created_at, started_at, finished_at, steps, cpu_us, tokens_in, tokens_out,
            cost_micros)
        select run_customers[i], run_ids[i], run_deployments[i], run_package_owners[i],
            run_packages[i], run_parents[i], run_statuses[i], run_wait_reasons[i],
            case when run_statuses[i] = 'queued' then coalesce(run_wake_ats[i], now())
                else run_wake_ats[i] end,
            case when run_owned[i] then p_fence end,
            run_inputs[i], run_outputs[i], run_errors[i], run_limits[i],
            run_seeds[i], coalesce(run_diverged[i], false), run_created_ats[i], run_started_ats[i],
            run_finished_ats[i], coalesce(run_steps[i], 0), coalesce(run_cpu_us[i], 0),
            coalesce(run_tokens_in[i], 0), coalesce(run_tokens_out[i], 0),
            coalesce(run_cost_micros[i], 0)
        from generate_series(1, cardinality(run_ids)) i;
        may_wake := run_statuses && array['queued', 'waiting'] or cardinality(run_parents) > 0;
    end if;

    if cardinality(step_run_ids) > 0 then
        insert into mb.steps (customer_id, run_id, seq, kind, state, key, tool, args, result, error,
            started_at, duration_us, cpu_us, tokens_in, tokens_out, tokens_cached,
            tokens_reasoning, bytes, cost_micros, price_micros, model, provider_request_id, fence)
        select step_customers[i], step_run_ids[i], step_seqs[i], step_kinds[i], step_states[i],
            step_keys[i], step_tools[i], step_args[i], step_results[i],
            step_errors[i], step_started_ats[i], step_duration_us[i],
            coalesce(step_cpu_us[i], 0), coalesce(step_tokens_in[i], 0),
            coalesce(step_tokens_out[i], 0), coalesce(step_tokens_cached[i], 0),
            coalesce(step_tokens_reasoning[i], 0), coalesce(step_bytes[i], 0),
            coalesce(step_cost_micros[i], 0), coalesce(step_price_micros[i], 0), step_models[i],
            step_provider_request_ids[i], p_fence
        from generate_series(1, cardinality(step_run_ids)) i
        where step_completes[i] is not true;

        if cardinality(step_completes) > 0 then
            update mb.steps s
            set state = step_states[i], result = step_results[i],
                error = step_errors[i], duration_us = step_duration_us[i],
                cpu_us = coalesce(step_cpu_us[i], 0), tokens_in = coalesce(step_tokens_in[i], 0),
                tokens_out = coalesce(step_tokens_out[i], 0),
                tokens_cached = coalesce(step_tokens_cached[i], 0),
                tokens_reasoning = coalesce(step_tokens_reasoning[i], 0),
                bytes = coalesce(step_bytes[i], 0),
                cost_micros = coalesce(step_cost_micros[i], 0),
                price_micros = coalesce(step_price_micros[i], 0), model = step_models[i],
                provider_request_id = step_provider_request_ids[i], fence = p_fence
            from unnest(step_run_ids) with ordinality as u (id, i)
            where step_completes[i] and s.customer_id = step_customers[i]
                and s.run_id = u.id and s.seq = step_seqs[i] and s.state = 1;
        end if;

        insert into mb.balance_leases as l (customer_id, fence, spent_micros)
        select step_customers[i], p_fence, sum(step_price_micros[i])
        from generate_series(1, cardinality(step_price_micros)) i
        where step_states[i] = 2 and step_price_micros[i] <> 0
        group by 1
        order by 1
        on conflict (customer_id, fence) do update
        set spent_micros = l.spent_micros + excluded.spent_micros;

        insert into mb.usage_hourly as u (customer_id, hour, deployment_id, tool, shard, calls,
            tokens_in, tokens_out, cpu_us, bytes, cost_micros, price_micros)
        select step_customers[i],
            date_bin('1 hour', step_started_ats[i], '2000-01-01 00:00:00+00'),
            step_deployments[i], step_tools[i], (p_fence % 8)::smallint, count(*),
            coalesce(sum(step_tokens_in[i]), 0), coalesce(sum(step_tokens_out[i]), 0),
            coalesce(sum(step_cpu_us[i]), 0), coalesce(sum(step_bytes[i]), 0),
            coalesce(sum(step_cost_micros[i]), 0), coalesce(sum(step_price_micros[i]), 0)
        from generate_series(1, cardinality(step_run_ids)) i
        where step_states[i] = 2 and step_kinds[i] in (1, 4)
        group by 1, 2, 3, 4
        order by 1, 2, 3, 4
        on conflict (customer_id, hour, deployment_id, tool, shard) do update
        set calls = u.calls + excluded.calls, tokens_in = u.tokens_in + excluded.tokens_in,
            tokens_out = u.tokens_out + excluded.tokens_out, cpu_us = u.cpu_us + excluded.cpu_us,
            bytes = u.bytes + excluded.bytes, cost_micros = u.cost_micros + excluded.cost_micros,
            price_micros = u.price_micros + excluded.price_micros;
    end if;

    if cardinality(upd_run_ids) > 0 then
        -- What happened meanwhile to a run that is given up (a decision, a cancel, a child that
        -- ended) has set wake_at or cancel_requested, and must not be slept through.
        with updated as (
            update mb.runs r
            set status = upd_statuses[i], wait_reason = upd_wait_reasons[i],
                wake_at = case
                    when upd_finished_ats[i] is not null then null
                    when upd_owned[i] then r.wake_at
                    when r.cancel_requested or upd_statuses[i] = 'queued' then now()
                    else least(r.wake_at, upd_wake_ats[i]) end,
                fence = case when upd_owned[i] then p_fence end,
                output = upd_outputs[i], error = upd_errors[i],
                diverged = coalesce(upd_diverged[i], r.diverged),
                started_at = coalesce(upd_started_ats[i], r.started_at),
                finished_at = upd_finished_ats[i], steps = upd_steps[i], cpu_us = upd_cpu_us[i],
                tokens_in = upd_tokens_in[i], tokens_out = upd_tokens_out[i],
                cost_micros = upd_cost_micros[i]
            from unnest(upd_run_ids) with ordinality as u (id, i)
            where r.customer_id = upd_customers[i] and r.run_id = u.id
                    and r.fence is not distinct from p_fence
            returning r.status in ('queued', 'waiting') or r.parent_run_id is not null as may_wake
        )
        select bool_or(u.may_wake) into updated_may_wake from updated u;
        may_wake := may_wake or updated_may_wake;
    end if;

    if p_approvals is not null then
        perform engine.add_approvals(p_approvals);
    end if;
    if may_wake then
        perform engine.wake_after_flush(run_customers || upd_customers, run_ids || upd_run_ids);
    end if;
    return true;
end
$$;
comment on function engine.flush is
    'Writes one batch of a core''s journal: new runs, steps, changes of runs, money and usage.';
