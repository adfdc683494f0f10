-- Null when there is no cursor: the first page.
create or replace function api.cursor_id(params json) returns uuid
language plpgsql immutable security invoker set search_path = ''
as $$
declare
    parts constant text[] := api.cursor_unpack(params, 1);
begin
    if parts is not null
        and (parts[1] ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') is not true then
        perform api.fail(400, 'invalid_request', 'the cursor is not one of this list', '?cursor');
    end if;
    return parts[1]::uuid;
end
$$;
comment on function api.cursor_id is 'The id at which the page before ended.';
