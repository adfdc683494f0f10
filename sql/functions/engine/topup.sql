-- A negative amount is a correction.
create or replace function engine.topup(p_customer uuid, p_micros bigint, p_note text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    left_micros bigint;
begin
    if not exists (select from mb.customers c where c.customer_id = p_customer) then
        raise exception using errcode = 'MB404', detail = 'not_found',
            message = 'there is no such customer';
    end if;
    insert into mb.credits (customer_id, credit_id, amount_micros, note)
    values (p_customer, engine.new_id(), p_micros, p_note);
    insert into mb.balances as b (customer_id, balance_micros) values (p_customer, p_micros)
    on conflict (customer_id) do update
    set balance_micros = b.balance_micros + excluded.balance_micros;
    perform engine.wake_budget(p_customer);
    select b.balance_micros into left_micros
    from mb.balances_now b
    where b.customer_id = p_customer;
    return left_micros;
end
$$;
comment on function engine.topup is
    'Books money in, lets runs that waited for it go on, and returns the new balance.';
