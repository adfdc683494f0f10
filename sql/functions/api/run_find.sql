create or replace function api.run_find(customer uuid, params json) returns mb.runs
language plpgsql stable security invoker set search_path = ''
as $$
declare
    run mb.runs;
begin
    select r.* into run
    from mb.runs r
    where r.customer_id = customer and r.run_id = (params ->> 'run_id')::uuid;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such run');
    end if;
    return run;
end
$$;
comment on function api.run_find is 'The run that the parameters name, or 404.';
