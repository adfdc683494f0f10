-- Run ids begin with the time: the range of creation bounds the ids too, and so the partitions.
create or replace function api.runs_list(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    since constant timestamptz := api.time_param(params, 'created_from');
    until constant timestamptz := api.time_param(params, 'created_to');
    deployment constant uuid := params ->> 'deployment';
    parent constant uuid := params ->> 'parent';
    statuses constant text[] := case when params ->> 'status' is not null
        then array(select json_array_elements_text(params -> 'status')) end;
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.run_json(r)), array_agg(api.cursor_pack(r.run_id::text))
    into items, cursors
    from (
        select r.*
        from mb.runs r
        where r.customer_id = customer
            and (after is null or r.run_id < after)
            and (deployment is null or r.deployment_id = deployment)
            and (parent is null or r.parent_run_id = parent)
            and (statuses is null or r.status = any (statuses))
            and (since is null or (r.created_at >= since
                and r.run_id >= engine.uuid_at(greatest(since - interval '1 second', 'epoch'))))
            and (until is null or (r.created_at < until
                and r.run_id < engine.uuid_at(greatest(until + interval '1 second', 'epoch'))))
        order by r.run_id desc
        limit size + 1
    ) r;
    return api.page(items, cursors, size);
end
$$;
comment on function api.runs_list is 'GET /v1/runs';
