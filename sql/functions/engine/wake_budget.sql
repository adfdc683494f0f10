create or replace function engine.wake_budget(p_customer uuid) returns integer
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    woken integer;
begin
    update mb.runs
    set wake_at = now()
    where customer_id = p_customer and fence is null and status = 'waiting'
        and wait_reason = 'budget';
    get diagnostics woken = row_count;
    if woken > 0 then
        perform pg_notify('mb_queue', '');
    end if;
    return woken;
end
$$;
comment on function engine.wake_budget is
    'Lets a customer''s runs that wait for money go on; returns how many.';
