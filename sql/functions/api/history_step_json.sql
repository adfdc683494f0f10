create or replace function api.history_step_json(step mb.steps) returns json
language sql stable security invoker set search_path = ''
as $$
    select coalesce((
        select api.json_with(api.json_with(api.step_json(step),
            'question', json_build_object('title', a.title, 'details', a.details, 'roles', a.roles,
                'form', a.form, 'asked_at', api.show_time(a.created_at),
                'deadline_at', api.show_time(a.deadline_at))),
            'decision', case when a.decided_at is not null then json_build_object(
                'decision', a.decision, 'by', a.decided_by, 'at', api.show_time(a.decided_at)) end)
        from mb.approvals a
        where a.customer_id = step.customer_id and a.run_id = step.run_id and a.seq = step.seq),
        api.step_json(step))
$$;
comment on function api.history_step_json is
    'A step with what a person was asked in it, and has decided.';
