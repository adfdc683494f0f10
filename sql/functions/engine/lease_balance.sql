-- Grants at most what is free; nothing when that is less than `min_micros`.
create or replace function engine.lease_balance(
    p_fence bigint, p_customer uuid, want_micros bigint, min_micros bigint) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    granted bigint;
begin
    perform engine.hold_core(p_fence);
    perform engine.settle_lease(p_customer, p_fence, false);
    select least(want_micros, b.free_micros) into granted
    from mb.balances_now b
    where b.customer_id = p_customer;
    if granted < min_micros or granted <= 0 then
        return 0;
    end if;
    update mb.balances set leased_micros = leased_micros + granted where customer_id = p_customer;
    insert into mb.balance_leases as l (customer_id, fence, granted_micros)
    values (p_customer, p_fence, granted)
    on conflict (customer_id, fence) do update
    set granted_micros = l.granted_micros + excluded.granted_micros;
    return granted;
end
$$;
comment on function engine.lease_balance is
    'Gives a core a slice of a customer''s balance to spend; returns its size, 0 when there is none.';
