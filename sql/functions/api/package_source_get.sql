-- By name or id, as api.deployable_get finds it. The files of the platform's packages are for the
-- core alone: the caller must not answer with them.
create or replace function api.package_source_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    found_package constant json := api.deployable_get(customer, request) -> 'body';
begin
    return json_build_object('status', 200, 'body', json_build_object('files', (
        select p.files
        from mb.packages p
        where p.customer_id = (found_package ->> 'package_owner')::uuid
            and p.package_id = (found_package ->> 'package_id')::uuid)));
end
$$;
comment on function api.package_source_get is 'For POST /v1/simulate: the files of a stored package.';
