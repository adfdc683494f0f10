create or replace function engine.decisions(p_customer uuid, p_run uuid) returns json
language sql stable security definer set search_path = ''
as $$
    select coalesce(json_agg(json_build_object('seq', a.seq, 'decision', a.decision,
        'by', a.decided_by, 'at_us', (extract(epoch from a.decided_at) * 1000000)::bigint)
        order by a.seq), '[]')
    from mb.approvals a
    where a.customer_id = p_customer and a.run_id = p_run and a.decided_at is not null
$$;
comment on function engine.decisions is
    'What people have decided in a run: [{"seq", "decision", "by", "at_us"}].';
