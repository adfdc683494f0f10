create or replace function api.documents_search(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    found_ json;
begin
    perform api.begin_as(customer);
    found_ := engine.memory_search(customer, null, json_build_object(
        'collection', params -> 'collection', 'query', params -> 'q', 'limit', params -> 'limit'));
    return json_build_object('status', 200, 'body', json_build_object('data', (
        select coalesce(json_agg(json_build_object('id', d.value -> 'id',
            'title', d.value -> 'title', 'excerpt', d.value -> 'snippet',
            'score', d.value -> 'score', 'metadata', d.value -> 'metadata')
            order by d.ordinality), '[]')
        from json_array_elements(found_ -> 'documents') with ordinality d)));
end
$$;
comment on function api.documents_search is 'GET /v1/knowledge/{collection}/search';
