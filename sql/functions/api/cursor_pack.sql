create or replace function api.cursor_pack(variadic parts text[]) returns text
language sql immutable security invoker set search_path = ''
as $$
    select translate(encode(convert_to(array_to_json(parts)::text, 'UTF8'), 'base64'),
        E'+/=\n', '-_')
$$;
comment on function api.cursor_pack is 'A place in a list as an opaque text (base64url of JSON).';
