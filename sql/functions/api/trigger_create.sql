-- The core has checked the schedule and computed next_at, and has sealed the secret.
create or replace function api.trigger_create(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    body constant json := request -> 'body';
    most constant integer := 1000;
    deployment mb.deployments;
    trigger_ mb.triggers;
begin
    perform api.begin_as(customer);
    -- One after the other for a customer, so that the count holds.
    perform pg_advisory_xact_lock(hashtextextended('mb.triggers ' || customer, 0));
    select d.* into deployment
    from mb.deployments d
    where d.customer_id = customer and d.deployment_id = (request ->> 'deployment_id')::uuid
        and d.deleted_at is null
    for key share;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such deployment', '/deployment_id');
    end if;
    if (select count(*) from mb.triggers t where t.customer_id = customer) >= most then
        perform api.fail(409, 'conflict', format('there are %s triggers, the most', most));
    end if;
    insert into mb.triggers (customer_id, trigger_id, deployment_id, name, kind, is_enabled, input,
        schedule, timezone, catch_up, next_at, scheme, sealed, headers)
    values (customer, (request ->> 'id')::uuid, deployment.deployment_id,
        coalesce(body ->> 'name', body ->> 'kind'), body ->> 'kind',
        coalesce((body ->> 'enabled')::boolean, true), coalesce((body -> 'input')::text, 'null'),
        body ->> 'schedule', coalesce(body ->> 'timezone', 'UTC'),
        coalesce(body ->> 'catch_up', 'one'),
        engine.time_of((request ->> 'next_us')::bigint), request ->> 'scheme',
        request ->> 'sealed',
        array(select json_array_elements_text(case json_typeof(body -> 'headers') when 'array'
            then body -> 'headers' else '[]' end)))
    on conflict (customer_id, deployment_id, name) do nothing
    returning * into trigger_;
    if not found then
        perform api.fail(409, 'exists', format('the deployment has a trigger "%s"',
            coalesce(body ->> 'name', body ->> 'kind')), '/name');
    end if;
    return json_build_object(
        'status', 201,
        'headers', json_build_object('location',
            '/v1/triggers/' || api.show_id('trg', trigger_.trigger_id)),
        'body', api.trigger_json(trigger_));
end
$$;
comment on function api.trigger_create is 'POST /v1/triggers';
