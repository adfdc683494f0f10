create or replace function engine.create_customer(p_name text, p_limits json, p_micros bigint)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    customer constant uuid := engine.new_id();
begin
    insert into mb.customers (customer_id, name, limits)
    values (customer, p_name, coalesce(p_limits, '{}'));
    insert into mb.balances (customer_id) values (customer);
    insert into mb.storage (customer_id) values (customer);
    if p_micros <> 0 then
        perform engine.topup(customer, p_micros, 'opening balance');
    end if;
    return customer;
end
$$;
comment on function engine.create_customer is 'Makes a customer with limits and a balance.';
