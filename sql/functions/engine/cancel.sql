-- Returns the run's state afterwards: 'cancelled' or another final one, 'cancelling' while a core
-- stops it, 'not_found'. Its children are cancelled with it.
create or replace function engine.cancel(p_customer uuid, p_run uuid) returns text
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    run record;
    child uuid;
begin
    perform engine.lock_families(array[p_customer], array[p_run]);
    select r.status, r.fence, r.finished_at into run
    from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run
    for update;
    if not found then
        return 'not_found';
    elsif run.finished_at is not null then
        return run.status;
    end if;
    for child in
        select r.run_id
        from mb.runs r
        where r.customer_id = p_customer and r.parent_run_id = p_run and r.finished_at is null
        order by 1
    loop
        perform engine.cancel(p_customer, child);
    end loop;
    if run.fence is not null then
        update mb.runs
        set cancel_requested = true
        where customer_id = p_customer and run_id = p_run;
        perform pg_notify('mb_run', format('%s %s cancel', p_customer, p_run));
        return 'cancelling';
    end if;
    update mb.runs
    set cancel_requested = true, status = 'cancelled', wait_reason = null, wake_at = null,
        finished_at = now(),
        error = '{"code": "cancelled", "message": "the run was cancelled", "retryable": false}'
    where customer_id = p_customer and run_id = p_run;
    perform pg_notify('mb_run', format('%s %s finish', p_customer, p_run));
    perform engine.wake_after_flush(array[p_customer], array[p_run]);
    return 'cancelled';
end
$$;
comment on function engine.cancel is
    'Stops a run: at once when nobody executes it, else by telling the core that does.';
