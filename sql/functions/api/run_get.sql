create or replace function api.run_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    run mb.runs;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, request -> 'params');
    return json_build_object('status', 200, 'body',
        api.json_with(api.run_json(run), 'input', run.input::json));
end
$$;
comment on function api.run_get is 'GET /v1/runs/{run_id}';
