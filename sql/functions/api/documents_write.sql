create or replace function api.documents_write(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    outcome json;
begin
    perform api.begin_as(customer);
    outcome := engine.memory_upsert(customer, null, json_build_object(
        'collection', request -> 'params' -> 'collection',
        'documents', request -> 'body' -> 'documents'));
    return json_build_object('status', 200, 'body',
        json_build_object('written', outcome -> 'upserted'));
end
$$;
comment on function api.documents_write is 'POST /v1/knowledge/{collection}/documents';
