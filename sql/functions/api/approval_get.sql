-- The approval that a decision is about: of the step `seq`, or the only one that is open.
create or replace function api.approval_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    run mb.runs;
    asked mb.approvals;
    n integer;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    if params ->> 'seq' is not null then
        select a.* into asked
        from mb.approvals a
        where a.customer_id = customer and a.run_id = run.run_id
            and a.seq = (params ->> 'seq')::integer;
        if not found then
            perform api.fail(404, 'not_found', 'this step does not wait for a decision', '/seq');
        end if;
    else
        select count(*) into n
        from mb.approvals a
        where a.customer_id = customer and a.run_id = run.run_id and a.decided_at is null;
        if n <> 1 then
            perform api.fail(409, 'conflict', case n
                when 0 then 'the run waits for no decision'
                else 'the run waits for several decisions: seq is to name one' end, '/seq');
        end if;
        select a.* into asked
        from mb.approvals a
        where a.customer_id = customer and a.run_id = run.run_id and a.decided_at is null;
    end if;
    return json_build_object('status', 200, 'body',
        json_build_object('seq', asked.seq, 'form', asked.form));
end
$$;
comment on function api.approval_get is 'For POST /v1/runs/{run_id}/approve: what is decided.';
