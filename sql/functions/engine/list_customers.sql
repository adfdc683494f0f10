create or replace function engine.list_customers()
returns table (customer_id uuid, name text, created_at timestamptz, limits json, disabled boolean,
    balance_micros bigint)
language sql stable security definer set search_path = ''
as $$
    select c.customer_id, c.name, c.created_at, c.limits, c.disabled_at is not null,
        coalesce(b.balance_micros, 0)
    from mb.customers c
    left join mb.balances_now b on b.customer_id = c.customer_id
    where c.customer_id <> '00000000-0000-0000-0000-000000000000'
    order by c.customer_id
$$;
comment on function engine.list_customers is 'All customers with what they have left.';
