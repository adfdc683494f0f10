-- The data tools: keys and values, documents, files, and the cap on all of them.
begin;
update mb.customers set limits = '{"storage_bytes": 1000}' where customer_id = t.customer(1);
set role moonbase_core;
create function pg_temp.a(fn text, args json, of integer default 1, at integer default 1) returns json
language plpgsql as $$
declare
    result json;
begin
    execute format('select engine.%I($1, $2, $3)', fn) into result
        using t.customer(of), t.customer(at), args;
    return result;
end
$$;
create function pg_temp.used() returns bigint language plpgsql as $$
begin
    perform set_config('mb.customer_id', t.customer(1)::text, true);
    return (select bytes from mb.storage);
end
$$;

-- kv ------------------------------------------------------------------------------------------
select t.is(pg_temp.a('kv_get', '{"key": "k"}') ->> 'found', 'false', 'an_absent_key_is_not_found');
select t.is(pg_temp.a('kv_set', '{"key": "k", "value": {"b": [1]}}') ->> 'ok', 'true', 'sets');
select t.is(pg_temp.a('kv_get', '{"key": "k"}') -> 'value' ->> 'b', '[1]', 'gets');
select t.is(pg_temp.a('kv_get', '{"key": "k"}', 1, 2) ->> 'found', 'false', 'deployments_are_apart');
select t.is(pg_temp.a('kv_get', '{"key": "k"}', 2) ->> 'found', 'false', 'customers_are_apart');
select t.is(pg_temp.used(), 11::bigint, 'bytes_are_counted');
select t.is(pg_temp.a('kv_set', '{"key": "k", "value": null}') ->> 'ok', 'true', 'replaces');
select t.is(pg_temp.a('kv_get', '{"key": "k"}')::text, '{"found" : true, "value" : null}',
    'null_is_a_value');
select t.is(pg_temp.used(), 5::bigint, 'what_was_there_is_not_counted_twice');
select t.is(pg_temp.a('kv_set', '{"key": "k", "value": 1, "ttl_s": 0.000001}') ->> 'ok', 'true',
    'for_a_time');
reset role;
update mb.kv set expires_at = now() - interval '1 second' where expires_at is not null;
set role moonbase_core;
select t.is(pg_temp.a('kv_get', '{"key": "k"}') ->> 'found', 'false', 'what_has_expired_is_gone');
select t.is(engine.prune(), 1, 'and_pruned');
select t.is(pg_temp.used(), 0::bigint, 'with_its_bytes');
select t.is(pg_temp.a('kv_delete', '{"key": "k"}') ->> 'deleted', 'false', 'nothing_to_delete');
select t.throws(format('select engine.kv_set(%L, %L, %L)', t.customer(1), t.customer(1),
    json_build_object('key', 'k', 'value', repeat('x', 262144))), 'MB422',
    'a_value_over_256_KiB_is_refused', 'invalid_arguments');
select t.throws(format('select engine.kv_set(%L, %L, %L)', t.customer(1), t.customer(1),
    json_build_object('key', 'k', 'value', repeat('x', 1000))), 'MB422',
    'more_than_the_customers_storage_is_refused', 'storage_limit');
select t.is(pg_temp.a('kv_get', '{"key": "k"}') ->> 'found', 'false', 'and_not_kept');

-- files ---------------------------------------------------------------------------------------
select t.is(pg_temp.a('file_write', '{"path": "a/b", "content": "h\u00e9"}') ->> 'bytes', '3', 'text');
select t.is(pg_temp.a('file_read', '{"path": "a/b"}') ->> 'content', 'hé', 'is_read_as_text');
select t.is(pg_temp.a('file_write', '{"path": "a/c", "base64": "AP8="}') ->> 'bytes', '2', 'bytes');
select t.is(pg_temp.a('file_read', '{"path": "a/c"}') ->> 'base64', 'AP8=', 'are_read_as_base64');
select t.is(pg_temp.a('file_list', '{"prefix": "a/"}') -> 'files' -> 1 ->> 'path', 'a/c', 'lists');
select t.is(pg_temp.a('file_list', '{"prefix": "a/", "limit": 1}') #>> '{files,0,path}', 'a/b',
    'in_order_and_no_more_than_asked');
select t.is(json_array_length(pg_temp.a('file_list', '{}', 2) -> 'files'), 0, 'files_are_apart');
select t.throws(format('select engine.file_read(%L, %L, %L)', t.customer(1), t.customer(1),
    '{"path": "no"}'), 'MB404', 'an_absent_file_is_not_found', 'not_found');
select t.throws(format('select engine.file_write(%L, %L, %L)', t.customer(1), t.customer(1),
    '{"path": "x", "base64": "A"}'), 'MB422', 'bad_base64_is_refused', 'invalid_arguments');

-- documents -------------------------------------------------------------------------------------
select t.is(pg_temp.a('memory_upsert', '{"collection": "c", "documents": [
    {"id": "pw", "title": "Resetting a password", "body": "Click on the link in our mail."},
    {"id": "refund", "body": "A refund takes five days.", "metadata": {"lang": "en", "n": 1}},
    {"id": "dup", "body": "first"}, {"id": "dup", "body": "Zweite Fassung: Grüße"}]}') ->> 'upserted',
    '4', 'upserts');
create function pg_temp.hits(args json, of integer default 1) returns text[] language sql as $$
    select coalesce(array_agg(d ->> 'id'), '{}')
    from json_array_elements(pg_temp.a('memory_search', args, of) -> 'documents') d
$$;
select t.is(pg_temp.hits('{"collection": "c", "query": "how do I reset passwords?"}'), array['pw'],
    'finds_by_stems_and_in_titles');
select t.is(pg_temp.hits('{"collection": "c", "query": "password refund refund"}'), array['pw', 'refund'],
    'finds_documents_with_any_of_the_words_the_best_first');
select t.is(pg_temp.hits('{"collection": "c", "query": "grüße"}'), array['dup'],
    'finds_other_languages_and_the_last_of_two_with_one_id');
select t.is(pg_temp.hits('{"collection": "c", "query": "first"}'), '{}'::text[], 'not_the_first');
select t.is(pg_temp.hits('{"collection": "d", "query": "password"}'), '{}'::text[],
    'collections_are_apart');
select t.is(pg_temp.hits('{"collection": "c", "query": "password"}', 2), '{}'::text[],
    'documents_of_customers_are_apart');
select t.is(pg_temp.hits('{"collection": "c", "query": "refund", "filter": {"lang": "en", "n": 1}}'),
    array['refund'], 'filters_by_metadata');
select t.is(pg_temp.hits('{"collection": "c", "query": "refund", "filter": {"lang": "de"}}'),
    '{}'::text[], 'and_out');
select t.is(pg_temp.hits('{"collection": "c", "query": "''\\ & | ! ( : *"}'), '{}'::text[],
    'signs_are_no_words');
select t.is(pg_temp.hits('{"collection": "c", "query": "it''s a \\password\\ ''refund'' & x"}'),
    array['pw', 'refund'], 'nor_operators');
select t.is(pg_temp.a('memory_search', '{"collection": "c", "query": "refund"}')
    #>> '{documents,0,snippet}', 'refund takes five days', 'shows_where');
select t.is(pg_temp.a('memory_delete', '{"collection": "c", "ids": ["pw", "no", "dup"]}') ->> 'deleted',
    '2', 'deletes');
select t.is(pg_temp.hits('{"collection": "c", "query": "password"}'), '{}'::text[], 'for_good');
select t.throws(format('select engine.memory_upsert(%L, %L, %L)', t.customer(1), t.customer(1),
    json_build_object('collection', 'c', 'documents', json_build_array(
        json_build_object('id', 'a', 'body', 'ok'),
        json_build_object('id', 'b', 'body', repeat('x ', 1000))))), 'MB422',
    'documents_over_the_storage_are_refused', 'storage_limit');
select t.is(pg_temp.hits('{"collection": "c", "query": "ok"}'), '{}'::text[], 'all_of_them');
reset role;
select t.is((select bytes from mb.storage where customer_id = t.customer(1)), (
    select (select coalesce(sum(bytes), 0) from mb.kv) + (select sum(bytes) from mb.documents)
        + (select sum(bytes) from mb.files))::bigint, 'the_sum_is_right_in_the_end');
rollback;
