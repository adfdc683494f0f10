create or replace function api.show_time(at timestamptz) returns text
language sql stable security invoker set search_path = ''
as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function api.show_time is 'A time as customers see it: RFC 3339, UTC, microseconds.';
