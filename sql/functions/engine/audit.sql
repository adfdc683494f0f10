-- What must hold for every customer: what it was given, less what its steps were charged, is what it
-- has. Returns the customers for which it does not.
create or replace function engine.audit()
returns table (customer_id uuid, credited_micros numeric, charged_micros numeric,
    balance_micros numeric, usage_micros numeric)
language sql stable security definer set search_path = ''
as $$
    select c.customer_id, k.credited, s.charged, b.balance, u.used
    from mb.customers c
    cross join lateral (select coalesce(sum(x.amount_micros), 0) as credited
        from mb.credits x where x.customer_id = c.customer_id) k
    cross join lateral (select coalesce(sum(x.price_micros), 0) as charged
        from mb.steps x where x.customer_id = c.customer_id and x.state = 2) s
    cross join lateral (select
        coalesce((select x.balance_micros from mb.balances x
            where x.customer_id = c.customer_id), 0)
        - coalesce((select sum(x.spent_micros) from mb.balance_leases x
            where x.customer_id = c.customer_id), 0) as balance) b
    cross join lateral (select coalesce(sum(x.price_micros), 0) as used
        from mb.usage_hourly x where x.customer_id = c.customer_id) u
    where k.credited - s.charged <> b.balance or u.used <> s.charged
$$;
comment on function engine.audit is
    'Customers whose balance or usage does not agree with the journal; none when all is well.';
