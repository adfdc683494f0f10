-- engine.flush, the batch as arrays of columns: does the same as engine.write_batch.
begin;
create function t.texts(list json, key text) returns text[]
language sql immutable as $$
    select coalesce(array_agg(e.v ->> key order by e.n), '{}')
    from json_array_elements(list) with ordinality as e (v, n)
$$;

-- engine.flush with rows as JSON objects: {"customer", "run", ...}; what is left out is null, or
-- what a plain row has.
create function t.flush_arrays(fence bigint, no bigint, runs json default '[]', steps json default '[]',
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

set role moonbase_core;
select engine.core_start('here', 1) as fence \gset
select t.ok(t.flush_arrays(:fence, 1, json_build_array(t.run(1)), json_build_array(
    json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 0, 'price', 45, 'in', 7),
    json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', 1, 'state', 1, 'price', 9)),
    json_build_array(json_build_object('customer', t.customer(1), 'run', t.id(1),
        'status', 'waiting', 'wait_reason', 'timer'))), 'applies_a_batch');
select t.ok(not t.flush_arrays(:fence, 1), 'once');
select t.throws(format('select t.flush_arrays(%s, 3)', :fence), 'MBSEQ', 'in_sequence');
select t.throws('select t.flush_arrays(999, 1)', 'MBFEN', 'by_a_core_that_lives');
select t.ok(t.flush_arrays(:fence, 2, '[]', json_build_array(json_build_object('customer',
    t.customer(1), 'run', t.id(1), 'seq', 1, 'completes', true, 'price', 9))), 'completes_an_intent');
reset role;
select t.is((select row(status, wait_reason, fence)::text from mb.runs), '(waiting,timer,)', 'parks');
select t.is((select sum(price_micros) from mb.usage_hourly), 54::numeric, 'counts');
select t.is((select count(*) from engine.audit()), 0::bigint, 'charges');
rollback;
