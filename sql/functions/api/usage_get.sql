-- Both ends are full hours; what is not grouped by is left out of the rows.
create or replace function api.usage_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    until constant timestamptz := date_trunc('hour', coalesce(api.time_param(params, 'to'), now())
        + interval '1 hour' - interval '1 microsecond', 'UTC');
    since constant timestamptz := date_trunc('hour',
        coalesce(api.time_param(params, 'from'), until - interval '24 hours'), 'UTC');
    grouped constant text[] := array(select json_array_elements_text(
        case when params ->> 'group_by' is null then '[]' else params -> 'group_by' end));
    data json;
    total json;
begin
    if since >= until or until - since > interval '366 days' then
        perform api.fail(400, 'invalid_request',
            '"from" is to be before "to", by 366 days at most', '?from');
    end if;
    perform api.begin_as(customer);
    with rows as (
        select case when 'hour' = any (grouped) then u.hour end as hour,
            case when 'deployment' = any (grouped) then u.deployment_id end as deployment,
            case when 'tool' = any (grouped) then u.tool end as tool,
            sum(u.calls) as calls, sum(u.tokens_in) as tokens_in, sum(u.tokens_out) as tokens_out,
            sum(u.cpu_us) as cpu_us, sum(u.bytes) as bytes, sum(u.price_micros) as cost_micros
        from mb.usage_hourly u
        where u.customer_id = customer and u.hour >= since and u.hour < until
        group by 1, 2, 3
        limit 10001
    )
    select coalesce(json_agg(json_strip_nulls(json_build_object(
            'hour', api.show_time(r.hour), 'deployment_id', api.show_id('dep', r.deployment),
            'tool', r.tool, 'calls', r.calls, 'tokens_in', r.tokens_in,
            'tokens_out', r.tokens_out, 'cpu_us', r.cpu_us, 'bytes', r.bytes,
            'cost_micros', r.cost_micros)) order by r.hour, r.deployment, r.tool), '[]'),
        json_build_object('calls', coalesce(sum(r.calls), 0),
            'tokens_in', coalesce(sum(r.tokens_in), 0),
            'tokens_out', coalesce(sum(r.tokens_out), 0), 'cpu_us', coalesce(sum(r.cpu_us), 0),
            'bytes', coalesce(sum(r.bytes), 0), 'cost_micros', coalesce(sum(r.cost_micros), 0))
    into data, total
    from rows r;
    if json_array_length(data) > 10000 then
        perform api.fail(400, 'invalid_request',
            'this is more than 10000 rows: ask for less time, or group by less', '?group_by');
    end if;
    return json_build_object('status', 200, 'body', json_build_object(
        'from', api.show_time(since), 'to', api.show_time(until), 'data', data, 'total', total));
end
$$;
comment on function api.usage_get is 'GET /v1/usage';
