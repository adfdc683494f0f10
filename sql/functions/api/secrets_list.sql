create or replace function api.secrets_list(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant text := (api.cursor_unpack(params, 1))[1];
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.secret_json(s)), array_agg(api.cursor_pack(s.name))
    into items, cursors
    from (
        select s.*
        from mb.secrets s
        where s.customer_id = customer and (after is null or s.name > after)
        order by s.name
        limit size + 1
    ) s;
    return api.page(items, cursors, size);
end
$$;
comment on function api.secrets_list is 'GET /v1/secrets';
