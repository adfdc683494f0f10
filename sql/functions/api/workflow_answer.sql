create or replace function api.workflow_answer(status integer, workflow mb.workflows) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_build_object(
        'status', status,
        'headers', json_build_object('etag', '"' || workflow.revision || '"',
            'location', '/v1/workflows/' || api.show_id('wf', workflow.workflow_id)),
        'body', api.workflow_json(workflow))
$$;
comment on function api.workflow_answer is 'What an operation that changes a workflow answers.';
