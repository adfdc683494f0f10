-- The triggers of a deployment that was made from a workflow, all of them: those that are named here
-- are made or changed (a name that is there keeps its id, its secret and its past), those of the same
-- kind of origin that are not are deleted; triggers made by hand stay. p_triggers is
--   [{"name", "kind", "input"?, "is_enabled"?, "schedule"?, "timezone"?, "catch_up"?,
--     "scheme"?, "sealed"?, "headers"?}]
-- with schedules that were checked (mb_cron_parse, mb_tz_load); a core computes when they are due. A
-- webhook without "sealed" takes no deliveries until it is given a secret. Call it as the customer,
-- or as a function of engine.
create or replace function engine.put_triggers(p_customer uuid, p_deployment uuid, p_triggers json)
returns setof mb.triggers
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from mb.triggers t
    where t.customer_id = p_customer and t.deployment_id = p_deployment and t.is_managed
        and not exists (
            select from json_array_elements(p_triggers) j
            where j ->> 'name' = t.name and j ->> 'kind' = t.kind);
    return query
    insert into mb.triggers as t (customer_id, trigger_id, deployment_id, name, kind, is_enabled,
        is_managed, input, schedule, timezone, catch_up, scheme, sealed, headers)
    select p_customer, engine.new_id(), p_deployment, j ->> 'name', j ->> 'kind',
        coalesce((j ->> 'is_enabled')::boolean, true), true, coalesce((j -> 'input')::text, 'null'),
        j ->> 'schedule', coalesce(j ->> 'timezone', 'UTC'), coalesce(j ->> 'catch_up', 'one'),
        case j ->> 'kind' when 'webhook' then coalesce(j ->> 'scheme', 'moonbase') end,
        j ->> 'sealed',
        array(select json_array_elements_text(
            case json_typeof(j -> 'headers') when 'array' then j -> 'headers' else '[]' end))
    from json_array_elements(p_triggers) j
    on conflict (customer_id, deployment_id, name) do update
    set kind = excluded.kind, is_enabled = excluded.is_enabled, is_managed = true,
        input = excluded.input, schedule = excluded.schedule, timezone = excluded.timezone,
        catch_up = excluded.catch_up, scheme = excluded.scheme,
        sealed = coalesce(excluded.sealed, t.sealed), headers = excluded.headers,
        updated_at = now(),
        next_at = case when (t.schedule, t.timezone, t.is_enabled)
            is not distinct from (excluded.schedule, excluded.timezone, excluded.is_enabled)
            then t.next_at end
    returning t.*;
end
$$;
comment on function engine.put_triggers is
    'Makes, changes and deletes the triggers that a deployment''s workflow names.';
