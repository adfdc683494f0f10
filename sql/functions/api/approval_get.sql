-- The approval that a decision is about: of the step `seq`, or the only one that is open.
create or replace function api.approval_get(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    wanted constant integer := params ->> 'seq';
    run mb.runs;
    open integer[];
    asked mb.approvals;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    if wanted is null then
        open := array(
            select a.seq
            from mb.approvals a
            where a.customer_id = customer and a.run_id = run.run_id and api.approval_is_open(a)
                and api.step_is_question(customer, a.run_id, a.seq));
        if cardinality(open) <> 1 then
            perform api.fail(409, 'conflict', case cardinality(open)
                when 0 then 'the run waits for no decision'
                else 'the run waits for several decisions: seq is to name one' end, '/seq');
        end if;
    end if;
    select a.* into asked
    from mb.approvals a
    where a.customer_id = customer and a.run_id = run.run_id
        and a.seq = coalesce(wanted, open[1]);
    if not found then
        perform api.fail(404, 'not_found', 'this step does not wait for a decision', '/seq');
    elsif not api.step_is_question(customer, run.run_id, asked.seq) then
        perform api.fail(409, 'conflict',
            'this step is to be settled: did it take effect, and with what result?', '/seq');
    end if;
    return json_build_object('status', 200, 'body',
        json_build_object('seq', asked.seq, 'form', asked.form));
end
$$;
comment on function api.approval_get is 'For POST /v1/runs/{run_id}/approve: what is decided.';
