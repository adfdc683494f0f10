-- Returns 'decided', 'not_found' when nothing was asked there, or 'closed' when it was decided before,
-- its deadline is past or its run has ended. wake_at is set whatever the run is doing at this moment:
-- if it is just being parked, flush keeps the earlier wake_at.
create or replace function engine.decide(p_customer uuid, p_run uuid, p_seq integer, p_decision json,
    p_by text) returns text
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
begin
    perform from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run and r.finished_at is null
    for update;
    if not found then
        return case when exists (select from mb.approvals a where a.customer_id = p_customer
            and a.run_id = p_run and a.seq = p_seq) then 'closed' else 'not_found' end;
    end if;
    update mb.approvals
    set decision = p_decision, decided_by = p_by, decided_at = now()
    where customer_id = p_customer and run_id = p_run and seq = p_seq and decided_at is null
        and (deadline_at is null or deadline_at > now());
    if not found then
        return case when exists (select from mb.approvals a where a.customer_id = p_customer
            and a.run_id = p_run and a.seq = p_seq) then 'closed' else 'not_found' end;
    end if;
    update mb.runs
    set wake_at = now()
    where customer_id = p_customer and run_id = p_run;
    perform pg_notify('mb_run', format('%s %s decide', p_customer, p_run));
    perform pg_notify('mb_queue', '');
    return 'decided';
end
$$;
comment on function engine.decide is 'Records a person''s decision and lets the run go on.';
