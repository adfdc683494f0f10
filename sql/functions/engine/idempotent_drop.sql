create or replace function engine.idempotent_drop(p_customer uuid, p_scope text, p_key text,
    p_run uuid) returns void
language sql volatile security definer set search_path = ''
as $$
    delete from mb.idempotency_keys
    where customer_id = p_customer and scope = p_scope and key = p_key and status is null
        and run_id is not distinct from p_run
$$;
comment on function engine.idempotent_drop is
    'Gives a key back whose request was refused, so that it may be tried again.';
