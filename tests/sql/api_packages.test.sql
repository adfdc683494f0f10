-- Packages, as customers see them.
\i api_lib.sql
create function pg_temp.upload(of integer, n integer, name text, version text, sha256 text)
returns json
language sql as $$
    select pg_temp.call(of, 'package_create', '{}', null, json_build_object('id', t.id(n),
        'sha256', sha256, 'manifest', json_build_object('name', name, 'version', version,
        'summary', 'Greets.'), 'files', json_build_object('main.lua', 'return ' || n)))
$$;

-- create ------------------------------------------------------------------------------------------
select pg_temp.upload(1, 16, 'greeter', '1', 'aa') as made \gset
select t.is(:'made'::json ->> 'status', '201', 'a_package_is_stored');
select t.is(:'made'::json -> 'headers' ->> 'location',
    '/v1/packages/pkg_' || replace(t.id(16)::text, '-', ''), 'and_says_where');
select t.is(pg_temp.members(:'made'::json -> 'body'),
    'created_at id name platform sha256 summary version', 'it_has_the_members_of_a_package');
select t.is(:'made'::json -> 'body' ->> 'sha256', 'aa', 'with_its_hash');
select t.ok(:'made'::json -> 'body' ->> 'created_at'
    ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$', 'times_are_utc_with_microseconds');
select t.is(pg_temp.upload(1, 17, 'greeter', '1', 'aa') -> 'body' ->> 'id',
    'pkg_' || replace(t.id(16)::text, '-', ''), 'the_same_contents_again_are_the_same_package');
select t.is(pg_temp.brief(pg_temp.upload(1, 18, 'greeter', '1', 'bb')), '409 exists',
    'other_contents_of_a_version_are_refused');
select t.is(pg_temp.brief(pg_temp.upload(1, 19, 'greeter', '2', 'bb')), '201',
    'another_version_is_not');
select t.is(pg_temp.brief(pg_temp.upload(2, 20, 'greeter', '1', 'cc')), '201',
    'nor_is_the_same_name_of_another_customer');

-- get ---------------------------------------------------------------------------------------------
select t.is(pg_temp.members(pg_temp.call(1, 'package_get', json_build_object('package_id', t.id(16),
    'files', false)) -> 'body'),
    'created_at id manifest name platform sha256 summary version', 'a_single_one_has_its_manifest');
select t.is(pg_temp.call(1, 'package_get', json_build_object('package_id', t.id(16),
    'files', true)) -> 'body' -> 'files' ->> 'main.lua', 'return 16', 'and_its_files_when_asked');
select t.is(pg_temp.call(1, 'package_get', json_build_object('package_id', t.customer(1),
    'files', true)) -> 'body' ->> 'platform', 'true', 'the_platforms_are_for_all');
select t.is(pg_temp.call(1, 'package_get', json_build_object('package_id', t.customer(1),
    'files', true)) -> 'body' ->> 'files', null, 'but_not_their_files');
select t.is(pg_temp.brief(pg_temp.call(2, 'package_get', json_build_object('package_id', t.id(16)))),
    '404 not_found', 'those_of_other_customers_are_not_there');
select t.is(pg_temp.call(2, 'package_get', json_build_object('package_id', t.id(16)))::text,
    pg_temp.call(2, 'package_get', json_build_object('package_id', t.id(77)))::text,
    'just_like_those_that_never_were');

-- list --------------------------------------------------------------------------------------------
select t.is(pg_temp.each(pg_temp.call(1, 'packages_list'), 'name'), 'greeter greeter p2 p1',
    'own_ones_and_the_platforms_are_listed_newest_first');
select t.is(pg_temp.each(pg_temp.call(1, 'packages_list', '{"name": "greeter"}'), 'version'), '2 1',
    'or_those_of_a_name');
select t.is(pg_temp.walk(1, 'packages_list', '{}', 'version', 2), '2 1|1 1', 'in_pages');
select t.is(pg_temp.call(1, 'packages_list', '{"name": "none"}')::jsonb,
    '{"status": 200, "body": {"data": [], "next_cursor": null}}', 'a_list_may_be_empty');

-- what a deployment names -------------------------------------------------------------------------
select t.is(pg_temp.call(1, 'deployable_get', '{"package": "greeter", "version": null}') -> 'body'
    ->> 'package_id', t.id(19)::text, 'a_name_means_its_latest_upload');
select t.is(pg_temp.call(1, 'deployable_get', '{"package": "greeter", "version": "1"}') -> 'body'
    ->> 'package_id', t.id(16)::text, 'or_the_version_that_is_asked_for');
select t.is(pg_temp.call(1, 'deployable_get', json_build_object('package',
    api.show_id('pkg', t.id(16)))) -> 'body' ->> 'package_id', t.id(16)::text, 'an_id_means_itself');
select t.is(pg_temp.brief(pg_temp.call(2, 'deployable_get', json_build_object('package',
    api.show_id('pkg', t.id(16))))), '404 not_found /package', 'unless_it_is_another_customers');
select t.is(pg_temp.brief(pg_temp.call(1, 'deployable_get', '{"package": "greeter", "version": "9"}')),
    '404 not_found /version', 'a_version_that_is_not_there_is_named');
select pg_temp.upload(1, 21, 'p1', '0', 'dd') as x \gset x_
select t.is(pg_temp.call(1, 'deployable_get', '{"package": "p1"}') -> 'body' ->> 'package_owner',
    t.customer(1)::text, 'own_ones_come_before_the_platforms');
select t.is(pg_temp.call(2, 'deployable_get', '{"package": "p1"}') -> 'body' ->> 'package_owner',
    '00000000-0000-0000-0000-000000000000', 'for_their_owner');

-- cursors -----------------------------------------------------------------------------------------
select t.is(pg_temp.brief(pg_temp.call(1, 'packages_list', json_build_object('cursor', c))),
    '400 invalid_request ?cursor', 'a_cursor_of_' || what || '_is_refused')
from (values ('x', 'one_character'), ('AAAA', 'no_json'), (api.cursor_pack('a', 'b'), 'two_parts'),
    (api.cursor_pack('------------------------------------'), 'no_id'),
    (api.cursor_pack(null), 'null'), (api.cursor_pack(repeat('a', 500)), 'great_length'))
    as v (c, what);
