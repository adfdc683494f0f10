create or replace function api.balance_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    balance record;
begin
    perform api.begin_as(customer);
    select b.balance_micros, b.free_micros into balance
    from mb.balances_now b
    where b.customer_id = customer;
    return json_build_object('status', 200, 'body', json_build_object(
        'balance_micros', coalesce(balance.balance_micros, 0),
        'reserved_micros', coalesce(balance.balance_micros - balance.free_micros, 0),
        'available_micros', coalesce(balance.free_micros, 0)));
end
$$;
comment on function api.balance_get is 'GET /v1/balance';
