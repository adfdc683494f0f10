create or replace function engine.core_stop(p_fence bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform from mb.cores where fence = p_fence and dead_at is null for update;
    if found then
        perform engine.bury(p_fence);
    end if;
end
$$;
comment on function engine.core_stop is
    'Ends a core''s life in good order: its runs and leases are free for others.';
