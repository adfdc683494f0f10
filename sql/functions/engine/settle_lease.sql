-- Moves what a core spent of a customer's balance from its lease into the balance; the rest of the
-- slice stays with the core, or goes back as well when `give_back`. Locks the balance, then the lease.
create or replace function engine.settle_lease(p_customer uuid, p_fence bigint, give_back boolean)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    lease record;
    released bigint; -- of the grant: what was spent within it, and what goes back unspent
begin
    insert into mb.balances (customer_id) values (p_customer) on conflict do nothing;
    perform from mb.balances where customer_id = p_customer for update;
    select granted_micros, spent_micros into lease
    from mb.balance_leases
    where customer_id = p_customer and fence = p_fence
    for update;
    if not found then
        return;
    end if;
    if give_back then
        released := lease.granted_micros;
        delete from mb.balance_leases where customer_id = p_customer and fence = p_fence;
    else
        released := least(lease.granted_micros, lease.spent_micros);
        update mb.balance_leases
        set granted_micros = granted_micros - released, spent_micros = 0
        where customer_id = p_customer and fence = p_fence;
    end if;
    update mb.balances
    set balance_micros = balance_micros - lease.spent_micros,
        leased_micros = leased_micros - released
    where customer_id = p_customer;
end
$$;
comment on function engine.settle_lease is
    'Takes what a core has spent out of the customer''s balance, and with give_back ends its lease.';
