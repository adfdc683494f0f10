-- What a workflow may start: {name: {"input", "output"}} of the customer's deployments and published
-- workflows. The schemas of those that the document names; the other names help with misspelt ones.
create or replace function api.workflows_known(customer uuid, document json) returns json
language sql stable security invoker set search_path = ''
as $$
    with named as (
        select n.v -> 'params' ->> 'workflow' as name
        from json_array_elements(case json_typeof(document -> 'nodes') when 'array'
            then document -> 'nodes' else '[]' end) n (v)
        where json_typeof(n.v) = 'object' and n.v ->> 'type' = 'subworkflow'
            and json_typeof(n.v -> 'params') = 'object'
    ), there as (
        select d.name, p.manifest, 1 as rank, d.deployment_id as id
        from mb.deployments d
        join mb.packages p on p.customer_id = d.package_owner and p.package_id = d.package_id
        where d.customer_id = customer and d.deleted_at is null
        union all
        select v.name, p.manifest, 2, p.package_id
        from mb.workflows w
        join mb.workflow_versions v on v.customer_id = w.customer_id
            and v.workflow_id = w.workflow_id and v.version = w.published
        join mb.packages p on p.customer_id = v.customer_id and p.package_id = v.package_id
        where w.customer_id = customer and w.deleted_at is null
    ), first as (
        select distinct on (t.name) t.name, t.manifest, t.name in (select name from named) as is_named
        from there t
        order by t.name, t.rank, t.id desc
    ), few as (
        select * from first order by is_named desc, name limit 500
    )
    select coalesce(json_object_agg(s.name, case when s.is_named then json_build_object(
        'input', coalesce(s.manifest -> 'input', 'true'),
        'output', coalesce(s.manifest -> 'output', 'true')) else '{}' end), '{}')
    from few s
$$;
comment on function api.workflows_known is 'For the compiler: what sub-workflow nodes may name.';
