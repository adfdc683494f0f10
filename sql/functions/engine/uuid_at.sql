create or replace function engine.uuid_at(at timestamptz) returns uuid
language sql immutable security invoker set search_path = ''
as $$
    select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0')
        || '00000000000000000000')::uuid
$$;
comment on function engine.uuid_at is 'The smallest UUIDv7 of a moment, as a bound for ids.';
