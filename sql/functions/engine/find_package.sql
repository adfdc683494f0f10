-- By id (pkg_...) or by name; the latest upload when no version is given, the customer's own before
-- the platform's. No row when there is none.
create or replace function engine.find_package(p_customer uuid, p_package text, p_version text)
returns table (package_owner uuid, package_id uuid, name text, version text)
language sql stable security definer set search_path = ''
as $$
    select p.customer_id, p.package_id, p.name, p.version
    from mb.packages p
    where p.customer_id in (p_customer, '00000000-0000-0000-0000-000000000000')
        and (p.name = p_package or 'pkg_' || replace(p.package_id::text, '-', '') = p_package)
        and (p_version is null or p.version = p_version)
    order by p.customer_id = p_customer desc, p.package_id desc
    limit 1
$$;
comment on function engine.find_package is 'The package that a customer means.';
