create or replace function api.workflow_hooks(customer uuid, deployment uuid, document json)
returns json
language sql stable security invoker set search_path = ''
as $$
    select json_agg(json_build_object('trigger_id', t.trigger_id, 'name', s.name,
        'sealed', s.sealed))
    from json_array_elements(document -> 'nodes') n (v)
    join mb.triggers t on t.customer_id = customer and t.deployment_id = deployment
        and t.name = n.v ->> 'id' and t.kind = 'webhook' and t.is_managed
    join mb.secrets s on s.customer_id = customer and s.name = n.v -> 'params' ->> 'secret'
    where n.v ->> 'type' = 'trigger'
$$;
comment on function api.workflow_hooks is
    'The webhooks that a document draws whose secrets are there; null when there are none.';
