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

-- engine.write_batch with rows as JSON objects: {"customer", "run", ...}; what is left out is null, or
-- what a plain row has. Usage and charges are the sums of the steps, as a core makes them.
create function t.flush(fence bigint, no bigint, runs json default '[]', steps json default '[]',
    changes json default '[]', questions json default null) returns boolean
language sql as $$
    with step as (
        select (s ->> 'customer')::uuid as customer, (s ->> 'run')::uuid as run,
            (s ->> 'seq')::integer as seq, coalesce((s ->> 'kind')::smallint, 1::smallint) as kind,
            coalesce((s ->> 'state')::smallint, 2::smallint) as state,
            coalesce((s ->> 'completes')::boolean, false) as completes,
            coalesce(s ->> 'tool', 'tool') as tool, s ->> 'args' as args, s ->> 'result' as result,
            s ->> 'error' as error, coalesce((s ->> 'at')::timestamptz, now()) as at,
            coalesce((s ->> 'cpu')::bigint, 0) as cpu, coalesce((s ->> 'in')::integer, 0) as t_in,
            coalesce((s ->> 'out')::integer, 0) as t_out,
            coalesce((s ->> 'bytes')::bigint, 0) as bytes,
            coalesce((s ->> 'cost')::bigint, 0) as cost,
            coalesce((s ->> 'price')::bigint, 0) as price
        from json_array_elements(steps) s
    ), done as (
        select * from step where state = 2 and kind in (1, 4)
    )
    select engine.write_batch(fence, no,
        array(select row((r ->> 'customer')::uuid, (r ->> 'run')::uuid, (r ->> 'customer')::uuid,
                '00000000-0000-0000-0000-000000000000'::uuid, (r ->> 'customer')::uuid,
                (r ->> 'parent')::uuid, r ->> 'status', r ->> 'wait_reason',
                (r ->> 'wake_at')::timestamptz, (r ->> 'owned')::boolean, '{"a": 1}', r ->> 'output',
                r ->> 'error', coalesce(r ->> 'limits', '{}'), 'seed'::bytea, false, now(), null::timestamptz,
                (r ->> 'finished_at')::timestamptz, 0, 0::bigint, 0::bigint, 0::bigint,
                0::bigint, (r ->> 'config_revision')::integer)::mb.batch_run
            from json_array_elements(runs) r),
        array(select row(s.customer, s.run, s.seq, s.kind, s.state, s.completes, 'key'::bytea, s.tool,
                s.args, s.result, s.error, s.at, 1000::bigint, s.cpu, s.t_in, s.t_out, 0, 0, s.bytes,
                s.cost, s.price, null::text, null::text)::mb.batch_step
            from step s),
        array(select row((c ->> 'customer')::uuid, (c ->> 'run')::uuid, c ->> 'status',
                c ->> 'wait_reason', (c ->> 'wake_at')::timestamptz, (c ->> 'owned')::boolean,
                c ->> 'output', c ->> 'error', false, null::timestamptz,
                (c ->> 'finished_at')::timestamptz, 3, 7::bigint, 8::bigint, 9::bigint,
                10::bigint)::mb.batch_change
            from json_array_elements(changes) c),
        array(select row(d.customer, date_bin('1 hour', d.at, '2000-01-01 00:00:00+00'), d.customer,
                d.tool, count(*), sum(d.t_in), sum(d.t_out), sum(d.cpu), sum(d.bytes), sum(d.cost),
                sum(d.price))::mb.batch_usage
            from done d
            group by d.customer, date_bin('1 hour', d.at, '2000-01-01 00:00:00+00'), d.tool
            order by 1),
        array(select row(d.customer, sum(d.price))::mb.batch_charge from done d group by d.customer),
        questions,
        exists (select from step s where s.completes),
        exists (select from json_array_elements(runs) r
            where r ->> 'status' in ('queued', 'waiting') or r ->> 'parent' is not null)
            or exists (select from json_array_elements(changes) c where c ->> 'family' is not null))
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
