create or replace function api.documents_search(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    words constant tsquery := engine.words(params ->> 'q');
    hits json;
begin
    perform api.begin_as(customer);
    select json_agg(json_build_object('id', d.document_id, 'title', d.title,
        'excerpt', ts_headline('pg_catalog.english', left(d.body, 20000), words,
            'StartSel="", StopSel="", MaxWords=40, MinWords=15, ShortWord=0, MaxFragments=2'),
        'score', round(f.score::numeric, 6), 'metadata', d.metadata)
        order by f.score desc, d.document_id) into hits
    from engine.find_documents(customer, params ->> 'collection', words, null,
        (params ->> 'limit')::integer) f
    join mb.documents d on d.customer_id = customer and d.collection = params ->> 'collection'
        and d.document_id = f.document_id;
    return json_build_object('status', 200, 'body',
        json_build_object('data', coalesce(hits, '[]')));
end
$$;
comment on function api.documents_search is 'GET /v1/knowledge/{collection}/search';
