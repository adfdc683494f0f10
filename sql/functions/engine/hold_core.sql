-- Until the caller's transaction ends nobody can declare the core dead. A shared lock: the core's own
-- flushes and claims go on meanwhile.
create or replace function engine.hold_core(p_fence bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform from mb.cores where fence = p_fence and dead_at is null for key share;
    if not found then
        raise exception using errcode = 'MBFEN',
            message = format('core %s was declared dead', p_fence);
    end if;
end
$$;
comment on function engine.hold_core is
    'Keeps a core from being declared dead until the transaction ends; raises MBFEN when it is dead.';
