-- Ends the statement; the core answers with this status. `pointer` is a JSON Pointer into the body,
-- or "?name" of a parameter.
create or replace function api.fail(status integer, code text, message text,
    pointer text default null) returns void
language plpgsql immutable security invoker set search_path = ''
as $$
begin
    raise exception using errcode = 'MB' || status, message = message, detail = code,
        hint = coalesce(pointer, '');
end
$$;
comment on function api.fail is 'Refuses a request with an HTTP status and a stable code.';
