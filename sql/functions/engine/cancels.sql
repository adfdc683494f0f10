-- For a core that may not have heard of them.
create or replace function engine.cancels(p_fence bigint)
returns table (customer_id uuid, run_id uuid)
language sql stable security definer set search_path = ''
as $$
    select r.customer_id, r.run_id
    from mb.runs r
    where r.fence = p_fence and r.cancel_requested
$$;
comment on function engine.cancels is 'The runs of a core that are to be stopped.';
