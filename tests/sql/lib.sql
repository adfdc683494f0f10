-- What the SQL tests share. They run as the superuser and take the role moonbase_core where a core
-- would act; t.* says what came of it.
create extension dblink;
create schema t;
grant usage on schema t to public;

create function t.ok(truth boolean, name text) returns text
language sql immutable as $$
    select case when truth then 'ok - ' else 'not ok - ' end || name
$$;

create function t.is(got anyelement, expected anyelement, name text) returns text
language sql immutable as $$
    select case when got is not distinct from expected then 'ok - ' || name
        else 'not ok - ' || name || ': got ' || coalesce(got::text, 'null') || ', expected '
            || coalesce(expected::text, 'null') end
$$;

-- Does the statement fail with this SQLSTATE (and detail, if given)?
create function t.throws(statement text, state text, name text, wire text default null) returns text
language plpgsql as $$
declare
    got_wire text;
begin
    execute statement;
    return 'not ok - ' || name || ': nothing was raised';
exception when others then
    get stacked diagnostics got_wire = pg_exception_detail;
    if sqlstate = state and (wire is null or wire = got_wire) then
        return 'ok - ' || name;
    end if;
    return 'not ok - ' || name || ': ' || sqlstate || ' ' || sqlerrm;
end
$$;

-- Ids of the tests: t.id(7) is a UUIDv7 of this month that ends in 7.
create function t.id(n integer) returns uuid
language sql stable as $$
    select (left(engine.uuid_at(date_trunc('month', now()))::text, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;
create function t.customer(n integer) returns uuid
language sql immutable as $$
    select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;

create function t.texts(list json, key text) returns text[]
language sql immutable as $$
    select coalesce(array_agg(e.v ->> key order by e.n), '{}')
    from json_array_elements(list) with ordinality as e (v, n)
$$;

-- engine.flush with rows as JSON objects: {"customer", "run", ...}; what is left out is null, or
-- what a plain row has. Times are text. "owned" as in engine.flush.
create function t.flush(fence bigint, no bigint, runs json default '[]', steps json default '[]',
    changes json default '[]', approvals json default null) returns boolean
language plpgsql as $$
declare
    n integer := json_array_length(runs);
begin
    return engine.flush(fence, no,
        t.texts(runs, 'customer')::uuid[], t.texts(runs, 'run')::uuid[],
        t.texts(runs, 'customer')::uuid[], -- the deployment
        array_fill('00000000-0000-0000-0000-000000000000'::uuid, array[n]),
        t.texts(runs, 'customer')::uuid[], -- the package
        t.texts(runs, 'parent')::uuid[], t.texts(runs, 'status'), t.texts(runs, 'wait_reason'),
        t.texts(runs, 'wake_at')::timestamptz[], t.texts(runs, 'owned')::boolean[],
        array_fill('{"a": 1}'::text, array[n]), t.texts(runs, 'output'), t.texts(runs, 'error'),
        array_fill('{}'::text, array[n]), array_fill('seed'::bytea, array[n]), '{}',
        array_fill(now(), array[n]), '{}', t.texts(runs, 'finished_at')::timestamptz[],
        '{}', '{}', '{}', '{}', '{}',
        t.texts(steps, 'customer')::uuid[], t.texts(steps, 'run')::uuid[],
        t.texts(steps, 'customer')::uuid[], t.texts(steps, 'seq')::integer[],
        array(select coalesce(v, 1::smallint) from unnest(t.texts(steps, 'kind')::smallint[]) v),
        array(select coalesce(v, 2::smallint) from unnest(t.texts(steps, 'state')::smallint[]) v),
        t.texts(steps, 'completes')::boolean[],
        array_fill('key'::bytea, array[json_array_length(steps)]),
        array(select coalesce(v, 'tool') from unnest(t.texts(steps, 'tool')) v),
        t.texts(steps, 'args'), t.texts(steps, 'result'), t.texts(steps, 'error'),
        array(select coalesce(v, now()) from unnest(t.texts(steps, 'at')::timestamptz[]) v),
        array_fill(1000::bigint, array[json_array_length(steps)]),
        t.texts(steps, 'cpu')::bigint[], t.texts(steps, 'in')::integer[],
        t.texts(steps, 'out')::integer[], '{}', '{}', t.texts(steps, 'bytes')::bigint[],
        t.texts(steps, 'cost')::bigint[], t.texts(steps, 'price')::bigint[], '{}', '{}',
        t.texts(changes, 'customer')::uuid[], t.texts(changes, 'run')::uuid[],
        t.texts(changes, 'status'), t.texts(changes, 'wait_reason'),
        t.texts(changes, 'wake_at')::timestamptz[], t.texts(changes, 'owned')::boolean[],
        t.texts(changes, 'output'), t.texts(changes, 'error'), '{}', '{}',
        t.texts(changes, 'finished_at')::timestamptz[],
        array_fill(3, array[json_array_length(changes)]),
        array_fill(7::bigint, array[json_array_length(changes)]),
        array_fill(8::bigint, array[json_array_length(changes)]),
        array_fill(9::bigint, array[json_array_length(changes)]),
        array_fill(10::bigint, array[json_array_length(changes)]),
        approvals);
end
$$;

-- One new run that the core owns, and one change of it.
create function t.run(n integer, of integer default 1, more json default '{}') returns json
language sql stable as $$
    select (jsonb_build_object('customer', t.customer(of), 'run', t.id(n), 'status', 'running',
        'owned', true) || more::jsonb)::json
$$;

grant execute on all functions in schema t to public;

-- Two customers with a million micro-dollars each.
insert into mb.customers (customer_id, name) values (t.customer(1), 'one'), (t.customer(2), 'two');
insert into mb.balances (customer_id, balance_micros)
values (t.customer(1), 1000000), (t.customer(2), 1000000);
insert into mb.credits (customer_id, credit_id, amount_micros, note)
values (t.customer(1), t.id(1), 1000000, 'test'), (t.customer(2), t.id(2), 1000000, 'test');
insert into mb.packages (customer_id, package_id, name, version, sha256, manifest, files)
select '00000000-0000-0000-0000-000000000000', t.customer(n), 'p' || n, '1', 'x', '{}', '{}'
from generate_series(1, 2) n;
insert into mb.deployments (customer_id, deployment_id, package_owner, package_id, name, tools)
select t.customer(n), t.customer(n), '00000000-0000-0000-0000-000000000000', t.customer(n), 'd', '{}'
from generate_series(1, 2) n;

-- Another session, in this database, as a core: select t.session('b'), then dblink calls.
create function t.session(name text) returns text
language sql security definer as $$
    select dblink_connect(name, 'dbname=' || current_database() || ' user=moonbase_core host='
        || current_setting('unix_socket_directories'))
$$;
