-- Texts are put together, so that the value stays as it came: jsonb would reorder its members.
create or replace function api.json_with(object json, name text, value json) returns json
language sql immutable security invoker set search_path = ''
as $$
    select (left(object::text, -1) || ', ' || to_json(name)::text || ': '
        || coalesce(value::text, 'null') || '}')::json
$$;
comment on function api.json_with is
    'An object of json_build_object, which has members, with one more at its end.';
