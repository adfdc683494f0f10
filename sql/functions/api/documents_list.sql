create or replace function api.documents_list(customer uuid, request json) returns json
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
    select array_agg(api.document_json(d)), array_agg(api.cursor_pack(d.document_id))
    into items, cursors
    from (
        select d.*
        from mb.documents d
        where d.customer_id = customer and d.collection = params ->> 'collection'
            and (after is null or d.document_id > after)
        order by d.document_id
        limit size + 1
    ) d;
    return api.page(items, cursors, size);
end
$$;
comment on function api.documents_list is 'GET /v1/knowledge/{collection}/documents';
