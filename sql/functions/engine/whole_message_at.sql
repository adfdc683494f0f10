create or replace function engine.whole_message_at(p_customer uuid, p_run uuid, p_seq integer,
    p_member text, p_at integer, p_depth integer) returns text
language plpgsql stable security invoker set search_path = ''
as $$
declare
    at integer := p_at;
    step integer := p_seq;
    args json;
    items json;
    before integer;
begin
    loop
        select s.args into args
        from mb.steps s
        where s.customer_id = p_customer and s.run_id = p_run and s.seq = step;
        if json_typeof(args) = 'object' then
            return args -> p_member -> at;
        end if;
        items := args -> 0 -> p_member;
        if json_typeof(items) is distinct from 'object' then
            return items -> at;
        end if;
        items := items -> '$list';
        before := case when items -> 0 ->> 'from' is null
            and items -> 0 ->> '$messages' ~ '^[0-9]{1,9}$' then items -> 0 ->> '$messages' end;
        if before >= step or (items -> 0 ->> 'n' ~ '^[0-9]{1,9}$') is not true then
            before := null;
        end if;
        if before is null or at >= (items -> 0 ->> 'n')::integer then
            return engine.whole_message(p_customer, p_run, step, p_member, items
                -> case when before is null then at else at - (items -> 0 ->> 'n')::integer + 1 end,
                p_depth);
        end if;
        step := before;
    end loop;
end
$$;
comment on function engine.whole_message_at is
    'The message at a position (from 0) of the conversation in a step''s arguments; null when it has none.';
