-- Customers, keys, packages, deployments, and what cores hear of changes.
set role moonbase_core;
select engine.create_customer('new', '{"runs": 5}', 77) as c \gset
select t.is((select row(name, disabled, balance_micros)::text from engine.list_customers()
    where customer_id = :'c'), '(new,f,77)', 'a_customer_begins_with_its_balance');
select t.is((select count(*) from engine.audit()), 0::bigint, 'which_is_booked');
select t.ok(substr(:'c', 15, 1) = '7' and engine.new_id() > :'c'::uuid, 'ids_are_uuidv7_and_ascend');

select engine.put_key(:'c', t.id(1), 'first', 'hash', 'mb_abc', '{runs:read}');
select engine.put_key(:'c', t.id(2), 'again', 'hash', 'mb_abc', '{}');
select t.is((select row(customer_id = :'c', key_id = t.id(1), scopes, revoked,
    customer_limits ->> 'runs')::text from engine.auth('hash')), '(t,t,{runs:read},f,5)',
    'a_key_names_its_customer');
select t.is((select count(*) from engine.auth('other')), 0::bigint, 'an_unknown_key_nobody');

select engine.put_package('00000000-0000-0000-0000-000000000000', t.id(3), 'demo', '1.0.0', 'sha',
    '{"m": 1}', '{"main.lua": "x"}') as package \gset
select t.is(engine.put_package('00000000-0000-0000-0000-000000000000', t.id(4), 'demo', '1.0.0', 'sha',
    '{}', '{}'), :'package'::uuid, 'the_same_package_again_is_the_same');
select t.throws(format('select engine.put_package(%L, %L, %L, %L, %L, %L, %L)',
    '00000000-0000-0000-0000-000000000000', t.id(4), 'demo', '1.0.0', 'other', '{}', '{}'), 'MB409',
    'other_contents_under_its_name_are_refused', 'exists');
select engine.put_deployment(:'c', t.id(5), '00000000-0000-0000-0000-000000000000', :'package', 'd',
    null, '{kv.get}', null, 500);
select t.is((select row(name, tools, budget_micros, package_name, manifest ->> 'm',
    files ->> 'main.lua', customer_limits ->> 'runs')::text from engine.deployment(:'c', t.id(5))),
    '(d,{kv.get},500,demo,1,x,5)', 'a_deployment_comes_with_its_package_and_limits');
select t.is((select count(*) from engine.deployment(t.customer(1), t.id(5))), 0::bigint,
    'to_its_own_customer_only');
select t.is((select manifest ->> 'm' from engine.package('00000000-0000-0000-0000-000000000000',
    :'package')), '1', 'a_package_by_itself');

select set_config('mb.customer_id', :'c', false) as x \gset
update mb.deployments set deleted_at = now() where deployment_id = t.id(5);
select t.is((select count(*) from engine.deployment(:'c', t.id(5))), 0::bigint,
    'a_deleted_one_takes_no_new_runs');
select t.is((select name from engine.deployed_run(:'c', t.id(5),
    '00000000-0000-0000-0000-000000000000', :'package')), 'd', 'runs_that_began_find_it');

-- what cores keep in memory -------------------------------------------------------------------------
select t.session('ear') as x \gset x_
select dblink_exec('ear', 'listen mb_changed') as x \gset x_
update mb.deployments set deleted_at = null where deployment_id = t.id(5);
select t.is((select string_agg(extra, ',') from dblink_get_notify('ear')), 'deployment ' || t.id(5),
    'a_changed_deployment_is_told');
insert into mb.secrets (customer_id, name, sealed) values (:'c', 's', 'x');
select t.is((select string_agg(extra, ',') from dblink_get_notify('ear')), 'customer ' || :'c',
    'a_new_secret_is_told');
select t.is(engine.secrets(:'c') ->> 's', 'x', 'and_found');
select engine.touch_keys(array[:'c']::uuid[], array[t.id(1)]);
select t.is((select count(*) from dblink_get_notify('ear')), 0::bigint, 'the_use_of_a_key_is_no_change');
update mb.api_keys set revoked_at = now();
select t.is((select string_agg(extra, ',') from dblink_get_notify('ear')), 'key ' || t.id(1),
    'a_revoked_key_is_told');
select t.ok((select revoked from engine.auth('hash')), 'and_says_so');
select t.ok(engine.change_customer(:'c', null, true), 'a_customer_is_disabled');
select t.is((select string_agg(extra, ',') from dblink_get_notify('ear')), 'customer ' || :'c',
    'which_is_told');
select t.ok((select customer_disabled from engine.auth('hash')), 'and_shows');
select t.ok(not engine.change_customer(t.id(9), null, true), 'nobody_is_no_customer');
