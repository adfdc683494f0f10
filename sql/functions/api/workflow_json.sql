create or replace function api.workflow_json(workflow mb.workflows) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_build_object(
        'id', api.show_id('wf', workflow.workflow_id),
        'name', workflow.name,
        'title', workflow.title,
        'revision', workflow.revision,
        'published_version', nullif(workflow.published, 0),
        'created_at', api.show_time(workflow.created_at),
        'updated_at', api.show_time(workflow.updated_at),
        'updated_by', api.show_id('key', workflow.updated_by))
$$;
comment on function api.workflow_json is 'A workflow as lists show it.';
