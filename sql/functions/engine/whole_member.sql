create or replace function engine.whole_member(p_customer uuid, p_run uuid, p_seq integer,
    p_member text, p_value json) returns text
language plpgsql stable security invoker set search_path = ''
as $$
declare
    value json := p_value;
    below integer := p_seq;
    told text;
    stored json;
begin
    while json_typeof(value) = 'object' and value -> '$same' is not null loop
        told := value ->> '$same';
        stored := null;
        if told ~ '^[0-9]{1,9}$' and told::integer < below then
            below := told;
            select s.args into stored
            from mb.steps s
            where s.customer_id = p_customer and s.run_id = p_run and s.seq = below;
        end if;
        if json_typeof(stored) = 'array' then
            value := coalesce(stored -> 0 -> p_member, json_build_object('$missing', below));
        else
            return coalesce(stored -> p_member, json_build_object('$missing', value -> '$same'))::text;
        end if;
    end loop;
    if json_typeof(value) = 'object' and value -> '$value' is not null then
        return (value -> '$value')::text;
    end if;
    return value::text;
end
$$;
comment on function engine.whole_member is
    'One member of a step''s arguments, but a conversation, from what the journal stores for it.';
