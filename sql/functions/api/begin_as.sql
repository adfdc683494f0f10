create or replace function api.begin_as(customer uuid) returns void
language sql volatile security invoker set search_path = ''
as $$
    select set_config('mb.customer_id', customer::text, true)
$$;
comment on function api.begin_as is
    'From here to the end of the transaction, rows of this customer are seen, and no others.';
