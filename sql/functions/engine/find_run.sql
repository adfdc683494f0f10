-- For people who have only a run's id: reads the index of one era.
create or replace function engine.find_run(p_run uuid) returns setof uuid
language sql stable security definer set search_path = ''
as $$
    select r.customer_id
    from mb.runs r
    where r.run_id = p_run
$$;
comment on function engine.find_run is 'Whose run this is; no row when there is none.';
