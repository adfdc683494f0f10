create or replace function api.step_settle(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    body constant json := request -> 'body';
    run mb.runs;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    perform from mb.steps s
    where s.customer_id = customer and s.run_id = run.run_id
        and s.seq = (params ->> 'seq')::integer and s.kind = 1;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such step');
    elsif run.status <> 'waiting' or run.wait_reason is distinct from 'effect_uncertain' then
        perform api.fail(409, 'conflict', 'the run does not wait for this');
    end if;
    return api.run_decide(customer, params,
        json_build_object('happened', body -> 'happened', 'result', body -> 'result'),
        api.show_id('key', (request -> 'caller' ->> 'key_id')::uuid));
end
$$;
comment on function api.step_settle is 'POST /v1/runs/{run_id}/steps/{seq}/settle';
