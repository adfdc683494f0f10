create or replace function api.show_id(prefix text, id uuid) returns text
language sql immutable security invoker set search_path = ''
as $$
    select prefix || '_' || replace(id::text, '-', '')
$$;
comment on function api.show_id is 'An id as customers see it: its type and 32 hex digits.';
