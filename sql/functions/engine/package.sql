create or replace function engine.package(p_owner uuid, p_package uuid)
returns table (package_id uuid, name text, version text, sha256 bytea, manifest json, files json)
language sql stable security definer set search_path = ''
as $$
    select p.package_id, p.name, p.version, p.sha256, p.manifest, p.files
    from mb.packages p
    where p.customer_id = p_owner and p.package_id = p_package
$$;
comment on function engine.package is 'One package with its files.';
