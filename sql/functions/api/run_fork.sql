-- The core has held a new input to the package's schema.
create or replace function api.run_fork(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    body constant json := request -> 'body';
    step constant integer := body ->> 'from_step';
    fork constant uuid := engine.new_id();
    outcome text;
    wrong text;
begin
    perform api.begin_as(customer);
    if body -> 'result' is not null and body -> 'error' is not null then
        perform api.fail(400, 'invalid_request', 'a step has a result or an error, not both',
            '/error');
    end if;
    wrong := api.fork_wrong(customer, (params ->> 'run_id')::uuid, step,
        body -> 'result' is not null or body -> 'error' is not null,
        (request -> 'caller' ->> 'key_id')::uuid);
    if wrong is not null then
        perform api.fail(403, 'forbidden', wrong, '/from_step');
    end if;
    outcome := engine.fork_run(customer, (params ->> 'run_id')::uuid, fork, step,
        (body -> 'result')::text, (body -> 'error')::text, (body -> 'input')::text);
    if outcome = 'not_found' then
        perform api.fail(404, 'not_found', 'there is no such run');
    elsif outcome = 'running' then
        perform api.fail(409, 'conflict', 'the run is being executed: wait for it, or cancel it');
    elsif outcome = 'no_deployment' then
        perform api.fail(409, 'conflict', 'the deployment of the run was deleted');
    elsif outcome = 'no_step' then
        perform api.fail(422, 'no_such_step', format('step %s is no call of the run%s', step,
            (select case count(*) when 0 then ', which made none'
                    else format(', whose calls are the steps %s to %s', min(s.seq), max(s.seq)) end
                from mb.steps s
                where s.customer_id = customer and s.run_id = (params ->> 'run_id')::uuid
                    and s.kind = 1)), '/from_step');
    end if;
    return json_build_object('status', 202,
        'headers', json_build_object('location', '/v1/runs/' || api.show_id('run', fork)),
        'body', api.run_json(api.run_find(customer, json_build_object('run_id', fork))));
end
$$;
comment on function api.run_fork is 'POST /v1/runs/{run_id}/fork';
