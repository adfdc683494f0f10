create or replace function api.packages_list(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.package_json(p)), array_agg(api.cursor_pack(p.package_id::text))
    into items, cursors
    from (
        select *
        from mb.packages p
        where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
            and (params ->> 'name' is null or p.name = params ->> 'name')
            and (after is null or p.package_id < after)
        order by p.package_id desc
        limit size + 1
    ) p;
    return api.page(items, cursors, size);
end
$$;
comment on function api.packages_list is 'GET /v1/packages';
