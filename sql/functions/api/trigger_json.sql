create or replace function api.trigger_json(trigger_ mb.triggers) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_build_object(
        'id', api.show_id('trg', trigger_.trigger_id),
        'deployment_id', api.show_id('dep', trigger_.deployment_id),
        'name', trigger_.name,
        'kind', trigger_.kind,
        'enabled', trigger_.is_enabled,
        'managed', trigger_.is_managed,
        'input', trigger_.input::json,
        'schedule', trigger_.schedule,
        'timezone', case trigger_.kind when 'cron' then trigger_.timezone end,
        'catch_up', case trigger_.kind when 'cron' then trigger_.catch_up end,
        'next_at', api.show_time(trigger_.next_at),
        'scheme', trigger_.scheme,
        'headers', case trigger_.kind when 'webhook' then trigger_.headers end,
        'has_secret', case trigger_.kind when 'webhook' then trigger_.sealed is not null end,
        'path', case trigger_.kind when 'webhook'
            then '/v1/hooks/' || api.show_id('trg', trigger_.trigger_id) end,
        'last_at', api.show_time(trigger_.last_at),
        'last_run_id', api.show_id('run', trigger_.last_run_id),
        'last_error', trigger_.last_error::json,
        'created_at', api.show_time(trigger_.created_at),
        'updated_at', api.show_time(trigger_.updated_at))
$$;
comment on function api.trigger_json is 'A trigger as customers see it: never its secret.';
