-- Null when there is no cursor: the first page.
create or replace function api.cursor_unpack(params json, n integer) returns text[]
language plpgsql immutable security invoker set search_path = ''
as $$
declare
    text_ constant text := params ->> 'cursor';
    parts text[];
begin
    if text_ is null then
        return null;
    end if;
    begin
        select array_agg(value order by ordinality) into strict parts
        from json_array_elements_text(convert_from(decode(translate(text_, '-_', '+/')
                || repeat('=', (4 - length(text_) % 4) % 4), 'base64'), 'UTF8')::json)
            with ordinality;
    exception when others then
        parts := null;
    end;
    if cardinality(parts) is distinct from n then
        perform api.fail(400, 'invalid_request', 'the cursor is not one of this list', '?cursor');
    end if;
    return parts;
end
$$;
comment on function api.cursor_unpack is 'The parts of a cursor that api.cursor_pack has made.';
