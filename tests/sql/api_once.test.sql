-- Operations under an Idempotency-Key.
\i api_lib.sql
create function pg_temp.request(documents json) returns json
language sql as $$
    select json_build_object('params', '{"collection": "c"}'::json, 'body',
        json_build_object('documents', documents))
$$;
create function pg_temp.once(of integer, key text, body text, documents json) returns json
language sql as $$
    select api.once(t.customer(of), 'documents_write', key, sha256(body::bytea),
        pg_temp.request(documents))
$$;
create function pg_temp.documents(of integer) returns text
language sql as $$
    select pg_temp.each(pg_temp.call(of, 'documents_list', '{"collection": "c"}'), 'id')
$$;

select t.is(pg_temp.once(1, 'k', 'x', '[{"id": "a", "body": "x"}]')::jsonb,
    '{"status": 200, "body": {"written": 1}}', 'the_first_request_is_done');
select pg_temp.call(1, 'document_delete', '{"collection": "c", "document_id": "a"}') as x \gset x_
select t.is(pg_temp.once(1, 'k', 'x', '[{"id": "a", "body": "x"}]')::jsonb, '{"status": 200,
    "body": {"written": 1}, "headers": {"idempotent-replayed": "true"}}',
    'a_repetition_gets_its_answer');
select t.is(pg_temp.documents(1), null, 'and_does_nothing');
select t.throws($$select pg_temp.once(1, 'k', 'y', '[{"id": "b", "body": "x"}]')$$, 'MB422',
    'another_request_under_the_key_is_refused', 'idempotency_mismatch');
select t.is(pg_temp.documents(1), null, 'and_does_nothing_either');
select t.is(pg_temp.once(2, 'k', 'y', '[{"id": "b", "body": "x"}]') -> 'body' ->> 'written', '1',
    'keys_of_customers_are_apart');

-- a refusal ---------------------------------------------------------------------------------------
reset role;
update mb.customers set limits = '{"storage_bytes": 10}' where customer_id = t.customer(1);
set role moonbase_core;
select t.throws($$select pg_temp.once(1, 'k2', 'x', '[{"id": "a", "body": "0123456789"}]')$$, 'MB422',
    'what_is_refused_is_refused', 'storage_limit');
reset role;
update mb.customers set limits = '{}' where customer_id = t.customer(1);
set role moonbase_core;
select t.is(pg_temp.once(1, 'k2', 'x', '[{"id": "a", "body": "0123456789"}]') ->> 'status', '200',
    'and_its_key_is_free');

-- at the same time --------------------------------------------------------------------------------
select t.session('b') \gset x_
select dblink_exec('b', 'begin') as x \gset x_
select * from dblink('b', format('select api.once(%L, ''documents_write'', ''k3'', %L, %L)',
    t.customer(1), 'x'::bytea, pg_temp.request('[{"id": "other", "body": "x"}]'))) as r (x text) \gset x_
select t.session('c') \gset x_
select dblink_send_query('c', format('select api.once(%L, ''documents_write'', ''k3'', %L, %L)',
    t.customer(1), 'x'::bytea, pg_temp.request('[{"id": "other", "body": "x"}]'))) as x \gset x_
select dblink_exec('b', 'commit') as x \gset x_
select t.is((select r.answer -> 'headers' ->> 'idempotent-replayed'
    from dblink_get_result('c') as r (answer json)), 'true',
    'one_that_comes_meanwhile_waits_and_gets_the_same_answer');
