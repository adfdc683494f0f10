create or replace function api.document_delete(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    outcome json;
begin
    perform api.begin_as(customer);
    outcome := engine.memory_delete(customer, null, json_build_object(
        'collection', params -> 'collection', 'ids', json_build_array(params -> 'document_id')));
    if (outcome ->> 'deleted')::integer = 0 then
        perform api.fail(404, 'not_found', 'there is no such document');
    end if;
    return json_build_object('status', 204);
end
$$;
comment on function api.document_delete is
    'DELETE /v1/knowledge/{collection}/documents/{document_id}';
