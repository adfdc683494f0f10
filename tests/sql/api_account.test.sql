-- Keys, usage and balance.
\i api_lib.sql

-- keys --------------------------------------------------------------------------------------------
create function pg_temp.key(of integer, n integer, name text) returns json
language sql as $$
    select pg_temp.call(of, 'key_create', '{}', json_build_object('name', name,
        'scopes', '["runs:read", "keys:read"]'::json), json_build_object('id', t.id(n),
        'key_sha256', encode(sha256(name::bytea), 'hex'), 'prefix', 'mb_' || name))
$$;
select pg_temp.key(1, 1, 'a') as made \gset
select t.is(:'made'::jsonb - 'body' - 'headers', '{"status": 201}', 'a_key_is_stored');
select t.is(:'made'::json -> 'headers' ->> 'location', '/v1/keys/' || api.show_id('key', t.id(1)),
    'and_says_where');
select t.is((:'made'::jsonb -> 'body') - 'created_at', jsonb_build_object('id',
    api.show_id('key', t.id(1)), 'name', 'a', 'prefix', 'mb_a', 'scopes',
    '["runs:read", "keys:read"]'::json, 'roles', '[]'::json), 'as_it_was_asked_for');
select t.is((select row(customer_id, key_id, scopes, revoked)::text from engine.auth(sha256('a'))),
    row(t.customer(1), t.id(1), '{runs:read,keys:read}'::text[], false)::text, 'it_opens_the_door');
select pg_temp.key(1, 2, 'b'), pg_temp.key(1, 3, 'c'), pg_temp.key(2, 4, 'd') \gset x_
select t.is(pg_temp.walk(1, 'keys_list', '{}', 'name', 2), 'c b|a', 'keys_are_listed_newest_first');
select t.is(pg_temp.members(pg_temp.call(1, 'keys_list') -> 'body' -> 'data' -> 0),
    'created_at id last_used_at name prefix revoked_at roles scopes', 'with_their_members');
select t.is(pg_temp.brief(pg_temp.call(2, 'key_revoke', json_build_object('key_id', t.id(1)))),
    '404 not_found', 'nobody_revokes_those_of_others');
select pg_temp.told() as x \gset x_
select t.is(pg_temp.call(1, 'key_revoke', json_build_object('key_id', t.id(1)))::text,
    '{"status" : 204}', 'one_can_be_revoked');
select t.is(pg_temp.told(), 'key ' || t.id(1), 'and_the_cores_are_told');
select t.ok((select revoked from engine.auth(sha256('a'))), 'then_it_opens_nothing');
select t.ok(pg_temp.call(1, 'keys_list') -> 'body' -> 'data' -> 2 ->> 'revoked_at' is not null,
    'and_the_list_says_so');
select t.is(pg_temp.brief(pg_temp.call(1, 'key_revoke', json_build_object('key_id', t.id(1)))),
    '404 not_found', 'once');
create function pg_temp.roles(n integer, name text, roles json, by_ integer) returns text
language sql as $$
    select coalesce(pg_temp.brief(a) || nullif(' ' || (a -> 'body' ->> 'roles'), ' '), pg_temp.brief(a))
    from pg_temp.call(1, 'key_create', '{}', json_build_object('name', name, 'scopes',
        '["runs:read"]'::json, 'roles', roles), json_build_object('id', t.id(n), 'key_sha256',
        encode(sha256(name::bytea), 'hex'), 'prefix', 'mb_', 'caller',
        json_build_object('key_id', t.id(by_)))) a
$$;
reset role;
update mb.api_keys set roles = '{lead,boss}' where key_id = t.id(2);
update mb.api_keys set roles = '{*}' where key_id = t.id(3);
set role moonbase_core;
select t.is(pg_temp.roles(11, 'e', null, 2), '201 ["lead","boss"]', 'a_key_has_its_makers_roles');
select t.is(pg_temp.roles(12, 'f', '["boss"]', 2), '201 ["boss"]', 'or_fewer');
select t.is(pg_temp.roles(13, 'g', '["cfo"]', 2), '403 forbidden /roles', 'but_no_others');
select t.is(pg_temp.roles(14, 'h', '["cfo"]', 3), '201 ["cfo"]', 'who_has_all_can_give_any');

-- usage -------------------------------------------------------------------------------------------
select engine.core_start('a', 1) as one, engine.core_start('b', 1) as two \gset
create function pg_temp.step(of integer, n integer, seq integer, tool text, at text, price integer)
returns json
language sql as $$
    select json_build_object('customer', t.customer(of), 'run', t.id(n), 'seq', seq, 'tool', tool,
        'at', at, 'in', 10, 'out', 1, 'cpu', 2, 'bytes', 3, 'cost', 1000, 'price', price)
$$;
select t.ok(t.flush(:one, 1, json_build_array(t.run(1), t.run(2, 2)), json_build_array(
    pg_temp.step(1, 1, 1, 'a', '2026-03-01T10:59:59.999999Z', 1),
    pg_temp.step(1, 1, 2, 'b', '2026-03-01T11:00:00Z', 2),
    pg_temp.step(1, 1, 3, 'a', '2026-03-01T12:00:00Z', 4),
    pg_temp.step(2, 2, 1, 'a', '2026-03-01T11:00:00Z', 100)))
    and t.flush(:two, 1, json_build_array(t.run(3)), json_build_array(
    pg_temp.step(1, 3, 1, 'b', '2026-03-01T11:30:00Z', 8))), 'steps_of_two_cores');
create function pg_temp.usage(of integer, since text, til text, grouped json default null)
returns json
language sql as $$
    select pg_temp.call(of, 'usage_get', json_strip_nulls(json_build_object('from', since, 'to', til,
        'group_by', grouped))) -> 'body'
$$;
-- "hour tool calls cost" of every row
create function pg_temp.rows(usage json) returns text
language sql as $$
    select string_agg(concat_ws(' ', substr(r.v ->> 'hour', 12, 2), r.v ->> 'tool', r.v ->> 'calls',
        r.v ->> 'cost_micros'), ', ' order by r.n)
    from json_array_elements(usage -> 'data') with ordinality as r (v, n)
$$;
select t.is(pg_temp.usage(1, '2026-03-01T10:00:00Z', '2026-03-01T13:00:00Z')::jsonb,
    '{"from": "2026-03-01T10:00:00.000000Z", "to": "2026-03-01T13:00:00.000000Z", "data": [
    {"calls": 4, "tokens_in": 40, "tokens_out": 4, "cpu_us": 8, "bytes": 12, "cost_micros": 15}],
    "total": {"calls": 4, "tokens_in": 40, "tokens_out": 4, "cpu_us": 8, "bytes": 12,
    "cost_micros": 15}}', 'usage_is_the_sum_of_what_the_customer_pays');
select t.is(pg_temp.rows(pg_temp.usage(1, '2026-03-01T10:00:00Z', '2026-03-01T13:00:00Z',
    '["tool"]')), 'a 2 5, b 2 10', 'by_tool');
select t.is(pg_temp.rows(pg_temp.usage(1, '2026-03-01T10:00:00Z', '2026-03-01T13:00:00Z',
    '["tool", "hour"]')), '10 a 1 1, 11 b 2 10, 12 a 1 4', 'by_hour_and_tool_in_this_order');
select t.is(pg_temp.usage(1, '2026-03-01T10:00:00Z', '2026-03-01T13:00:00Z', '["deployment"]')
    -> 'data' -> 0 ->> 'deployment_id', api.show_id('dep', t.customer(1)), 'by_deployment');
select t.is(pg_temp.members(pg_temp.usage(1, '2026-03-01T10:00:00Z', '2026-03-01T13:00:00Z',
    '["hour"]') -> 'data' -> 0), 'bytes calls cost_micros cpu_us hour tokens_in tokens_out',
    'a_row_has_the_fields_that_it_is_grouped_by');
select t.is(pg_temp.usage(1, '2026-03-01T12:59:00+01:00', '2026-03-01T12:00:00.000001Z') -> 'total'
    ->> 'cost_micros', '14', 'both_ends_are_cut_to_the_full_hour');
select t.is(pg_temp.usage(1, '2026-03-01T11:00:00Z', '2026-03-01T12:00:00Z') -> 'total'
    ->> 'cost_micros', '10', 'the_last_hour_does_not_count');
select t.is(pg_temp.usage(1, null, '2026-03-02T10:30:00Z') ->> 'from', '2026-03-01T11:00:00.000000Z',
    'without_from_it_is_a_day');
select t.is(pg_temp.usage(1, null, null) -> 'total' ->> 'calls', '0', 'that_ends_now');
select t.is(pg_temp.brief(pg_temp.call(1, 'usage_get', json_build_object('from', f, 'to', e))), refusal,
    'from_' || f || '_to_' || e || '_is_refused')
from (values ('2026-03-02T00:00:00Z', '2026-03-01T00:00:00Z', '400 invalid_request ?from'),
    ('2024-03-02T00:00:00Z', '2026-03-01T00:00:00Z', '400 invalid_request ?from'),
    ('2026-03-02T00:00:00+20:00', '2026-03-01T00:00:00Z', '400 invalid_request ?from'),
    ('2026-03-01T00:00:00Z', '2026-13-01T00:00:00Z', '400 invalid_request ?to')) v (f, e, refusal);

reset role;
insert into mb.usage_hourly (customer_id, hour, deployment_id, tool, shard)
select t.customer(2), '2025-01-01T00:00:00Z', t.customer(2), 't' || n, 0 from generate_series(1, 10001) n;
set role moonbase_core;
select t.is(pg_temp.brief(pg_temp.call(2, 'usage_get', '{"from": "2025-01-01T00:00:00Z",
    "to": "2025-01-01T01:00:00Z", "group_by": ["tool"]}')), '400 invalid_request ?group_by',
    'more_rows_than_an_answer_holds_are_refused');
select t.is(json_array_length(pg_temp.usage(2, '2025-01-01T00:00:00Z', '2025-01-01T01:00:00Z')
    -> 'data'), 1, 'their_sum_is_not');

-- balance -----------------------------------------------------------------------------------------
select t.is(engine.lease_balance(:one, t.customer(1), 1000, 1), 1000::bigint, 'a_core_holds_a_slice');
select t.is(pg_temp.call(1, 'balance_get')::jsonb, '{"status": 200, "body": {"balance_micros": 999985,
    "reserved_micros": 1000, "available_micros": 998985}}', 'the_balance_is_less_what_was_spent');
select t.ok((b ->> 'balance_micros')::bigint - (b ->> 'reserved_micros')::bigint
    = (b ->> 'available_micros')::bigint, 'the_rest_is_available')
from (select pg_temp.call(n, 'balance_get') -> 'body' from generate_series(1, 2) n) v (b);
select t.is(pg_temp.call(9, 'balance_get')::jsonb -> 'body',
    '{"balance_micros": 0, "reserved_micros": 0, "available_micros": 0}', 'nobody_has_nothing');
