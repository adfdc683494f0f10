-- For a run that the asking core does not execute.
create or replace function api.run_cancel(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    outcome text;
begin
    perform api.begin_as(customer);
    outcome := engine.cancel(customer, (params ->> 'run_id')::uuid);
    if outcome = 'not_found' then
        perform api.fail(404, 'not_found', 'there is no such run');
    elsif outcome not in ('cancelled', 'cancelling') then
        perform api.fail(409, 'conflict', format('the run has ended already: %s', outcome));
    end if;
    return json_build_object(
        'status', case outcome when 'cancelled' then 200 else 202 end,
        'body', api.run_json(api.run_find(customer, params)));
end
$$;
comment on function api.run_cancel is 'POST /v1/runs/{run_id}/cancel';
