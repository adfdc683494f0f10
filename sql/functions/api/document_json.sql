create or replace function api.document_json(document mb.documents) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_build_object('id', document.document_id, 'collection', document.collection,
        'title', document.title, 'metadata', document.metadata, 'bytes', document.bytes,
        'updated_at', api.show_time(document.updated_at))
$$;
comment on function api.document_json is 'A document as lists show it, without its body.';
