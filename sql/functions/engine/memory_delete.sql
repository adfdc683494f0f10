create or replace function engine.memory_delete(p_customer uuid, p_deployment uuid, args json)
returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    gone record;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    perform engine.lock_storage(p_customer);
    with deleted as (
        delete from mb.documents m
        where m.customer_id = p_customer and m.collection = args ->> 'collection'
            and m.document_id in (select json_array_elements_text(args -> 'ids'))
        returning m.bytes
    )
    select count(*) as documents, coalesce(sum(d.bytes), 0) as bytes into gone from deleted d;
    perform engine.add_storage(p_customer, -gone.bytes);
    return json_build_object('deleted', gone.documents);
end
$$;
comment on function engine.memory_delete is
    'The tool memory.delete: {collection, ids} to {deleted}.';
