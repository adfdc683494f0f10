create or replace function api.workflow_version_json(version mb.workflow_versions) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_build_object(
        'workflow_id', api.show_id('wf', version.workflow_id),
        'version', version.version,
        'package', json_build_object('id', api.show_id('pkg', p.package_id), 'name', p.name,
            'version', p.version),
        'cost', version.cost,
        'note', version.note,
        'published_at', api.show_time(version.published_at),
        'published_by', api.show_id('key', version.published_by))
    from mb.packages p
    where p.customer_id = version.customer_id and p.package_id = version.package_id
$$;
comment on function api.workflow_version_json is 'A published version as lists show it.';
