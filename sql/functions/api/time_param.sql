create or replace function api.time_param(params json, name text) returns timestamptz
language plpgsql stable security invoker set search_path = ''
as $$
begin
    return (params ->> name)::timestamptz;
exception when invalid_datetime_format or datetime_field_overflow
        or invalid_time_zone_displacement_value then
    perform api.fail(400, 'invalid_request', format('the parameter "%s" is not a time', name),
        '?' || name);
    return null;
end
$$;
comment on function api.time_param is 'A parameter that is a time; null when it is not given.';
