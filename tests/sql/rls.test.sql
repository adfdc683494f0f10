-- Row-level security: as a core that acts for customer one, nothing of customer two is there, in any
-- table; and a core that acts for nobody sees nothing.
begin;
select engine.core_start('a', 1) as fence \gset
select t.flush(:fence, 1, json_build_array(t.run(1), t.run(2, 2)), json_build_array(
    json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 0, 'price', 5),
    json_build_object('customer', t.customer(2), 'run', t.id(2), 'seq', 0, 'price', 5)), '[]',
    json_build_array(
        json_build_object('customer_id', t.customer(1), 'run_id', t.id(1), 'seq', 0, 'title', 'x'),
        json_build_object('customer_id', t.customer(2), 'run_id', t.id(2), 'seq', 0, 'title', 'x')))
    as x \gset x_
insert into mb.packages (customer_id, package_id, name, version, sha256, manifest, files)
select t.customer(n), t.customer(n), 'own', '1', 'x', '{}', '{}' from generate_series(1, 2) n;
insert into mb.api_keys (customer_id, key_id, name, key_sha256, prefix, scopes)
select t.customer(n), t.id(n), 'k', n::text::bytea, 'p', '{}' from generate_series(1, 2) n;
insert into mb.secrets (customer_id, name, sealed)
select t.customer(n), 's', 'x' from generate_series(1, 2) n;
insert into mb.idempotency_keys (customer_id, scope, key, request_sha256, fence)
select t.customer(n), 's', 'k', 'x', 1 from generate_series(1, 2) n;
insert into mb.triggers (customer_id, trigger_id, deployment_id, name, kind, schedule)
select t.customer(n), t.id(n), t.customer(n), 't', 'cron', '@daily' from generate_series(1, 2) n;
insert into mb.trigger_firings (customer_id, trigger_id, key, run_id)
select t.customer(n), t.id(n), 'k', t.id(n) from generate_series(1, 2) n;
insert into mb.workflows (customer_id, workflow_id, name, title, document, updated_by)
select t.customer(n), t.id(n), 'w', 'w', '{}', t.id(n) from generate_series(1, 2) n;
insert into mb.workflow_versions (customer_id, workflow_id, version, name, document, package_id, published_by)
select t.customer(n), t.id(n), 1, 'w', '{}', t.customer(n), t.id(n) from generate_series(1, 2) n;
select engine.kv_set(t.customer(n), t.customer(n), '{"key": "k", "value": 1}'),
    engine.file_write(t.customer(n), t.customer(n), '{"path": "k", "content": "x"}'),
    engine.memory_upsert(t.customer(n), t.customer(n),
        '{"collection": "c", "documents": [{"id": "1", "body": "x"}]}') from generate_series(1, 2) n
    offset 2;
select set_config('mb.customer_id', '', true) as x \gset x_

create temp table tenant_tables as
    select c.relname::text as name
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'customer_id'
    where c.relnamespace = 'mb'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition;
grant select on tenant_tables to public;

-- The number of rows of the table that a role sees, acting for a customer (or nobody), whose are
-- `whose`; -1 when it may not look at all.
create function pg_temp.seen(role text, acting text, tab text, whose uuid) returns bigint
language plpgsql as $$
declare
    n bigint;
begin
    execute format('set local role %I', role);
    perform set_config('mb.customer_id', acting, true);
    execute format('select count(*) from mb.%I where customer_id = $1', tab) into n using whose;
    reset role;
    return n;
exception when insufficient_privilege then
    reset role;
    return -1;
end
$$;
-- The same for writing: rows changed or deleted, or -1.
create function pg_temp.written(statement text, acting text, whose uuid) returns bigint
language plpgsql as $$
declare
    n bigint;
begin
    set local role moonbase_core;
    perform set_config('mb.customer_id', acting, true);
    execute statement using whose;
    get diagnostics n = row_count;
    reset role;
    return n;
exception when insufficient_privilege then
    reset role;
    return -1;
end
$$;

select t.ok(count(*) >= 17, 'there_are_tenant_tables') from tenant_tables;
select t.ok(pg_temp.seen('postgres', '', name, t.customer(2)) > 0, name || '_has_rows_of_customer_two')
from tenant_tables order by name;
select t.ok(pg_temp.seen('moonbase_core', t.customer(1)::text, name, t.customer(1)) <> 0,
    name || '_shows_customer_one_its_own') from tenant_tables order by name;
select t.ok(pg_temp.seen('moonbase_core', t.customer(1)::text, name, t.customer(2)) <= 0,
    name || '_shows_customer_one_nothing_of_two') from tenant_tables order by name;
select t.ok(pg_temp.seen('moonbase_core', '', name, t.customer(1)) <= 0,
    name || '_shows_nobody_nothing') from tenant_tables order by name;
select t.ok(pg_temp.seen('moonbase_owner', t.customer(1)::text, name, t.customer(2)) <= 0,
    name || '_binds_its_owner_too') from tenant_tables order by name;
select t.ok(pg_temp.written(format('update mb.%I set customer_id = customer_id where customer_id = $1',
    name), t.customer(1)::text, t.customer(2)) <= 0, name || '_of_two_cannot_be_changed_by_one')
from tenant_tables order by name;
select t.ok(pg_temp.written(format('delete from mb.%I where customer_id = $1', name),
    t.customer(1)::text, t.customer(2)) <= 0, name || '_of_two_cannot_be_deleted_by_one')
from tenant_tables order by name;
select t.ok(pg_temp.written(format('update mb.%I set customer_id = %L where customer_id = $1', name,
    t.customer(2)), t.customer(1)::text, t.customer(1)) <= 0, name || '_cannot_be_given_to_two_by_one')
from tenant_tables order by name;
select t.is(pg_temp.written('insert into mb.secrets (customer_id, name, sealed) values ($1, ''n'', '''')',
    t.customer(1)::text, t.customer(2)), -1::bigint, 'nor_can_one_write_a_row_for_two');

-- money and the journal are for the engine's functions alone --------------------------------------
select t.is(pg_temp.written(format('update mb.%I set customer_id = customer_id where customer_id = $1',
    name), t.customer(1)::text, t.customer(1)), -1::bigint, 'a_core_cannot_write_' || name || '_directly')
from unnest(array['runs', 'steps', 'balances', 'balance_leases', 'credits', 'usage_hourly', 'customers',
    'approvals', 'idempotency_keys']) name;
select t.is((select count(*) from mb.balances_now), 2::bigint, 'the_superuser_sees_all_balances');
set local role moonbase_core;
select set_config('mb.customer_id', t.customer(1)::text, true) as x \gset x_
select t.is((select count(*) from mb.balances_now), 1::bigint, 'a_view_hides_as_its_tables_do');
select t.is((select count(*) from mb.packages where customer_id = '00000000-0000-0000-0000-000000000000'),
    2::bigint, 'the_platforms_packages_are_for_all_to_read');
select t.is(pg_temp.written('update mb.packages set name = name where customer_id = $1',
    t.customer(1)::text, '00000000-0000-0000-0000-000000000000'), 0::bigint, 'and_for_nobody_to_change');
rollback;
select t.session('core') as x \gset x_
select t.throws(format('select dblink_exec(''core'', ''set role %I'')', name), '42501',
    'a_core_cannot_become_' || name)
from unnest(array['moonbase_engine', 'moonbase_owner', 'postgres']) name;
