-- All documents or none. Of two with the same id the later one counts.
create or replace function engine.memory_upsert(p_customer uuid, p_deployment uuid, args json)
returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    into_collection constant text := args ->> 'collection';
    grown bigint;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    perform engine.lock_storage(p_customer);
    with given as (
        select distinct on (d.value ->> 'id') d.value ->> 'id' as id,
            coalesce(d.value ->> 'title', '') as title, d.value ->> 'body' as body,
            coalesce(d.value -> 'metadata', '{}') as metadata
        from json_array_elements(args -> 'documents') with ordinality as d (value, position)
        order by d.value ->> 'id', d.position desc
    ), before as (
        select coalesce(sum(m.bytes), 0) as bytes
        from mb.documents m
        where m.customer_id = p_customer and m.collection = into_collection
            and m.document_id in (select g.id from given g)
    ), written as (
        insert into mb.documents (customer_id, collection, document_id, title, body, metadata,
            bytes)
        select p_customer, into_collection, g.id, g.title, g.body, g.metadata,
            octet_length(g.id) + octet_length(g.title) + octet_length(g.body)
                + octet_length(g.metadata::text)
        from given g
        order by g.id
        on conflict (customer_id, collection, document_id) do update
        set title = excluded.title, body = excluded.body, metadata = excluded.metadata,
            bytes = excluded.bytes, updated_at = now()
        returning bytes
    )
    select coalesce(sum(w.bytes), 0) - (select b.bytes from before b) into grown from written w;
    perform engine.add_storage(p_customer, grown);
    return json_build_object('upserted', json_array_length(args -> 'documents'));
exception when program_limit_exceeded then
    raise exception using errcode = 'MB422', detail = 'invalid_arguments', hint = '/documents',
        message = 'a document has too many different words';
end
$$;
comment on function engine.memory_upsert is
    'The tool memory.upsert: {collection, documents: [{id, title?, body, metadata?}]} to {upserted}.';
