-- Secrets: they can be written, not read.
\i api_lib.sql
create function pg_temp.store(of integer, op text, name text, sealed text) returns json
language sql as $$
    select pg_temp.call(of, op, json_build_object('name', name), json_build_object('sealed', sealed))
$$;

select t.is(pg_temp.brief(pg_temp.store(1, 'secret_create', 'B', 'one')), '201', 'one_is_stored');
select t.is(pg_temp.told(), 'customer ' || t.customer(1), 'and_the_cores_are_told');
select t.is(pg_temp.brief(pg_temp.store(1, 'secret_create', 'B', 'two')), '409 exists /name',
    'a_name_that_is_there_is_refused');
select t.is(engine.secrets(t.customer(1)) ->> 'B', 'one', 'and_nothing_changed');
select t.is(pg_temp.told(), null, 'nor_was_anybody_told');
select t.is(pg_temp.members(pg_temp.store(1, 'secret_put', 'B', 'three') -> 'body'),
    'created_at name updated_at', 'one_can_be_replaced_and_is_not_shown');
select t.is(engine.secrets(t.customer(1)) ->> 'B', 'three', 'by_its_new_value');
select t.is(pg_temp.told(), 'customer ' || t.customer(1), 'of_which_the_cores_are_told');
select t.is(pg_temp.brief(pg_temp.store(1, 'secret_put', n, 'x')), '200', 'put_makes_' || n || '_too')
from unnest(array['C', 'A_1']) n;
select t.is(pg_temp.brief(pg_temp.store(2, 'secret_create', 'B', 'two')), '201',
    'names_of_customers_are_apart');
select t.is(pg_temp.walk(1, 'secrets_list', '{}', 'name', 2), 'A_1 B|C', 'they_are_listed_by_name');
select t.is(pg_temp.members(pg_temp.call(1, 'secrets_list') -> 'body' -> 'data' -> 0),
    'created_at name updated_at', 'without_their_values');
select t.is(pg_temp.brief(pg_temp.call(2, 'secret_delete', '{"name": "C"}')), '404 not_found',
    'nobody_deletes_those_of_others');
select pg_temp.told() as x \gset x_
select t.is(pg_temp.call(1, 'secret_delete', '{"name": "C"}')::text, '{"status" : 204}',
    'one_can_be_deleted');
select t.is(pg_temp.told(), 'customer ' || t.customer(1), 'and_the_cores_are_told_of_that');
select t.is(pg_temp.brief(pg_temp.call(1, 'secret_delete', '{"name": "C"}')), '404 not_found', 'once');
select t.is(pg_temp.each(pg_temp.call(1, 'secrets_list'), 'name'), 'A_1 B', 'then_it_is_gone');
