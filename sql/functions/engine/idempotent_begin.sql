-- For work that is done within this transaction (api.once); runs have engine.idempotent.
-- state: 'new'       the key is held until the end of the transaction; call engine.idempotent_done
--        'same'      it was done before: status and response are its answer
--        'mismatch'  the key was used with another request
-- A request that comes meanwhile waits here for the other one's commit.
create or replace function engine.idempotent_begin(p_customer uuid, p_scope text, p_key text,
    p_request_sha256 bytea)
returns table (state text, status integer, response json)
language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    held mb.idempotency_keys;
begin
    insert into mb.idempotency_keys (customer_id, scope, key, request_sha256, fence)
    values (p_customer, p_scope, p_key, p_request_sha256, 0)
    on conflict do nothing;
    if found then
        return query select 'new', null::integer, null::json;
        return;
    end if;
    select k.* into held
    from mb.idempotency_keys k
    where k.customer_id = p_customer and k.scope = p_scope and k.key = p_key;
    return query select case when held.request_sha256 = p_request_sha256 then 'same'
        else 'mismatch' end, held.status, held.response;
end
$$;
comment on function engine.idempotent_begin is
    'Claims an Idempotency-Key for the work of one transaction, or gives its earlier answer.';
