create or replace function engine.return_balance(p_fence bigint, p_customer uuid, p_micros bigint)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    returned bigint;
begin
    perform engine.hold_core(p_fence);
    perform engine.settle_lease(p_customer, p_fence, false);
    update mb.balance_leases l
    set granted_micros = l.granted_micros - least(l.granted_micros, greatest(p_micros, 0))
    from mb.balance_leases before
    where before.customer_id = p_customer and before.fence = p_fence
        and l.customer_id = before.customer_id and l.fence = before.fence
    returning before.granted_micros - l.granted_micros into returned;
    update mb.balances
    set leased_micros = leased_micros - coalesce(returned, 0)
    where customer_id = p_customer;
end
$$;
comment on function engine.return_balance is
    'Gives an unspent part of a core''s slice back to the customer''s balance.';
