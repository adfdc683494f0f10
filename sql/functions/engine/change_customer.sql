-- Null leaves a thing as it is.
create or replace function engine.change_customer(p_customer uuid, p_limits json, p_disabled boolean)
returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update mb.customers
    set limits = coalesce(p_limits, limits),
        disabled_at = case
            when p_disabled then coalesce(disabled_at, now())
            when not p_disabled then null
            else disabled_at end
    where customer_id = p_customer;
    return found;
end
$$;
comment on function engine.change_customer is
    'Sets a customer''s limits or disables it; false when there is no such customer.';
