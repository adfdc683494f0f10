-- Deployments, as customers see them.
\i api_lib.sql
create function pg_temp.deploy(of integer, n integer, more json default '{}') returns json
language sql as $$
    select pg_temp.call(of, 'deployment_create', '{}', null, (jsonb_build_object('id', t.id(n),
        'package_owner', '00000000-0000-0000-0000-000000000000', 'package_id', t.customer(1),
        'name', null, 'config', '{}'::json, 'tools', null, 'limits', null, 'budget_micros', null,
        'secrets', '{}'::json) || more::jsonb)::json)
$$;
create function pg_temp.on(of integer, op text, n integer) returns json
language sql as $$
    select pg_temp.call(of, op, json_build_object('deployment_id', t.id(n)))
$$;

select pg_temp.deploy(1, 1, '{"name": "shop", "config": {"tone": "dry"}, "tools": ["b", "a"],
    "limits": {"steps": 5}, "budget_micros": 7}') as made \gset
select t.is(:'made'::json ->> 'status', '201', 'a_deployment_is_stored');
select t.is(:'made'::json -> 'headers' ->> 'location', '/v1/deployments/' || api.show_id('dep', t.id(1)),
    'and_says_where');
select t.is((:'made'::jsonb -> 'body') - 'created_at', jsonb_build_object(
    'id', api.show_id('dep', t.id(1)), 'name', 'shop', 'package', json_build_object(
        'id', api.show_id('pkg', t.customer(1)), 'name', 'p1', 'version', '1'),
    'config', '{"tone": "dry"}'::json, 'tools', '["b", "a"]'::json, 'limits', '{"steps": 5}'::json,
    'budget_micros', 7, 'agents', null), 'as_it_was_asked_for');
select t.is(pg_temp.on(1, 'deployment_get', 1)::jsonb -> 'body', :'made'::jsonb -> 'body',
    'and_read_as_it_was_made');
select t.is((pg_temp.deploy(1, 2)::jsonb -> 'body') - 'created_at' - 'package' - 'id',
    '{"name": "p1", "config": {}, "tools": [], "limits": {}, "budget_micros": null, "agents": null}',
    'what_is_not_given_has_its_default');

-- agents ------------------------------------------------------------------------------------------
select t.is(pg_temp.deploy(1, 21, json_build_object('agents', json_build_object('helper',
    api.show_id('dep', t.id(1)), 'other', null)))::jsonb -> 'body' -> 'agents',
    jsonb_build_object('helper', api.show_id('dep', t.id(1)), 'other', null),
    'what_it_may_start_is_bound_to_deployments');
select t.is(d.agents::jsonb, jsonb_build_object('helper', api.show_id('dep', t.id(1)), 'other', null),
    'as_the_engine_reads_it')
from engine.deployment(t.customer(1), t.id(21)) d;
select t.is(pg_temp.brief(pg_temp.deploy(2, 22, json_build_object('agents', json_build_object('helper',
    api.show_id('dep', t.id(1)))))), '404 not_found /agents/helper', 'of_the_same_customer');
reset role;
delete from mb.deployment_configs where deployment_id = t.id(21);
delete from mb.deployments where deployment_id = t.id(21);
set role moonbase_core;

-- secrets -----------------------------------------------------------------------------------------
select pg_temp.told() as x \gset x_
select pg_temp.deploy(1, 3, '{"secrets": {"B": "one", "A": "two"}}') as x \gset x_
select t.is(pg_temp.each(pg_temp.call(1, 'secrets_list'), 'name'), 'A B', 'its_secrets_are_stored');
select t.is(pg_temp.told(), 'customer ' || t.customer(1), 'and_the_cores_are_told');
select t.is(pg_temp.each(pg_temp.call(2, 'secrets_list'), 'name'), null, 'for_its_customer_alone');
select pg_temp.deploy(1, 4, '{"secrets": {"A": "three"}}') as x \gset x_
select t.is(engine.secrets(t.customer(1)) ->> 'A', 'three', 'a_new_value_replaces_the_old_one');

-- list and delete ---------------------------------------------------------------------------------
select t.is(pg_temp.walk(1, 'deployments_list', '{}', 'id', 3), (select string_agg(
    api.show_id('dep', i), case n when 4 then '|' else ' ' end order by n) from (values
    (t.id(4), 1), (t.id(3), 2), (t.id(2), 3), (t.id(1), 4), (t.customer(1), 5)) v (i, n)),
    'they_are_listed_newest_first_in_pages');
select t.is(pg_temp.each(pg_temp.call(1, 'deployments_list', '{"package": "p2"}'), 'id'), null,
    'or_those_of_a_package');
select t.is(pg_temp.each(pg_temp.call(2, 'deployments_list'), 'id'),
    api.show_id('dep', t.customer(2)), 'others_see_their_own');
select t.is(pg_temp.brief(pg_temp.on(2, 'deployment_get', 1)), '404 not_found',
    'and_nothing_of_their_neighbours');
select t.is(pg_temp.brief(pg_temp.on(2, 'deployment_delete', 1)), '404 not_found',
    'nor_can_they_delete_it');
select pg_temp.told() as x \gset x_
select t.is(pg_temp.on(1, 'deployment_delete', 1)::text, '{"status" : 204}', 'one_can_be_deleted');
select t.is(pg_temp.told(), 'deployment ' || t.id(1), 'and_the_cores_are_told_of_that');
select t.is(pg_temp.brief(pg_temp.on(1, 'deployment_delete', 1)), '404 not_found', 'once');
select t.is(pg_temp.brief(pg_temp.on(1, 'deployment_get', 1)), '404 not_found', 'then_it_is_gone');
select t.is(pg_temp.each(pg_temp.call(1, 'deployments_list', '{"limit": 2}'), 'id'),
    api.show_id('dep', t.id(4)) || ' ' || api.show_id('dep', t.id(3)), 'from_the_list_as_well');
