-- The questions of one batch; asking again for the same step changes nothing.
create or replace function engine.add_approvals(approvals json) returns void
language sql volatile security definer set search_path = ''
as $$
    insert into mb.approvals (customer_id, run_id, seq, title, details, roles, form, deadline_at)
    select a.customer_id, a.run_id, a.seq, a.title, a.details, coalesce(a.roles, '{}'), a.form,
        timestamptz '1970-01-01 00:00:00+00' + a.deadline_us * interval '1 microsecond'
    from json_to_recordset(approvals) as a (customer_id uuid, run_id uuid, seq integer, title text,
        details json, roles text[], form json, deadline_us bigint)
    on conflict (customer_id, run_id, seq) do nothing
$$;
comment on function engine.add_approvals is 'Records what people have to decide or answer.';
