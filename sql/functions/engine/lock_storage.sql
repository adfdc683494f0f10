-- The row of a customer's storage, locked until the transaction ends: writers of one customer's data
-- take turns, so that the sum is right.
create or replace function engine.lock_storage(p_customer uuid) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
    insert into mb.storage (customer_id) values (p_customer) on conflict do nothing;
    perform from mb.storage where customer_id = p_customer for update;
end
$$;
comment on function engine.lock_storage is 'Lets one writer at a time at a customer''s data.';
