create or replace function api.run_decide(customer uuid, params json, decision json, by_ text)
returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    outcome text;
begin
    outcome := engine.decide(customer, (params ->> 'run_id')::uuid, (params ->> 'seq')::integer,
        decision, by_);
    if outcome = 'not_found' then
        perform api.fail(404, 'not_found', 'this step does not wait for a decision');
    elsif outcome <> 'decided' then
        perform api.fail(409, 'conflict', 'this was decided already, or it is too late');
    end if;
    return json_build_object('status', 200, 'body',
        api.run_json(api.run_find(customer, params)));
end
$$;
comment on function api.run_decide is 'Records a decision about a waiting step, or refuses it.';
