-- What the tests of api functions share: \i api_lib.sql at their beginning. From here on the test is
-- a core.
--
-- Calls api.<op> as the core does for an HTTP request; a page is 20 long unless the parameters say
-- otherwise. What is refused comes as {"status", "code", "message", "pointer"}.
create function pg_temp.call(of integer, op text, params json default '{}', body json default null,
    more json default '{}') returns json
language plpgsql as $$
declare
    answer json;
    code text;
    place text;
begin
    execute format('select api.%I($1, $2)', op) into strict answer
    using t.customer(of), (left(json_build_object('params', '{"limit": 20}' || params::jsonb,
        'body', body, 'caller', json_build_object('key_id', t.id(99)))::text, -1)
        || case more::text when '{}' then '}' else ', ' || substr(more::text, 2) end)::json;
    return answer;
exception when others then
    if sqlstate !~ '^MB[0-9]{3}$' then
        raise;
    end if;
    get stacked diagnostics code = pg_exception_detail, place = pg_exception_hint;
    return json_build_object('status', right(sqlstate, 3)::integer, 'code', code,
        'message', sqlerrm, 'pointer', place);
end
$$;

-- The status, and the code and place of a refusal.
create function pg_temp.brief(answer json) returns text
language sql as $$
    select concat_ws(' ', answer ->> 'status', answer ->> 'code', nullif(answer ->> 'pointer', ''))
$$;

-- The members of an object, in order of the alphabet.
create function pg_temp.members(object json) returns text
language sql as $$
    select string_agg(k, ' ' order by k) from json_object_keys(object) k
$$;

-- One member of every item of a list's page.
create function pg_temp.each(answer json, member text) returns text
language sql as $$
    select string_agg(i.v ->> member, ' ' order by i.n)
    from json_array_elements(answer -> 'body' -> 'data') with ordinality as i (v, n)
$$;

-- One member of all items, read in pages of `size` from the first to the last; '|' between pages.
create function pg_temp.walk(of integer, op text, params json, member text, size integer)
returns text
language plpgsql as $$
declare
    place text;
    page json;
    seen text[] := '{}';
begin
    for i in 1 .. 100 loop
        page := pg_temp.call(of, op, (params::jsonb || jsonb_strip_nulls(
            jsonb_build_object('limit', size, 'cursor', place)))::json);
        seen := seen || coalesce(pg_temp.each(page, member), '');
        place := page -> 'body' ->> 'next_cursor';
        if place is null then
            return array_to_string(seen, '|');
        end if;
    end loop;
    return 'it does not end';
end
$$;

-- What the cores were told to forget since the last call, sorted.
create function pg_temp.told() returns text
language plpgsql as $$
begin
    perform from dblink('ear', 'select 1') as r (x integer); -- after which it has heard everything
    return (select string_agg(extra, ', ' order by extra) from dblink_get_notify('ear'));
end
$$;

set role moonbase_core;
select t.session('ear') \gset x_
select dblink_exec('ear', 'listen mb_changed') as x \gset x_
