-- state: 'new'       this request is the first, and the caller now holds the key: it starts p_run (or
--                    does the work and calls engine.idempotent_done), or gives the key back with
--                    engine.idempotent_drop
--        'same'      it was done before: the answer is the run, or status and response
--        'running'   another request holds the key and has not written its run or answer yet
--        'mismatch'  the key was used with another request
-- A key whose holder died before it wrote anything is taken over. The commit need not reach the disk
-- by itself: what is accepted under the key is committed later, and takes this along.
create or replace function engine.idempotent(p_fence bigint, p_customer uuid, p_scope text,
    p_key text, p_request_sha256 bytea, p_run uuid)
returns table (state text, run_id uuid, status integer, response json)
language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    held mb.idempotency_keys;
begin
    perform set_config('synchronous_commit', 'off', true);
    insert into mb.idempotency_keys (customer_id, scope, key, request_sha256, fence, run_id)
    values (p_customer, p_scope, p_key, p_request_sha256, p_fence, p_run)
    on conflict do nothing;
    if found then
        return query select 'new', p_run, null::integer, null::json;
        return;
    end if;
    select k.* into held
    from mb.idempotency_keys k
    where k.customer_id = p_customer and k.scope = p_scope and k.key = p_key
    for update;
    if not found then -- its holder gave it back just now
        return query select 'running', null::uuid, null::integer, null::json;
    elsif held.request_sha256 <> p_request_sha256 then
        return query select 'mismatch', null::uuid, null::integer, null::json;
    elsif held.status is not null or exists (
        select from mb.runs r where r.customer_id = p_customer and r.run_id = held.run_id
    ) then
        return query select 'same', held.run_id, held.status, held.response;
    elsif exists (select from mb.cores c where c.fence = held.fence and c.dead_at is null) then
        return query select 'running', held.run_id, null::integer, null::json;
    else
        update mb.idempotency_keys k
        set fence = p_fence, run_id = p_run, created_at = now()
        where k.customer_id = p_customer and k.scope = p_scope and k.key = p_key;
        return query select 'new', p_run, null::integer, null::json;
    end if;
end
$$;
comment on function engine.idempotent is
    'Claims an Idempotency-Key for a request, or says what became of the request that has it.';
