-- No row when there is none or it was deleted.
create or replace function engine.deployment(p_customer uuid, p_deployment uuid)
returns table (deployment_id uuid, name text, package_owner uuid, package_id uuid, config json,
    tools text[], limits json, budget_micros bigint, package_name text, package_version text,
    package_sha256 bytea, manifest json, files json, customer_limits json,
    customer_disabled boolean, config_revision integer,
    agents json)
language sql stable security definer set search_path = ''
as $$
    select d.deployment_id, d.name, d.package_owner, d.package_id, d.config, d.tools, d.limits,
        d.budget_micros, p.name, p.version, p.sha256, p.manifest, p.files, c.limits,
        c.disabled_at is not null, d.config_revision, d.agents
    from mb.deployments d
    join mb.packages p on p.customer_id = d.package_owner and p.package_id = d.package_id
    join mb.customers c on c.customer_id = d.customer_id
    where d.customer_id = p_customer and d.deployment_id = p_deployment and d.deleted_at is null
$$;
comment on function engine.deployment is
    'A deployment with its package and its customer''s limits: all that starting a run needs.';
