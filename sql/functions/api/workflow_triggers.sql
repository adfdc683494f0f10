-- A schedule's input is what is drawn, a delivery's is its body (core/run/trigger.h). A webhook gets
-- its secret afterwards (api.workflow_hooks); without it it takes no deliveries.
create or replace function api.workflow_triggers(document json) returns json
language sql immutable security invoker set search_path = ''
as $$
    select coalesce(json_agg(json_build_object(
        'name', n.v ->> 'id',
        'kind', n.v -> 'params' ->> 'kind',
        'schedule', n.v -> 'params' ->> 'schedule',
        'input', case n.v -> 'params' ->> 'kind' when 'cron'
            then json_build_array(coalesce(n.v -> 'params' -> 'input', '{}'))
            else '"{{body}}"' end)), '[]')
    from json_array_elements(document -> 'nodes') n (v)
    where n.v ->> 'type' = 'trigger' and n.v -> 'params' ->> 'kind' in ('cron', 'webhook')
$$;
comment on function api.workflow_triggers is
    'The triggers that a compiled document draws, as engine.put_triggers takes them.';
