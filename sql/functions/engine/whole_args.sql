-- Steps that are questions in one conversation hold the same messages: each is read once, and each
-- step is then given as many as it had. What does not use the format of core/run/parts.h is left out.
-- Rows are looked up by their keys one by one (offset 0), whatever the planner knows of the table.
create or replace function engine.whole_args(p_customer uuid, p_run uuid, p_seqs integer[])
returns table (seq integer, args text)
language sql stable security invoker set search_path = '' set enable_seqscan = off set jit = off
as $$
    with recursive wanted as materialized (
        select s.seq, s.args::json -> 0 as members
        from mb.steps s
        where s.customer_id = p_customer and s.run_id = p_run and s.seq = any (p_seqs)
            and s.args like '[%' and json_typeof(s.args::json -> 0) = 'object'
    ), lists as materialized (
        select w.seq, m.key as member
        from wanted w
        cross join lateral json_each(w.members) m
        where json_typeof(m.value) = 'object' and m.value -> '$list' is not null
    ), links as ( -- a step, and the one whose first messages go before its own
        select l.seq, l.member, null::integer as before, 0 as n_before, false as is_read
        from lists l
        union
        select case when l.is_read then l.before else l.seq end, l.member,
            case when l.is_read then null else f.before end,
            case when l.is_read or f.before is null then 0 else f.n end, not l.is_read
        from links l
        left join lateral (
            select case when s.args like '[%' then s.args::json -> 0 -> l.member -> '$list' -> 0
                end as item
            from mb.steps s
            where s.customer_id = p_customer and s.run_id = p_run and s.seq = l.seq
                and not l.is_read
            offset 0) s on true
        left join lateral (
            select case when (s.item ->> '$messages')::integer < l.seq
                    then (s.item ->> '$messages')::integer end as before,
                (s.item ->> 'n')::integer as n
            where s.item ->> 'from' is null and s.item ->> '$messages' ~ '^[0-9]{1,9}$'
                and s.item ->> 'n' ~ '^[0-9]{1,9}$'
            offset 0) f on true
        where not l.is_read or l.before is not null
    ), stored as materialized (
        select l.seq, l.member, l.before, l.n_before, k.is_whole or k.items is null as is_whole,
            coalesce(k.items, json_build_array(json_build_object('$missing', l.seq))) as items
        from links l
        left join lateral (
            select s.args::json as args
            from mb.steps s
            where s.customer_id = p_customer and s.run_id = p_run and s.seq = l.seq
            offset 0) s on true
        left join lateral (
            select case json_typeof(s.args) when 'array' then s.args -> 0 else s.args end
                -> l.member as value offset 0) v on true
        left join lateral (
            select json_typeof(v.value) = 'array' as is_whole,
                case when json_typeof(v.value) = 'array' then v.value
                    when json_typeof(s.args) = 'array' and json_typeof(v.value) = 'object'
                        and json_typeof(v.value -> '$list') = 'array'
                    then v.value -> '$list' end as items offset 0) k on true
        where l.is_read
    ), messages as materialized (
        select l.seq, l.member, l.n_before + i.at - case when l.before is null then 0 else 1 end as at,
            case when l.is_whole then i.item::text
                when i.at = 1 and i.item ->> '$messages' is not null and i.item ->> 'from' is null
                    then json_build_object('$missing', i.item -> '$messages')::text
                else engine.whole_message(p_customer, p_run, l.seq, l.member, i.item) end as text
        from stored l
        cross join lateral json_array_elements(l.items) with ordinality i (item, at)
        where not (i.at = 1 and l.before is not null)
    ), paths as (
        select l.seq as wanted, l.member, l.seq, 2147483647 as most from lists l
        union all
        select p.wanted, p.member, l.before, least(p.most, l.n_before)
        from paths p
        join stored l on l.seq = p.seq and l.member = p.member
        where l.before is not null
    ), conversations as materialized (
        select p.wanted, p.member, string_agg(m.text, ',' order by m.at, m.seq) as text
        from paths p
        join messages m on m.seq = p.seq and m.member = p.member
        where m.at <= p.most
        group by p.wanted, p.member
    )
    select w.seq, '{' || string_agg(to_json(m.key)::text || ':' || case
            when l.member is not null then '[' || coalesce(c.text, '') || ']'
            else engine.whole_member(p_customer, p_run, w.seq, m.key, m.value) end, ','
            order by m.at) || '}'
    from wanted w
    cross join lateral json_each(w.members) with ordinality m (key, value, at)
    left join lists l on l.seq = w.seq and l.member = m.key
    left join conversations c on c.wanted = w.seq and c.member = m.key
    group by w.seq
$$;
comment on function engine.whole_args is
    'The whole arguments of steps of one run whose stored ones refer to other steps.';
