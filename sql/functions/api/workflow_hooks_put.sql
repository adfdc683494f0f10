-- The core has sealed the secrets for their triggers.
create or replace function api.workflow_hooks_put(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
begin
    perform api.begin_as(customer);
    update mb.triggers t
    set sealed = h.v ->> 'sealed', updated_at = now()
    from json_array_elements(request -> 'hooks') h (v)
    where t.customer_id = customer and t.trigger_id = (h.v ->> 'trigger_id')::uuid;
    return json_build_object('status', 200, 'body', '{}'::json);
end
$$;
comment on function api.workflow_hooks_put is
    'For POST /v1/workflows/{workflow_id}/publish: gives webhooks their secrets.';
