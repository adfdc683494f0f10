-- The questions of one batch. Asking again for the same step changes nothing; what was told since the
-- question was put (a reminder, that others may decide as well) is noted.
create or replace function engine.add_approvals(approvals json) returns void
language sql volatile security definer set search_path = ''
as $$
    insert into mb.approvals as known (customer_id, run_id, seq, title, details, roles, form,
        deadline_at, escalate_at, escalate_to, reminded_at, reminders, escalated_at)
    select a.customer_id, a.run_id, a.seq, a.title, a.details, coalesce(a.roles, '{}'), a.form,
        engine.time_of(a.deadline_us), engine.time_of(a.escalate_us), coalesce(a.escalate_to, '{}'),
        engine.time_of(a.reminded_us), coalesce(a.reminders, 0), engine.time_of(a.escalated_us)
    from json_to_recordset(approvals) as a (customer_id uuid, run_id uuid, seq integer, title text,
        details json, roles text[], form json, deadline_us bigint, escalate_us bigint,
        escalate_to text[], reminded_us bigint, reminders integer, escalated_us bigint)
    on conflict (customer_id, run_id, seq) do update
    set reminded_at = coalesce(excluded.reminded_at, known.reminded_at),
        reminders = greatest(excluded.reminders, known.reminders),
        escalated_at = coalesce(excluded.escalated_at, known.escalated_at)
    where excluded.reminded_at is not null or excluded.escalated_at is not null
$$;
comment on function engine.add_approvals is 'Records what people have to decide or answer.';
