-- Sizes alone: no text is unpacked for it.
create or replace function engine.record_bytes(p_customer uuid, p_run uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
    select coalesce(sum(octet_length(coalesce(s.args, '')) + octet_length(coalesce(s.result, ''))
        + octet_length(coalesce(s.error, ''))), 0)::bigint
    from mb.steps s
    where s.customer_id = p_customer and s.run_id = p_run
$$;
comment on function engine.record_bytes is 'How long the texts are that the journal holds of a run.';
