-- Of a run that has ended. One that failed or was cancelled takes all with it. Behind one that
-- succeeded, those go on that it never meant to wait for; who lost a race against another is over.
create or replace function engine.cancel_children(p_customer uuid, p_run uuid, p_status text)
returns void
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    child uuid;
begin
    for child in
        select r.run_id
        from mb.runs r
        where r.customer_id = p_customer and r.parent_run_id = p_run and r.finished_at is null
            and not r.cancel_requested
            and (p_status <> 'succeeded' or (r.limits::json ->> 'detached') is distinct from 'true')
        order by r.run_id
    loop
        perform engine.cancel(p_customer, child);
    end loop;
end
$$;
comment on function engine.cancel_children is 'Stops the child runs that nobody waits for any more.';
