create or replace function engine.put_deployment(p_customer uuid, p_deployment uuid,
    p_package_owner uuid, p_package uuid, p_name text, p_config json, p_tools text[],
    p_limits json, p_budget_micros bigint) returns void
language sql volatile security definer set search_path = ''
as $$
    insert into mb.deployments as d (customer_id, deployment_id, package_owner, package_id, name,
        config, tools, limits, budget_micros)
    values (p_customer, p_deployment, p_package_owner, p_package, p_name, coalesce(p_config, '{}'),
        p_tools, coalesce(p_limits, '{}'), p_budget_micros)
    on conflict (customer_id, deployment_id) do update
    set package_owner = excluded.package_owner, package_id = excluded.package_id,
        name = excluded.name, config = excluded.config, tools = excluded.tools,
        limits = excluded.limits, budget_micros = excluded.budget_micros, deleted_at = null
$$;
comment on function engine.put_deployment is 'Makes a deployment, or changes the one with this id.';
