-- Workflows: drafts that nobody overwrites by accident, versions that never change.
\i api_lib.sql
create function pg_temp.flow(of integer, answer json) returns json
language sql as $$
    select json_build_object('workflow_id',
        (substr(answer -> 'body' ->> 'id', 4))::uuid)
$$;
create function pg_temp.publish(of integer, flow json, n integer, name text, major text,
    more json default '{}', tools json default '[]') returns json
language sql as $$
    select pg_temp.call(of, 'workflow_publish', flow, null, (json_build_object(
        'package', json_build_object('id', t.id(n), 'sha256', lpad(to_hex(n), 64, '0'),
            'manifest', json_build_object('name', name, 'version', major || '.0.0', 'tools', tools),
            'files', json_build_object('main.lua', 'return ' || n)),
        'cost', json_build_object('low', 1, 'likely', 2, 'high', 3))::jsonb || more::jsonb)::json)
$$;

-- drafts ------------------------------------------------------------------------------------------
select pg_temp.call(1, 'workflow_create', '{}', '{"document": {"name": "refunds", "b": 1, "a": [null]}}')
    as made \gset
select pg_temp.flow(1, :'made') as flow \gset
select t.is(:'made'::json ->> 'status', '201', 'a_draft_is_stored');
select t.is(pg_temp.members(:'made'::json -> 'body'),
    'created_at id name published_version revision title updated_at updated_by', 'it_has_its_members');
select t.is(pg_temp.call(1, 'workflow_get', :'flow') -> 'body' ->> 'document',
    '{"name": "refunds", "b": 1, "a": [null]}', 'the_document_stays_as_it_came');
select t.is(pg_temp.call(1, 'workflow_put', :'flow', '{"document": {"name": "x"}}', '{"revision": 1}')
    -> 'body' ->> 'revision', '2', 'a_change_counts');
select t.is(pg_temp.call(1, 'workflow_put', :'flow', '{"document": {"name": "y"}}', '{"revision": 1}')
    ->> 'body', '{"conflict" : true, "revision" : 2}', 'a_change_of_an_earlier_revision_is_none');
select t.is(pg_temp.call(1, 'workflow_put', :'flow', '{"document": {"name": "x"}}', '{"revision": 2}')
    -> 'body' ->> 'revision', '2', 'nor_is_the_same_document');
select t.is(pg_temp.call(1, 'workflow_put', :'flow', '{"document": {"name": "refunds"}}')
    -> 'body' ->> 'revision', '3', 'without_a_revision_it_is_saved_all_the_same');

-- publishing --------------------------------------------------------------------------------------
select t.is(pg_temp.call(1, 'workflow_source_get', :'flow') -> 'body' ->> 'package_version', '1.0.0',
    'the_first_package_is_version_one');
select t.is(pg_temp.brief(pg_temp.publish(1, :'flow', 32, 'refunds', '1', '{"revision": 2, "version": 1}')),
    '409 conflict', 'another_revision_than_was_compiled_is_not_published');
select t.is(pg_temp.brief(pg_temp.publish(1, :'flow', 32, 'refunds', '1', '{"revision": 3, "version": 1}')),
    '201', 'the_compiled_one_is');
select t.is(pg_temp.brief(pg_temp.publish(1, :'flow', 33, 'refunds', '2', '{"revision": 3, "version": 1}')),
    '409 conflict', 'a_version_is_published_once');
select t.is(pg_temp.call(1, 'workflow_source_get', :'flow') -> 'body' ->> 'package_version', '2.0.0',
    'the_next_package_is_version_two');
select pg_temp.call(1, 'workflow_create', '{}', '{"document": {"name": "refunds"}}') as other \gset
select t.is(pg_temp.brief(pg_temp.publish(1, pg_temp.flow(1, :'other'), 34, 'refunds', '2',
    '{"revision": 1, "version": 1}')), '409 exists', 'a_name_belongs_to_one_workflow');
select t.is(pg_temp.brief(pg_temp.call(1, 'workflow_version_get', (:'flow'::jsonb || '{"version": 2}')::json)),
    '404 not_found', 'what_was_refused_is_no_version');
select t.throws(format('update mb.workflow_versions set note = %L', 'x'), '42501',
    'versions_are_not_changed');

-- deployments -------------------------------------------------------------------------------------
select pg_temp.publish(1, :'flow', 35, 'refunds', '2', json_build_object('revision', 3, 'version', 2,
    'deployment', 'new', 'deployment_id', t.id(40), 'config', '{}'::json), '["sleep", "kv.get"]') as made \gset
select t.is(:'made'::json -> 'body' -> 'deployment' ->> 'tools', '["sleep","kv.get"]',
    'a_new_deployment_may_use_what_the_package_names');
select api.begin_as(t.customer(1)) as x \gset x_
begin;
select api.begin_as(t.customer(1)) as x \gset x_
update mb.deployments set tools = '{sleep}' where deployment_id = t.id(40);
commit;
select pg_temp.publish(1, :'flow', 36, 'refunds', '3', json_build_object('revision', 3, 'version', 3,
    'deployment', t.id(40), 'config', '{"a": 1}'::json), '["kv.get", "kv.set", "sleep"]') as made \gset
select t.is(:'made'::json -> 'body' -> 'deployment' ->> 'tools', '["kv.set","sleep"]',
    'what_was_forbidden_stays_so_and_what_is_new_comes_with_it');
select t.is(:'made'::json -> 'body' -> 'deployment' -> 'package' ->> 'version', '3.0.0', 'it_runs_the_new_one');
select t.is(pg_temp.brief(pg_temp.publish(1, :'flow', 37, 'refunds', '4', json_build_object('revision', 3,
    'version', 4, 'deployment', t.id(99), 'config', '{}'::json))), '404 not_found /deployment',
    'a_deployment_that_is_not_there_is_named');
select t.is(pg_temp.walk(1, 'workflow_versions_list', :'flow', 'version', 2), '3 2|1',
    'versions_are_listed_newest_first_and_a_refused_publication_left_none');

-- names that sub-workflows may use ----------------------------------------------------------------
select t.is((pg_temp.call(1, 'workflow_source_get', :'flow', null, json_build_object('document',
    '{"nodes": [{"type": "subworkflow", "params": {"workflow": "refunds"}}, 5, {"type": "subworkflow"}]}'::json))
    -> 'body' -> 'workflows' ->> 'refunds')::jsonb, '{"input": true, "output": true}',
    'those_that_are_named_come_with_their_schemas');
select t.is(pg_temp.call(1, 'workflow_source_get', :'flow') -> 'body' -> 'workflows' ->> 'refunds', '{}',
    'others_by_name');
select t.is(pg_temp.call(2, 'workflow_create', '{}', '{"document": {}}') -> 'body' ->> 'name', '',
    'a_draft_may_have_no_name');

-- restore, delete, others -------------------------------------------------------------------------
select t.is(pg_temp.call(1, 'workflow_restore', :'flow', '{"version": 1}', '{"revision": 2}') ->> 'body',
    '{"conflict" : true, "revision" : 3}', 'restoring_is_a_change_like_others');
select t.is(pg_temp.brief(pg_temp.call(1, 'workflow_restore', :'flow', '{"version": 9}', '{"revision": 3}')),
    '404 not_found /version', 'a_version_that_is_not_there_is_not_restored');
select t.is(pg_temp.brief(pg_temp.call(2, op, :'flow', '{"document": {}, "version": 1}')), '404 not_found',
    'another_customer_finds_nothing_by_' || op)
from unnest('{workflow_get,workflow_put,workflow_delete,workflow_restore,workflow_source_get,workflow_versions_list,workflow_version_get}'::text[]) op;
select t.is(pg_temp.brief(pg_temp.publish(2, :'flow', 38, 'refunds', '1', '{"revision": 3, "version": 4}')),
    '404 not_found', 'nor_publishes_it');
select t.is(pg_temp.each(pg_temp.call(1, 'workflows_list'), 'name'), 'refunds refunds', 'own_ones_are_listed');
select t.is(pg_temp.call(1, 'workflow_delete', :'flow') ->> 'status', '204', 'one_can_be_deleted');
select t.is(pg_temp.brief(pg_temp.call(1, 'workflow_get', :'flow')), '404 not_found', 'and_is_gone_then');
select t.is(pg_temp.call(1, 'workflow_source_get', pg_temp.flow(1, :'other')) -> 'body' ->> 'package_version',
    '4.0.0', 'its_packages_stay_and_their_numbers_are_not_given_again');
