-- What people decide, answer and settle.
\i api_lib.sql
-- The caller's key; and one whose holder is no boss.
reset role;
insert into mb.api_keys (customer_id, key_id, name, key_sha256, prefix, scopes, roles)
values (t.customer(1), t.id(99), 'all', '1', 'mb_', '{approvals:write}', '{*}'),
    (t.customer(1), t.id(98), 'lead', '2', 'mb_', '{approvals:write}', '{lead}');
set role moonbase_core;
create function pg_temp.on(of integer, op text, n integer, seq integer, body json default null)
returns json
language sql as $$
    select pg_temp.call(of, op, json_build_object('run_id', t.id(n), 'seq', seq), body)
$$;
create function pg_temp.places(state text, run uuid default null) returns text
language sql as $$
    select pg_temp.walk(1, 'approvals_list', json_strip_nulls(json_build_object('state', state,
        'run', run)), 'seq', 2)
$$;

select engine.core_start('a', 1) as one \gset
select t.ok(t.flush(:one, 1, json_build_array(t.run(1), t.run(2), t.run(3)),
    (select json_agg(json_build_object('customer', t.customer(1), 'run', t.id(r), 'seq', s, 'state', 1,
        'tool', tool)) from (values (1, 1, 'approve'), (1, 2, 'ask'), (1, 3, 'approve'), (1, 4, 'pay'),
        (1, 5, 'pay'), (2, 6, 'approve')) v (r, s, tool)), '[]',
    (select json_agg(json_build_object('customer_id', t.customer(1), 'run_id', t.id(r), 'seq', s,
        'title', 'Well?', 'details', '{"z": 1, "a": 2}'::json, 'roles', '["boss"]'::json,
        'form', '{"type": "string"}'::json, 'deadline_us', late)) from (values (1, 1, null),
        (1, 2, null), (1, 3, 1000000), (1, 4, null), (2, 6, null)) v (r, s, late))),
    'questions_are_asked');

-- list --------------------------------------------------------------------------------------------
select t.is(pg_temp.places('open'), '6 4|2 1', 'open_ones_are_those_that_can_be_decided_newest_first');
select t.is(pg_temp.places('all'), '6 4|3 2|1', 'all_are_all');
select t.is(pg_temp.places('decided'), '', 'none_is_decided');
select t.is(pg_temp.places('open', t.id(2)), '6', 'or_those_of_a_run');
select t.is(pg_temp.members(pg_temp.call(1, 'approvals_list', '{"state": "open"}') -> 'body' -> 'data'
    -> 0), 'created_at deadline_at decided_at decided_by decision details escalate_at escalate_to form '
        'reminded_at reminders roles run_id seq title',
    'they_have_the_members_of_an_approval');
select t.is(pg_temp.call(1, 'approvals_list', '{"state": "open"}') -> 'body' -> 'data' -> 0
    ->> 'details', '{"z": 1, "a": 2}', 'details_are_as_they_came');
select t.is(pg_temp.each(pg_temp.call(2, 'approvals_list', '{"state": "all"}'), 'seq'), null,
    'others_see_nothing_of_it');
select t.is(pg_temp.brief(pg_temp.call(1, 'approvals_list', json_build_object('state', 'all',
    'cursor', api.cursor_pack(a, b)))), '400 invalid_request ?cursor', 'cursors_are_its_own')
from (values ('x', '1'), (t.id(1)::text, 'x'), (null, '1')) v (a, b);

-- what is decided ---------------------------------------------------------------------------------
select t.is(pg_temp.on(1, 'approval_get', 2, null)::jsonb -> 'body',
    '{"seq": 6, "form": {"type": "string"}}', 'the_only_one_need_not_be_named');
select t.is(pg_temp.brief(pg_temp.on(1, 'approval_get', 1, null)), '409 conflict /seq',
    'one_of_several_has_to_be');
select t.is(pg_temp.brief(pg_temp.on(1, 'approval_get', 3, null)), '409 conflict /seq',
    'where_nothing_waits_there_is_none');
select t.is(pg_temp.on(1, 'approval_get', 1, 2) -> 'body' ->> 'seq', '2', 'the_one_that_is_named');
select t.is(pg_temp.brief(pg_temp.on(1, 'approval_get', 1, 9)), '404 not_found /seq',
    'what_was_not_asked_cannot_be_decided');
select t.is(pg_temp.brief(pg_temp.on(1, 'approval_get', 1, 4)), '409 conflict /seq',
    'whether_a_write_took_effect_is_not_to_be_approved');

-- roles -------------------------------------------------------------------------------------------
create function pg_temp.as_lead(seq integer) returns text
language sql as $$
    select pg_temp.brief(pg_temp.call(1, 'run_approve', json_build_object('run_id', t.id(1), 'seq',
        seq), '{"approved": true}', json_build_object('caller', json_build_object('key_id', t.id(98)))))
$$;
select t.is(pg_temp.as_lead(1), '403 forbidden', 'who_lacks_the_role_cannot_decide');
reset role;
select t.is((select a.decided_at from mb.approvals a where a.seq = 1), null, 'and_nothing_is_decided');
select t.ok(api.approval_is_for(a, '{boss}') and api.approval_is_for(a, '{*}')
    and not api.approval_is_for(a, '{}'), 'who_has_it_or_all_can')
from mb.approvals a where a.seq = 1;
select t.is(array_agg(api.approval_is_for(row(a.customer_id, a.run_id, a.seq, a.title, null, r, null,
    null, now(), null, null, null, at, '{lead}', null, null, 0)::mb.approvals, '{lead}') order by n),
    '{t,f,t}'::boolean[], 'without_roles_anybody_can_and_after_escalation_those_roles')
from mb.approvals a, (values (1, '{}'::text[], null), (2, '{boss}', now() + interval '1 hour'),
    (3, '{boss}', now() - interval '1 hour')) v (n, r, at)
where a.seq = 1;
set role moonbase_core;

-- approve -----------------------------------------------------------------------------------------
select t.is(pg_temp.on(1, 'run_approve', 1, 1, '{"approved": true, "data": {"b": 1, "a": 1.50}}')
    -> 'body' ->> 'id', api.show_id('run', t.id(1)), 'a_decision_gives_the_run');
select t.is((select d.v ->> 'by' || ' ' || (d.v -> 'decision')::text
    from json_array_elements(engine.decisions(t.customer(1), t.id(1))) d (v)),
    api.show_id('key', t.id(99)) || ' {"approved" : true, "comment" : null, "data" : {"b": 1, "a": 1.50}}',
    'which_gets_it_as_it_came_by_the_keys_owner');
select t.is(pg_temp.brief(pg_temp.on(1, 'run_approve', 1, 1, '{"approved": false}')), '409 conflict',
    'once');
select t.is(pg_temp.brief(pg_temp.on(1, 'run_approve', 1, 3, '{"approved": true}')), '409 conflict',
    'before_its_deadline');
select pg_temp.on(1, 'run_approve', 1, 2, '{"approved": false, "by": "dana", "comment": "no"}') as x
    \gset x_
select t.is(pg_temp.each(pg_temp.call(1, 'approvals_list', '{"state": "decided"}'), 'decided_by'),
    'dana ' || api.show_id('key', t.id(99)), 'it_is_seen_who_decided');
select t.is(pg_temp.places('open') || ' ' || pg_temp.places('decided'), '6 4 2 1',
    'what_is_decided_is_open_no_more');

-- settle ------------------------------------------------------------------------------------------
select t.is(pg_temp.brief(pg_temp.on(1, 'step_settle', 2, 6, '{"happened": true}')), '409 conflict',
    'a_question_is_not_to_be_settled');
select t.is(pg_temp.brief(pg_temp.on(1, 'step_settle', 1, 5, '{"happened": true}')), '409 conflict',
    'nor_is_a_step_that_is_just_being_done');
select t.is(pg_temp.brief(pg_temp.on(1, 'step_settle', 1, 9, '{"happened": true}')), '404 not_found',
    'nor_one_that_is_not_there');
select t.is(pg_temp.brief(pg_temp.on(1, 'step_settle', 1, 4, '{"happened": true,
    "result": {"status": 200}}')), '200', 'one_that_is_uncertain_can_be');
select t.is((select d.v -> 'decision' ->> 'result'
    from json_array_elements(engine.decisions(t.customer(1), t.id(1))) d (v)
    where d.v ->> 'seq' = '4'), '{"status": 200}', 'with_its_result');
select t.is(pg_temp.brief(pg_temp.on(1, 'step_settle', 1, 4, '{"happened": false}')), '409 conflict',
    'once_as_well');

-- the end -----------------------------------------------------------------------------------------
select t.ok(t.flush(:one, 2, '[]', '[]', json_build_array(json_build_object('customer', t.customer(1),
    'run', t.id(2), 'status', 'cancelled', 'finished_at', now()))), 'a_run_ends');
select t.is(pg_temp.places('open'), '', 'what_it_asked_is_open_no_more');
select t.is(pg_temp.brief(pg_temp.on(1, 'run_approve', 2, 6, '{"approved": true}')), '409 conflict',
    'and_too_late_to_decide');
