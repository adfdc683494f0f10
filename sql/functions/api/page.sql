-- `items` has one more than `size` when there is a next page; `cursors` are those of the items.
create or replace function api.page(items json[], cursors text[], size integer) returns json
language sql immutable security invoker set search_path = ''
as $$
    select json_build_object('status', 200, 'body', json_build_object(
        'data', coalesce(array_to_json(items[1:size]), '[]'),
        'next_cursor', case when cardinality(items) > size then cursors[size] end))
$$;
comment on function api.page is 'The answer of a list: one page and the cursor of the next.';
