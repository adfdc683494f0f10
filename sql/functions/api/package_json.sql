create or replace function api.package_json(package mb.packages) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_build_object(
        'id', api.show_id('pkg', package.package_id),
        'name', package.name,
        'version', package.version,
        'sha256', encode(package.sha256, 'hex'),
        'platform', package.customer_id = '00000000-0000-0000-0000-000000000000',
        'summary', package.manifest ->> 'summary',
        'created_at', api.show_time(package.created_at))
$$;
comment on function api.package_json is 'A package as lists show it.';
