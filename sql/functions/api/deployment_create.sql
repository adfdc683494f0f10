-- The core has held it to the package's manifest and sealed the secrets.
create or replace function api.deployment_create(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    deployment mb.deployments;
begin
    perform api.begin_as(customer);
    insert into mb.secrets (customer_id, name, sealed)
    select customer, s.key, s.value
    from json_each_text(request -> 'secrets') s
    order by s.key
    on conflict (customer_id, name) do update set sealed = excluded.sealed, updated_at = now();
    if found then
        perform pg_notify('mb_changed', 'customer ' || customer);
    end if;
    perform api.agents_check(customer, request -> 'agents');
    insert into mb.deployments (customer_id, deployment_id, package_owner, package_id, name, config,
        tools, limits, budget_micros, agents)
    select customer, (request ->> 'id')::uuid, p.customer_id, p.package_id,
        coalesce(request ->> 'name', p.name), request -> 'config',
        array(select json_array_elements_text(case json_typeof(request -> 'tools')
            when 'array' then request -> 'tools' else '[]' end)),
        case json_typeof(request -> 'limits') when 'object' then request -> 'limits' else '{}' end,
        (request ->> 'budget_micros')::bigint,
        case json_typeof(request -> 'agents') when 'object' then request -> 'agents' end
    from mb.packages p
    where p.customer_id = (request ->> 'package_owner')::uuid
        and p.package_id = (request ->> 'package_id')::uuid
    returning * into strict deployment;
    return json_build_object(
        'status', 201,
        'headers', json_build_object('location',
            '/v1/deployments/' || api.show_id('dep', deployment.deployment_id)),
        'body', api.deployment_json(deployment));
end
$$;
comment on function api.deployment_create is 'POST /v1/deployments';
