create or replace function api.run_pins_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    run mb.runs;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, request -> 'params');
    return json_build_object('status', 200, 'body', json_build_object(
        'deployment_id', run.deployment_id,
        'package_owner', run.package_owner,
        'package_id', run.package_id,
        'package_name', (select p.name from mb.packages p
            where p.customer_id = run.package_owner and p.package_id = run.package_id),
        'config_revision', coalesce(run.config_revision, 0)));
end
$$;
comment on function api.run_pins_get is
    'For forks and replays: what the run was begun with.';
