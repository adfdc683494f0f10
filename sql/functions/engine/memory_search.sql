create or replace function engine.memory_search(p_customer uuid, p_deployment uuid, args json)
returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    in_collection constant text := args ->> 'collection';
    query constant tsquery := engine.words(args ->> 'query');
    documents json;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    select json_agg(json_build_object('id', m.document_id, 'title', m.title, 'body', m.body,
        'snippet', ts_headline('pg_catalog.english', left(m.body, 20000), query,
            'StartSel="", StopSel="", MaxWords=40, MinWords=15, MaxFragments=1'),
        'score', round(f.score::numeric, 6), 'metadata', m.metadata)
        order by f.score desc, m.document_id) into documents
    from engine.find_documents(p_customer, in_collection, query, (args ->> 'filter')::jsonb,
        coalesce((args ->> 'limit')::integer, 5)) f
    join mb.documents m on m.customer_id = p_customer and m.collection = in_collection
        and m.document_id = f.document_id;
    return json_build_object('documents', coalesce(documents, '[]'));
end
$$;
comment on function engine.memory_search is 'The tool memory.search: {collection, query, limit?,'
    ' filter?} to {documents: [{id, title, body, snippet, score, metadata}]}.';
