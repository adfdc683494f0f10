create or replace function api.agents_check(customer uuid, agents json) returns void
language plpgsql stable security invoker set search_path = ''
as $$
declare
    wrong text;
begin
    if agents is null or json_typeof(agents) <> 'object' then
        return;
    end if;
    select a.key into wrong
    from json_each_text(agents) a
    where a.value is not null and not exists (
        select from mb.deployments d
        where d.customer_id = customer and d.deployment_id = substr(a.value, 5)::uuid
            and d.deleted_at is null)
    order by a.key
    limit 1;
    if wrong is not null then
        perform api.fail(404, 'not_found', 'there is no such deployment', '/agents/' || wrong);
    end if;
end
$$;
comment on function api.agents_check is
    'Refuses a deployment whose child runs would be of deployments that are not there.';
