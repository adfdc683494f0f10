-- A run stays on the package that it began with and goes on when its deployment was deleted meanwhile:
-- so this finds deleted ones too, and takes the package from the run, and the configuration of the
-- revision that the run has (null: the present one).
create or replace function engine.deployed_run(p_customer uuid, p_deployment uuid,
    p_package_owner uuid, p_package uuid, p_config_revision integer default null)
returns table (deployment_id uuid, name text, package_owner uuid, package_id uuid, config json,
    tools text[], limits json, budget_micros bigint, package_name text, package_version text,
    package_sha256 bytea, manifest json, files json, customer_limits json,
    customer_disabled boolean, config_revision integer,
    agents json)
language sql stable security definer set search_path = ''
as $$
    select d.deployment_id, d.name, p.customer_id, p.package_id, v.config, d.tools, d.limits,
        d.budget_micros, p.name, p.version, p.sha256, p.manifest, p.files, c.limits,
        c.disabled_at is not null, v.revision, d.agents
    from mb.deployments d
    join mb.packages p on p.customer_id = p_package_owner and p.package_id = p_package
    join mb.deployment_configs v on v.customer_id = d.customer_id
        and v.deployment_id = d.deployment_id
        and v.revision = coalesce(p_config_revision, d.config_revision)
    join mb.customers c on c.customer_id = d.customer_id
    where d.customer_id = p_customer and d.deployment_id = p_deployment
$$;
comment on function engine.deployed_run is
    'The same as engine.deployment for a run that has begun: its pinned package, deleted or not.';
