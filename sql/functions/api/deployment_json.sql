create or replace function api.deployment_json(deployment mb.deployments) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_build_object(
        'id', api.show_id('dep', deployment.deployment_id),
        'name', deployment.name,
        'package', json_build_object('id', api.show_id('pkg', p.package_id), 'name', p.name,
            'version', p.version),
        'config', deployment.config,
        'tools', deployment.tools,
        'agents', deployment.agents,
        'limits', deployment.limits,
        'budget_micros', deployment.budget_micros,
        'created_at', api.show_time(deployment.created_at))
    from mb.packages p
    where p.customer_id = deployment.package_owner and p.package_id = deployment.package_id
$$;
comment on function api.deployment_json is 'A deployment as customers see it.';
