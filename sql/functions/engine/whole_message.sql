-- `item` is an entry of a list in the stored arguments of the step p_seq, but not one that stands for
-- several. References are to lower steps; one that leads nowhere is {"$missing": seq}.
create or replace function engine.whole_message(p_customer uuid, p_run uuid, p_seq integer,
    p_member text, p_item json, p_depth integer default 0) returns text
language plpgsql stable security invoker set search_path = ''
as $$
declare
    about json := p_item;
    kind text;
    told text;
    step integer;
    result text;
    error text;
    found text;
begin
    if json_typeof(p_item) <> 'object' or position('"$' in p_item::text) = 0 then
        return p_item::text;
    elsif p_item -> '$value' is not null then
        return (p_item -> '$value')::text;
    elsif json_typeof(p_item -> 'content') = 'object' and p_item -> '$message' is null
        and p_item -> '$messages' is null then
        about := p_item -> 'content';
    end if;
    kind := case when about -> '$message' is not null then '$message'
        when about -> '$messages' is not null then '$messages'
        when about -> '$result' is not null then '$result'
        when about -> '$stripped' is not null then '$stripped' end;
    if kind is null then
        return p_item::text;
    end if;
    told := about ->> kind;
    step := case when told ~ '^[0-9]{1,9}$' then told::integer end;
    if step >= p_seq or p_depth >= 16 then
        step := null;
    end if;

    if kind = '$messages' then
        found := case when about ->> 'from' ~ '^[0-9]{1,9}$' then
            engine.whole_message_at(p_customer, p_run, step, p_member,
                (about ->> 'from')::integer, p_depth + 1) end;
        return coalesce(found, json_build_object('$missing', about -> kind)::text);
    end if;
    select s.result, s.error into result, error
    from mb.steps s
    where s.customer_id = p_customer and s.run_id = p_run and s.seq = step;
    if kind = '$message' then
        return coalesce((result::json -> 'message')::text,
            json_build_object('$missing', about -> kind)::text);
    end if;
    found := case
        when kind = '$stripped' then json_strip_nulls(result::json)::text
        when error is not null then error
        when left(result, 1) = '"' then result::json #>> '{}'
        else result end;
    found := coalesce(to_json(found)::text, json_build_object('$missing', about -> kind)::text);
    return (
        select '{' || string_agg(to_json(m.key)::text || ':'
            || case m.key when 'content' then found else m.value::text end, ',' order by m.at)
            || '}'
        from json_each(p_item) with ordinality m (key, value, at));
end
$$;
comment on function engine.whole_message is
    'One message of a conversation, from what the journal stores for it.';
