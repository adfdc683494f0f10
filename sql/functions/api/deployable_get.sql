-- The package that a deployment names, by name or id; the latest upload of a name, the customer's
-- own before the platform's.
create or replace function api.deployable_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    wanted constant text := params ->> 'package';
    wanted_version constant text := params ->> 'version';
    package mb.packages;
begin
    perform api.begin_as(customer);
    if wanted ~ '^pkg_[0-9a-f]{32}$' then
        select p.* into package
        from mb.packages p
        where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
            and p.package_id = substr(wanted, 5)::uuid
            and (wanted_version is null or p.version = wanted_version);
    else
        select p.* into package
        from mb.packages p
        where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
            and p.name = wanted and (wanted_version is null or p.version = wanted_version)
        order by p.customer_id = customer desc, p.package_id desc
        limit 1;
    end if;
    if package.package_id is null then
        perform api.fail(404, 'not_found', 'there is no such package', case
            when wanted_version is not null and exists (
                select from mb.packages p
                where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
                    and p.name = wanted)
            then '/version' else '/package' end);
    end if;
    return json_build_object('status', 200, 'body', json_build_object(
        'package_owner', package.customer_id,
        'package_id', package.package_id,
        'manifest', package.manifest));
end
$$;
comment on function api.deployable_get is 'For POST /v1/deployments: the package and its manifest.';
