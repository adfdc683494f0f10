create or replace function api.package_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    package mb.packages;
    body json;
begin
    perform api.begin_as(customer);
    select p.* into package
    from mb.packages p
    where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
        and p.package_id = (params ->> 'package_id')::uuid;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such package');
    end if;
    body := api.json_with(api.package_json(package), 'manifest', package.manifest);
    if (params ->> 'files')::boolean and package.customer_id = customer then
        body := api.json_with(body, 'files', package.files);
    end if;
    return json_build_object('status', 200, 'body', body);
end
$$;
comment on function api.package_get is 'GET /v1/packages/{package_id}';
