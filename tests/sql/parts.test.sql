-- Whole arguments from what the journal stores of a conversation (core/run/parts.h).
\i api_lib.sql
select engine.core_start('a', 1) as fence \gset
create function pg_temp.step(seq integer, args text, result text default null, error text default null,
    tool text default 'llm.chat') returns json
language sql as $$
    select json_build_object('customer', t.customer(1), 'run', t.id(1), 'seq', seq, 'tool', tool,
        'args', args, 'result', result, 'error', error)
$$;
-- One step's whole arguments, without spaces.
create function pg_temp.whole(seq integer) returns text
language sql as $$
    select json_strip_nulls(w.args::json)::text
    from engine.whole_steps(array(select s from mb.steps s where s.customer_id = t.customer(1)
        and s.run_id = t.id(1) and s.seq = whole.seq)) w
$$;

select t.flush(:fence, 1, json_build_array(t.run(1), t.run(2, 2)), json_build_array(
    pg_temp.step(1, '{"messages":[{"content":"one","role":"user"},{"content":"two","role":"user"}],"system":"be brief","tools":[{"name":"f"}]}',
        '{"message":{"content":"three","role":"assistant"},"text":"three"}'),
    pg_temp.step(2, '{"q": 1}', '{"a":null,"b":[1,null,{"c":null}],"d":"\u00e9\n\"\\"}', null, 'kv.get'),
    pg_temp.step(3, '{}', '"a text\nof two lines"', null, 'file.read'),
    pg_temp.step(4, '{}', null, '{"code":"timeout","message":"late"}', 'http.request'),
    -- a prefix, an answer, results of all kinds, members
    pg_temp.step(5, '[{"messages":{"$list":[{"$messages":1,"n":2},{"$message":1},{"content":{"$result":2},"role":"tool","tool_call_id":"x"},{"content":{"$stripped":2},"role":"tool"},{"content":{"$result":3},"role":"tool"},{"content":{"$result":4},"role":"tool"}]},"model":"m","system":{"$same":1},"tools":{"$same":1}}]',
        '{"message":{"content":"five","role":"assistant"}}'),
    -- a chain, cut in the middle; a single message; what looks like a reference and is none
    pg_temp.step(6, '[{"messages":{"$list":[{"$messages":5,"n":3},{"$messages":1,"from":1,"n":1},{"$messages":5,"from":3,"n":1},{"$messages":5,"from":2,"n":1},{"$value":{"$message":1}},"text",[{"$message":1}],{"content":"costs \"$5\"","role":"user"}]},"schema":{"$value":{"$ref":"#"}},"tools":{"$same":5}}]',
        '{"message":{"content":"six"}}'),
    pg_temp.step(7, '[{"messages":{"$list":[{"$messages":6,"n":4},{"content":"seven"}]}}]', '{}'),
    pg_temp.step(8, '[{"messages":{"$list":[]},"x":[1,{"$message":1}],"y":null}]', '{}'),
    pg_temp.step(9, '{"messages":[{"$messages":1,"n":2}],"system":{"$same":1}}', '{}'),
    pg_temp.step(10, '[{"messages":{"$list":[{"$messages":9,"n":1},{"$messages":9,"from":0,"n":1}]},"system":{"$same":9}}]')
)) as x \gset x_
select set_config('mb.customer_id', t.customer(1)::text, false) as x \gset x_

select t.is(pg_temp.whole(1), '{"messages":[{"content":"one","role":"user"},{"content":"two","role":"user"}],"system":"be brief","tools":[{"name":"f"}]}',
    'arguments_that_are_an_object_are_whole');
select t.is(pg_temp.whole(5)::jsonb, jsonb_build_object('messages', jsonb_build_array(
        '{"content":"one","role":"user"}'::jsonb, '{"content":"two","role":"user"}'::jsonb,
        '{"content":"three","role":"assistant"}'::jsonb,
        jsonb_build_object('content', '{"a":null,"b":[1,null,{"c":null}],"d":"\u00e9\n\"\\"}'::text,
            'role', 'tool', 'tool_call_id', 'x'),
        jsonb_build_object('content', E'{"b":[1,null,{}],"d":"\u00e9\\n\\"\\\\"}'::text, 'role', 'tool'),
        jsonb_build_object('content', E'a text\nof two lines'::text, 'role', 'tool'),
        jsonb_build_object('content', '{"code":"timeout","message":"late"}'::text, 'role', 'tool')),
    'model', 'm', 'system', 'be brief', 'tools', '[{"name":"f"}]'::jsonb),
    'references_are_filled_in');
select t.is(pg_temp.whole(6)::jsonb -> 'messages', jsonb_build_array(
        '{"content":"one","role":"user"}'::jsonb, '{"content":"two","role":"user"}'::jsonb,
        '{"content":"three","role":"assistant"}'::jsonb, '{"content":"two","role":"user"}'::jsonb,
        pg_temp.whole(5)::jsonb -> 'messages' -> 3, '{"content":"three","role":"assistant"}'::jsonb,
        '{"$message":1}'::jsonb, '"text"'::jsonb, '[{"$message":1}]'::jsonb,
        '{"content":"costs \"$5\"","role":"user"}'::jsonb), 'through_other_steps_and_as_single_ones');
select t.is(pg_temp.whole(6)::jsonb - 'messages',
    '{"schema":{"$ref":"#"},"tools":[{"name":"f"}]}'::jsonb, 'a_value_with_dollars_is_a_value');
select t.is(pg_temp.whole(7), '{"messages":[{"content":"one","role":"user"},{"content":"two","role":"user"},'
    '{"content":"three","role":"assistant"},{"content":"two","role":"user"},{"content":"seven"}]}',
    'a_chain_gives_each_step_what_it_had');
select t.is((select args from mb.steps where run_id = t.id(1) and seq = 8), '[{"messages":{"$list":[]},"x":[1,{"$message":1}],"y":null}]', 'it_is_stored_as_it_came');
select t.is((select w.args from engine.whole_args(t.customer(1), t.id(1), '{8}') w),
    '{"messages":[],"x":[1,{"$message":1}],"y":null}', 'an_empty_list_is_one');
select t.is(pg_temp.whole(9), '{"messages":[{"$messages":1,"n":2}],"system":{"$same":1}}',
    'what_a_customer_wrote_like_a_reference_stays');
select t.is(pg_temp.whole(10), '{"messages":[{"$messages":1,"n":2},{"$messages":1,"n":2}],"system":{"$same":1}}',
    'even_when_it_is_referred_to');

-- all readers ----------------------------------------------------------------------------------------
create function pg_temp.args(op text, at text[], more json default '{}') returns text
language sql as $$
    select string_agg(md5((i.v #> at)::jsonb::text), ' ' order by i.n)
    from json_array_elements(coalesce(pg_temp.call(1, op, (json_build_object('run_id', t.id(1))::jsonb
        || more::jsonb)::json) -> 'body' -> 'data', pg_temp.call(1, op, (json_build_object('run_id',
        t.id(1))::jsonb || more::jsonb)::json) -> 'body' -> 'events')) with ordinality i (v, n)
    where i.v #> at is not null
$$;
select string_agg(md5(pg_temp.whole(s)::jsonb::text), ' ' order by s) as whole
from generate_series(1, 7) s \gset
select t.is(pg_temp.args('steps_list', '{args}', '{"limit": 7}'), :'whole', 'steps_are_whole');
select t.is(pg_temp.args('run_events', '{data,args}', '{"limit": 7, "after": 0}'), :'whole', 'events_are');
select t.is(pg_temp.args('history_list', '{data,args}', '{"limit": 8}'),
    :'whole', 'and_history');
select t.is(pg_temp.walk(1, 'steps_list', json_build_object('run_id', t.id(1)), 'seq', 3),
    '1 2 3|4 5 6|7 8 9|10', 'in_order_and_in_pages');
select t.is(pg_temp.brief(pg_temp.call(2, 'steps_list', json_build_object('run_id', t.id(1)))),
    '404 not_found', 'nobody_reads_another_ones');
select t.is((select count(*) from engine.whole_args(t.customer(2), t.id(1), '{5,6,7}')), 0::bigint,
    'nor_asks_for_its_parts');

-- references that no core writes ---------------------------------------------------------------------
select t.flush(:fence, 2, '[]', json_build_array(
    pg_temp.step(20, '[{"messages":{"$list":[{"$messages":20,"n":2},{"$message":20},{"$message":21},{"content":{"$result":20},"role":"tool"},{"$messages":21,"from":0,"n":1}]},"system":{"$same":20},"tools":{"$same":21}}]', '{"message":{"a":1}}'),
    pg_temp.step(21, '[{"messages":{"$list":[{"$messages":12,"n":2},{"$message":12},{"content":{"$stripped":12},"role":"tool"},{"$messages":12,"from":0,"n":1},{"$messages":1,"from":99,"n":1}]},"system":{"$same":12}}]', '{"message":{"a":1}}'),
    pg_temp.step(22, '[{"messages":{"$list":[{"$messages":"x","n":2},{"$message":-1},{"$message":99999999999},{"$message":null},{"$messages":1,"from":"1; drop table mb.steps","n":1},{"content":{"$result":[1]},"role":"tool"},{"content":{"$result":1,"x":{"$message":1}},"role":"tool"}]},"system":{"$same":{}},"tools":{"$same":null}}]', '{}'),
    pg_temp.step(23, '[]', '{}'), pg_temp.step(24, '[1]', '{}'),
    pg_temp.step(25, '[{"messages":{"$list":{"a":1}},"tools":{"$list":[{"$messages":23,"n":9},{"$messages":24,"n":9}]}}]', '{}'),
    pg_temp.step(26, '[{"messages":{"$list":[{"$message":23},{"$message":3}, {"content":{"$result":23}}]},"tools":{"$same":24},"x":{"$same":23}}]', '{}')
)) as x \gset x_
select t.is(pg_temp.whole(20), '{"messages":[{"$missing":20},{"$missing":20},{"$missing":21},{"content":{"$missing":20},"role":"tool"},{"$missing":21}],"system":{"$missing":20},"tools":{"$missing":21}}',
    'a_step_does_not_refer_to_itself_or_to_later_ones');
select t.is(pg_temp.whole(21), '{"messages":[{"$missing":12},{"$missing":12},{"content":{"$missing":12},"role":"tool"},{"$missing":12},{"$missing":1}],"system":{"$missing":12}}',
    'what_is_not_there_is_said_to_be_missing');
select t.is((select w.args from engine.whole_args(t.customer(1), t.id(1), '{22}') w)::jsonb,
    '{"messages":[{"$missing":"x"},{"$missing":-1},{"$missing":99999999999},{"$missing":null},{"$missing":1},{"content":{"$missing":[1]},"role":"tool"},{"content":"{\"message\":{\"content\":\"three\",\"role\":\"assistant\"},\"text\":\"three\"}","role":"tool"}],"system":{"$missing":{}},"tools":{"$missing":null}}'::jsonb,
    'a_number_is_a_number');
select t.is(pg_temp.whole(25), '{"messages":[{"$missing":25}],"tools":[{"$missing":23},{"$missing":24}]}',
    'a_list_is_a_list');
select t.is(pg_temp.whole(26), '{"messages":[{"$missing":23},{"$missing":3},{"content":"{}"}],"tools":{"$missing":24},"x":{"$missing":23}}',
    'and_a_step_without_what_is_asked_has_it_missing');
select t.is(pg_temp.brief(pg_temp.call(1, 'steps_list', json_build_object('run_id', t.id(1), 'limit', 100))),
    '200', 'no_reader_fails_of_it');

select t.is((select string_agg(w.args, ' ' order by w.seq) from engine.whole_steps(array(select s from mb.steps s
    where s.run_id = t.id(1) and s.seq in (23, 24))) w), '[] [1]', 'what_is_no_arguments_stays');

-- a long one -----------------------------------------------------------------------------------------
select t.flush(:fence, 3, '[]', (select json_agg(pg_temp.step(100 + s, case s
        when 1 then '{"messages":[{"content":"begin"},{"content":"go"}]}'
        else format('[{"messages":{"$list":[{"$messages":%s,"n":%s},{"$message":%1$s},{"content":"%3$s"}]}}]',
            99 + s, 2 * (s - 1), s) end, format('{"message":{"content":"answer %s"}}', s)))
    from generate_series(1, 500) s)) as x \gset x_
select t.is((select array_agg(json_array_length(w.args::json -> 'messages') order by w.seq)
    from engine.whole_args(t.customer(1), t.id(1), array(select generate_series(551, 600))) w),
    array(select 2 * s from generate_series(451, 500) s), 'five_hundred_turns_are_followed_to_their_beginning');
select t.is((select w.args::json -> 'messages' -> 999 ->> 'content' from engine.whole_args(t.customer(1),
    t.id(1), '{600}') w), '500', 'in_their_order');
