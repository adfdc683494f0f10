create or replace function engine.core_beat(p_fence bigint) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update mb.cores set beat_at = now() where fence = p_fence and dead_at is null;
    return found;
end
$$;
comment on function engine.core_beat is
    'Says that a core is alive; false when it was declared dead and must register anew.';
