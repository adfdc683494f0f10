-- What a delivery needs: no row when there is no such webhook, it is disabled or has no secret yet,
-- or its deployment or customer takes no runs. Whoever delivers is told nothing of the difference.
create or replace function engine.hook(p_trigger uuid)
returns table (customer_id uuid, deployment_id uuid, scheme text, sealed text, headers text[],
    input text, rate_per_minute bigint)
language sql stable security definer set search_path = ''
as $$
    select t.customer_id, t.deployment_id, t.scheme, t.sealed, t.headers, t.input,
        coalesce((c.limits ->> 'rate_per_minute')::bigint, -1)
    from mb.triggers t
    join mb.deployments d on d.customer_id = t.customer_id and d.deployment_id = t.deployment_id
    join mb.customers c on c.customer_id = t.customer_id
    where t.trigger_id = p_trigger and t.kind = 'webhook' and t.is_enabled and t.sealed is not null
        and d.deleted_at is null and c.disabled_at is null
$$;
comment on function engine.hook is 'A webhook that takes deliveries: how they are signed, what they start.';
