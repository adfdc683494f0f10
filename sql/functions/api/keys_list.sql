create or replace function api.keys_list(customer uuid, request json) returns json
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
    select array_agg(json_build_object('id', api.show_id('key', k.key_id), 'name', k.name,
            'prefix', k.prefix, 'scopes', k.scopes, 'roles', k.roles,
            'created_at', api.show_time(k.created_at),
            'last_used_at', api.show_time(k.last_used_at),
            'revoked_at', api.show_time(k.revoked_at))),
        array_agg(api.cursor_pack(k.key_id::text))
    into items, cursors
    from (
        select k.*
        from mb.api_keys k
        where k.customer_id = customer and (after is null or k.key_id < after)
        order by k.key_id desc
        limit size + 1
    ) k;
    return api.page(items, cursors, size);
end
$$;
comment on function api.keys_list is 'GET /v1/keys';
