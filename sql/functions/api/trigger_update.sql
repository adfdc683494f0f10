-- What is not given stays. The core has computed next_us for the schedule, time zone and state as they
-- come out here; should another change have come between, it is computed later.
create or replace function api.trigger_update(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    body constant json := request -> 'body';
    trigger_ mb.triggers;
begin
    perform api.begin_as(customer);
    trigger_ := api.trigger_find(customer, request -> 'params');
    if (body ->> 'enabled')::boolean and not exists (
        select from mb.deployments d
        where d.customer_id = customer and d.deployment_id = trigger_.deployment_id
            and d.deleted_at is null
    ) then
        perform api.fail(409, 'conflict', 'the trigger''s deployment is deleted', '/enabled');
    end if;
    begin
        update mb.triggers t
        set name = coalesce(body ->> 'name', t.name),
            is_enabled = coalesce((body ->> 'enabled')::boolean, t.is_enabled),
            input = coalesce((body -> 'input')::text, t.input),
            schedule = coalesce(body ->> 'schedule', t.schedule),
            timezone = coalesce(body ->> 'timezone', t.timezone),
            catch_up = coalesce(body ->> 'catch_up', t.catch_up),
            scheme = coalesce(body ->> 'scheme', t.scheme),
            sealed = coalesce(request ->> 'sealed', t.sealed),
            headers = case json_typeof(body -> 'headers') when 'array'
                then array(select json_array_elements_text(body -> 'headers')) else t.headers end,
            last_error = case when body -> 'enabled' is null and body -> 'schedule' is null
                and body -> 'timezone' is null then t.last_error end,
            next_at = case
                when t.kind <> 'cron' or not coalesce((body ->> 'enabled')::boolean, t.is_enabled)
                    then null
                when body -> 'enabled' is null and body -> 'schedule' is null
                    and body -> 'timezone' is null then t.next_at
                when coalesce(body ->> 'schedule', t.schedule) = request ->> 'schedule'
                    and coalesce(body ->> 'timezone', t.timezone) = request ->> 'timezone'
                    then engine.time_of((request ->> 'next_us')::bigint)
                end,
            updated_at = now()
        where t.customer_id = customer and t.trigger_id = trigger_.trigger_id
        returning * into trigger_;
    exception when unique_violation then
        perform api.fail(409, 'exists', format('the deployment has a trigger "%s"',
            body ->> 'name'), '/name');
    end;
    return json_build_object('status', 200, 'body', api.trigger_json(trigger_));
end
$$;
comment on function api.trigger_update is 'PATCH /v1/triggers/{trigger_id}';
