create or replace function engine.time_of(unix_us bigint) returns timestamptz
language sql immutable security invoker set search_path = ''
as $$
    select timestamptz '1970-01-01 00:00:00+00' + unix_us * interval '1 microsecond'
$$;
comment on function engine.time_of is 'The time of Unix microseconds; null of null.';
