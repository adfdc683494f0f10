-- The same name and version again is the same package if its contents are; else it is refused. Returns
-- the package's id, the one that is there already if so.
create or replace function engine.put_package(p_owner uuid, p_package uuid, p_name text,
    p_version text, p_sha256 bytea, p_manifest json, p_files json) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    there record;
begin
    insert into mb.packages (customer_id, package_id, name, version, sha256, manifest, files)
    values (p_owner, p_package, p_name, p_version, p_sha256, p_manifest, p_files)
    on conflict (customer_id, name, version) do nothing;
    select p.package_id, p.sha256 into there
    from mb.packages p
    where p.customer_id = p_owner and p.name = p_name and p.version = p_version;
    if there.sha256 <> p_sha256 then
        raise exception using errcode = 'MB409', detail = 'exists',
            message = format('package %s %s is there with other contents', p_name, p_version);
    end if;
    return there.package_id;
end
$$;
comment on function engine.put_package is 'Adds a package, of a customer or of the platform (nil).';
