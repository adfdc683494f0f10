create or replace function api.trigger_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
begin
    perform api.begin_as(customer);
    return json_build_object('status', 200,
        'body', api.trigger_json(api.trigger_find(customer, request -> 'params')));
end
$$;
comment on function api.trigger_get is 'GET /v1/triggers/{trigger_id}';
