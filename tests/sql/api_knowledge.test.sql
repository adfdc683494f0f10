-- Collections of documents, as customers see them.
\i api_lib.sql
create function pg_temp.write(of integer, collection text, documents json) returns json
language sql as $$
    select pg_temp.call(of, 'documents_write', json_build_object('collection', collection),
        json_build_object('documents', documents))
$$;
create function pg_temp.on(of integer, op text, collection text, document text default null)
returns json
language sql as $$
    select pg_temp.call(of, op, json_build_object('collection', collection, 'document_id', document))
$$;
create function pg_temp.search(of integer, q text, size integer default 10) returns json
language sql as $$
    select pg_temp.call(of, 'documents_search', json_build_object('collection', 'faq', 'q', q,
        'limit', size))
$$;
-- as the core gives it, counted by the functions that write
create function pg_temp.stored(of integer) returns bigint
language sql as $$
    select set_config('mb.customer_id', t.customer(of)::text, false);
    select bytes from mb.storage
$$;

-- write -------------------------------------------------------------------------------------------
select t.is(pg_temp.write(1, 'faq', '[{"id": "returns", "title": "Returning goods",
    "body": "Goods may be returned within 30 days.", "metadata": {"z": 1, "a": 1.50}},
    {"id": "b c/d", "body": "Shipping takes two days."}, {"id": "Z", "body": "Say hello."}]')::jsonb,
    '{"status": 200, "body": {"written": 3}}', 'documents_are_stored');
select t.is(pg_temp.write(1, 'faq', '[{"id": "Z", "title": "Hello", "body": "Say hello twice."}]')
    -> 'body' ->> 'written', '1', 'and_replaced');
select t.is(pg_temp.brief(pg_temp.write(1, 'empty.ish', '[{"id": "e", "body": ""}]')), '200',
    'a_body_may_be_empty');
reset role;
update mb.customers set limits = '{"storage_bytes": 300}' where customer_id = t.customer(2);
set role moonbase_core;
select t.is(pg_temp.brief(pg_temp.write(2, 'faq', json_build_array(json_build_object('id', 'a',
    'body', 'x'), json_build_object('id', 'b', 'body', repeat('x', 300))))), '422 storage_limit',
    'those_for_which_there_is_no_room_are_refused');
select t.is(pg_temp.call(2, 'collections_list')::jsonb -> 'body' -> 'data', '[]', 'all_of_them');
select t.is(pg_temp.brief(pg_temp.write(2, 'faq', '[{"id": "theirs", "body": "Goods of two."}]')), '200',
    'customers_are_apart');

-- read --------------------------------------------------------------------------------------------
select pg_temp.on(1, 'document_get', 'faq', 'returns') as document \gset
select t.is(pg_temp.members(:'document'::json -> 'body'),
    'body bytes collection id metadata title updated_at', 'a_document_has_its_members');
select t.is(:'document'::json -> 'body' ->> 'metadata', '{"z": 1, "a": 1.50}',
    'its_metadata_is_as_it_came');
select t.is(pg_temp.on(1, 'document_get', 'faq', 'b c/d') -> 'body' ->> 'body',
    'Shipping takes two days.', 'any_text_is_an_id');
select t.is(pg_temp.on(1, 'document_get', 'faq', 'theirs')::text,
    pg_temp.on(1, 'document_get', 'faq', 'none')::text,
    'those_of_other_customers_are_like_those_that_never_were');
select t.is(pg_temp.brief(pg_temp.on(1, 'document_get', 'other', 'returns')), '404 not_found',
    'collections_are_apart');
select t.is(pg_temp.walk(1, 'documents_list', '{"collection": "faq"}', 'id', 2), 'Z b c/d|returns',
    'documents_are_listed_by_id');
select t.is(pg_temp.members(pg_temp.on(1, 'documents_list', 'faq') -> 'body' -> 'data' -> 0),
    'bytes collection id metadata title updated_at', 'without_their_bodies');
select t.is(pg_temp.each(pg_temp.on(1, 'documents_list', 'none'), 'id'), null,
    'a_collection_that_nobody_wrote_is_empty');
select t.is(pg_temp.walk(1, 'collections_list', '{}', 'name', 1), 'empty.ish|faq',
    'collections_are_listed_by_name');
select t.is(pg_temp.call(1, 'collections_list')::jsonb -> 'body' -> 'data' -> 1, jsonb_build_object(
    'name', 'faq', 'documents', 3, 'bytes', (select sum((d ->> 'bytes')::integer)
    from json_array_elements(pg_temp.on(1, 'documents_list', 'faq') -> 'body' -> 'data') d)),
    'with_what_they_hold');

-- search ------------------------------------------------------------------------------------------
select t.is(pg_temp.each(pg_temp.search(1, 'returned goods'), 'id'), 'returns', 'words_are_found');
select t.is(pg_temp.each(pg_temp.search(1, 'days'), 'id'), 'b c/d returns', 'in_all_that_have_them');
select t.is(pg_temp.each(pg_temp.search(1, 'days', 1), 'id'), 'b c/d', 'as_many_as_asked_for');
select t.is(pg_temp.members(pg_temp.search(1, 'hello') -> 'body' -> 'data' -> 0),
    'excerpt id metadata score title', 'a_hit_has_its_members');
select t.is(pg_temp.each(pg_temp.search(1, 'hello'), 'excerpt'), 'Say hello twice',
    'what_was_replaced_is_found_by_its_new_words');
select t.is(pg_temp.search(1, q)::jsonb, '{"status": 200, "body": {"data": []}}',
    'nothing_is_found_for ' || q)
from unnest(array['elephant', '!!!', ''' & | ( :* \', 'in:' || t.customer(2) || '/faq']) q;

-- delete ------------------------------------------------------------------------------------------
select t.is(pg_temp.brief(pg_temp.on(2, 'document_delete', 'faq', 'Z')), '404 not_found',
    'nobody_deletes_those_of_others');
select t.is(pg_temp.on(1, 'document_delete', 'faq', 'Z')::text, '{"status" : 204}',
    'one_can_be_deleted');
select t.is(pg_temp.brief(pg_temp.on(1, 'document_delete', 'faq', 'Z')), '404 not_found', 'once');
select t.is(pg_temp.each(pg_temp.search(1, 'hello'), 'id'), null, 'then_it_is_not_found');
select t.is(pg_temp.stored(1), (select sum((c ->> 'bytes')::bigint)
    from json_array_elements(pg_temp.call(1, 'collections_list') -> 'body' -> 'data') c)::bigint,
    'and_takes_no_room');
