create or replace function engine.idempotent_done(p_customer uuid, p_scope text, p_key text,
    p_status integer, p_response json) returns void
language sql volatile security definer set search_path = ''
as $$
    update mb.idempotency_keys
    set status = p_status, response = p_response
    where customer_id = p_customer and scope = p_scope and key = p_key
$$;
comment on function engine.idempotent_done is 'Keeps the answer to a request under its key.';
