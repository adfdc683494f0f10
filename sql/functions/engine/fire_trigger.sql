-- Starts the run of a firing: firing, run and the schedule's next time are one transaction, and the key
-- is the firing's own. Of a tick, p_expected is the time that the schedule stood at, and p_next what
-- follows; of anything else both are null. Outcome:
--   'fired'    run_id is the new run, queued for whichever core claims it
--   'same'     the key has fired before; run_id is that run
--   'busy'     of a tick: another core has it, or the schedule was changed meanwhile
--   'gone'     there is no such trigger, it is disabled, or its customer is
create or replace function engine.fire_trigger(p_customer uuid, p_trigger uuid, p_key text,
    p_scheduled timestamptz, p_expected timestamptz, p_next timestamptz, p_run uuid,
    p_package_owner uuid, p_package uuid, p_config_revision integer, p_input text, p_limits text,
    p_seed bytea)
returns table (outcome text, run_id uuid)
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    is_tick constant boolean := p_expected is not null;
    trigger_ mb.triggers;
    earlier uuid;
begin
    if is_tick then
        select t.* into trigger_
        from mb.triggers t
        where t.customer_id = p_customer and t.trigger_id = p_trigger and t.is_enabled
            and t.next_at = p_expected
        for no key update skip locked;
    else
        select t.* into trigger_
        from mb.triggers t
        where t.customer_id = p_customer and t.trigger_id = p_trigger;
    end if;
    if not found then
        return query select case when is_tick then 'busy' else 'gone' end, null::uuid;
        return;
    end if;
    if is_tick then
        perform set_config('mb.is_tick', 'on', true);
        update mb.triggers t
        set next_at = p_next
        where t.customer_id = p_customer and t.trigger_id = p_trigger;
        perform set_config('mb.is_tick', '', true);
    end if;

    insert into mb.trigger_firings (customer_id, trigger_id, key, run_id, scheduled_at)
    values (p_customer, p_trigger, p_key, p_run, p_scheduled)
    on conflict do nothing;
    if not found then
        select f.run_id into earlier
        from mb.trigger_firings f
        where f.customer_id = p_customer and f.trigger_id = p_trigger and f.key = p_key;
        return query select 'same', earlier;
        return;
    end if;
    if not exists (
        select from mb.deployments d
        join mb.customers c on c.customer_id = d.customer_id
        where d.customer_id = p_customer and d.deployment_id = trigger_.deployment_id
            and d.deleted_at is null and c.disabled_at is null
    ) or not (trigger_.is_enabled or p_key like 'manual %') then
        delete from mb.trigger_firings f
        where f.customer_id = p_customer and f.trigger_id = p_trigger and f.key = p_key;
        return query select 'gone', null::uuid;
        return;
    end if;

    insert into mb.runs (customer_id, run_id, deployment_id, package_owner, package_id, status,
        wake_at, input, limits, seed, created_at, config_revision)
    values (p_customer, p_run, trigger_.deployment_id, p_package_owner, p_package, 'queued', now(),
        p_input, p_limits, p_seed, now(), p_config_revision);
    -- Deliveries do not wait for each other to note the time.
    update mb.triggers t
    set last_at = now(), last_run_id = p_run, last_error = null
    from (
        select x.customer_id, x.trigger_id
        from mb.triggers x
        where x.customer_id = p_customer and x.trigger_id = p_trigger
            and (is_tick or x.last_at is null or x.last_error is not null
                or x.last_at < now() - interval '1 second')
        for no key update skip locked
    ) free
    where t.customer_id = free.customer_id and t.trigger_id = free.trigger_id;
    perform pg_notify('mb_queue', '');
    return query select 'fired', p_run;
end
$$;
comment on function engine.fire_trigger is 'Starts the one run of a tick, a delivery or a firing by hand.';
