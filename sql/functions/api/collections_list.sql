create or replace function api.collections_list(customer uuid, request json) returns json
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
    select array_agg(json_build_object('name', c.name, 'documents', c.documents,
            'bytes', c.bytes)),
        array_agg(api.cursor_pack(c.name))
    into items, cursors
    from (
        select d.collection as name, count(*) as documents, sum(d.bytes) as bytes
        from mb.documents d
        where d.customer_id = customer and (after is null or d.collection > after)
        group by d.collection
        order by d.collection
        limit size + 1
    ) c;
    return api.page(items, cursors, size);
end
$$;
comment on function api.collections_list is 'GET /v1/knowledge';
