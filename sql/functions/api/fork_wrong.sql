-- A decision is for the run that asked for it. Who takes one over into another run, or gives one there,
-- has to be somebody who may make it: else two forks would be two payments for one approval.
create or replace function api.fork_wrong(customer uuid, run uuid, step integer, is_given boolean,
    key uuid) returns text
language sql stable security invoker set search_path = ''
as $$
    with asked as (
        select s.seq, a.escalate_at, a.escalate_to, coalesce(a.roles, array(
            select json_array_elements_text(case json_typeof(s.args::json -> 'roles')
                when 'array' then s.args::json -> 'roles' else '[]' end))) as roles
        from mb.steps s
        left join mb.approvals a on a.customer_id = s.customer_id and a.run_id = s.run_id
            and a.seq = s.seq
        where s.customer_id = customer and s.run_id = run and s.kind = 1
            and s.tool in ('approve', 'ask')
            and ((s.seq < step and s.state = 2) or (s.seq = step and is_given))
    ), caller as (
        select api.key_roles(customer, key) as roles, exists (
            select from mb.api_keys k
            where k.customer_id = customer and k.key_id = key
                and k.scopes && '{admin,approvals:write}') as may_decide
    )
    select format('the decision in step %s is for %s to make: a fork from there asks for it again',
        asked.seq, case cardinality(asked.roles) when 0 then 'keys with the scope approvals:write'
            else array_to_string(asked.roles, ' or ') end)
    from asked
    cross join caller
    where not (caller.may_decide and (cardinality(asked.roles) = 0 or '*' = any (caller.roles)
        or asked.roles && caller.roles
        or (asked.escalate_at <= now() and asked.escalate_to && caller.roles) is true))
    order by asked.seq
    limit 1
$$;
comment on function api.fork_wrong is
    'Why this caller may not fork the run there; null when it may.';
