-- The core has checked the files. The same contents under the same version are the same package;
-- other contents are refused.
create or replace function api.package_create(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    manifest_ constant json := request -> 'manifest';
    sha constant bytea := decode(request ->> 'sha256', 'hex');
    package mb.packages;
begin
    perform api.begin_as(customer);
    insert into mb.packages (customer_id, package_id, name, version, sha256, manifest, files)
    values (customer, (request ->> 'id')::uuid, manifest_ ->> 'name', manifest_ ->> 'version', sha,
        manifest_, request -> 'files')
    on conflict (customer_id, name, version) do nothing
    returning * into package;
    if not found then
        select p.* into package
        from mb.packages p
        where p.customer_id = customer and p.name = manifest_ ->> 'name'
            and p.version = manifest_ ->> 'version';
        if package.sha256 <> sha then
            perform api.fail(409, 'exists', format('version %s of "%s" exists with other contents',
                manifest_ ->> 'version', manifest_ ->> 'name'));
        end if;
    end if;
    return json_build_object(
        'status', 201,
        'headers', json_build_object('location',
            '/v1/packages/' || api.show_id('pkg', package.package_id)),
        'body', api.package_json(package));
end
$$;
comment on function api.package_create is 'POST /v1/packages';
