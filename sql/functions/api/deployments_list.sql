create or replace function api.deployments_list(customer uuid, request json) returns json
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
    select array_agg(api.deployment_json(d)), array_agg(api.cursor_pack(d.deployment_id::text))
    into items, cursors
    from (
        select d.*
        from mb.deployments d
        where d.customer_id = customer and d.deleted_at is null
            and (after is null or d.deployment_id < after)
            and (params ->> 'package' is null or exists (
                select from mb.packages p
                where p.customer_id = d.package_owner and p.package_id = d.package_id
                    and p.name = params ->> 'package'))
        order by d.deployment_id desc
        limit size + 1
    ) d;
    return api.page(items, cursors, size);
end
$$;
comment on function api.deployments_list is 'GET /v1/deployments';
