-- Sets when a schedule is due next, without a run: a time that was not computed yet, ticks that are
-- not made up for, a tick that cannot start its run (p_error says why: {"code", "message"}). Without
-- a next time the trigger is disabled. False when another core was faster.
create or replace function engine.move_trigger(p_customer uuid, p_trigger uuid,
    p_expected timestamptz, p_next timestamptz, p_error text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform from mb.triggers t
    where t.customer_id = p_customer and t.trigger_id = p_trigger and t.is_enabled
        and t.next_at is not distinct from p_expected
    for no key update skip locked;
    if not found then
        return false;
    end if;
    perform set_config('mb.is_tick', 'on', true);
    update mb.triggers t
    set next_at = p_next, is_enabled = p_next is not null,
        last_error = coalesce(p_error, t.last_error)
    where t.customer_id = p_customer and t.trigger_id = p_trigger;
    perform set_config('mb.is_tick', '', true);
    return true;
end
$$;
comment on function engine.move_trigger is 'Sets when a schedule is due next, without a run.';
