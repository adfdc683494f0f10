-- With its owner's rights, since an index on words is of no use under row-level security (@@ is not
-- leakproof). What it gives is ids; the caller reads the documents as their customer.
create or replace function engine.find_documents(p_customer uuid, p_collection text, p_words tsquery,
    p_filter jsonb, p_limit integer) returns table (document_id text, score float8)
language sql stable security definer set search_path = ''
as $$
    select m.document_id, ts_rank('{0.1, 0.2, 0.4, 1.0}', m.search, p_words, 33)::float8
    from mb.documents m
    where numnode(p_words) > 0 and m.customer_id = p_customer and m.collection = p_collection
        and m.search @@ (engine.quote_word('in:' || p_customer::text || '/' || p_collection)::tsquery
            && p_words)
        and (p_filter is null or m.metadata::jsonb @> p_filter)
    order by 2 desc, 1
    limit p_limit
$$;
comment on function engine.find_documents is
    'The documents of a collection that fit a text search query best, with scores from 0 to 1.';
