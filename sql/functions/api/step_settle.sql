create or replace function api.step_settle(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    body constant json := request -> 'body';
    step constant integer := params ->> 'seq';
    run mb.runs;
    is_question boolean;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    is_question := api.step_is_question(customer, run.run_id, step);
    if is_question is null then
        perform api.fail(404, 'not_found', 'there is no such step');
    elsif is_question or not exists (
        select from mb.approvals a
        where a.customer_id = customer and a.run_id = run.run_id and a.seq = step
    ) then
        perform api.fail(409, 'conflict', 'it is not uncertain whether this step took effect');
    end if;
    return api.run_decide(customer, params,
        json_build_object('happened', body -> 'happened', 'result', body -> 'result'),
        api.show_id('key', (request -> 'caller' ->> 'key_id')::uuid));
end
$$;
comment on function api.step_settle is 'POST /v1/runs/{run_id}/steps/{seq}/settle';
