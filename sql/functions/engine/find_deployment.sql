-- For people who have only a deployment's id.
create or replace function engine.find_deployment(p_deployment uuid)
returns table (customer_id uuid, package_name text)
language sql stable security definer set search_path = ''
as $$
    select d.customer_id, p.name
    from mb.deployments d
    join mb.packages p on p.customer_id = d.package_owner and p.package_id = d.package_id
    where d.deployment_id = p_deployment
$$;
comment on function engine.find_deployment is
    'Whose deployment this is, and of which package; no row when there is none.';
