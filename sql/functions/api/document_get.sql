create or replace function api.document_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    document mb.documents;
begin
    perform api.begin_as(customer);
    select d.* into document
    from mb.documents d
    where d.customer_id = customer and d.collection = params ->> 'collection'
        and d.document_id = params ->> 'document_id';
    if not found then
        perform api.fail(404, 'not_found', 'there is no such document');
    end if;
    return json_build_object('status', 200, 'body',
        api.json_with(api.document_json(document), 'body', to_json(document.body)));
end
$$;
comment on function api.document_get is 'GET /v1/knowledge/{collection}/documents/{document_id}';
