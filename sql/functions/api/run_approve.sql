-- The core has held the data to the approval's form. Which step is decided, it has found as well.
create or replace function api.run_approve(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    body constant json := request -> 'body';
    key constant uuid := request -> 'caller' ->> 'key_id';
    asked mb.approvals;
begin
    perform api.begin_as(customer);
    select a.* into asked
    from mb.approvals a
    where a.customer_id = customer and a.run_id = (request -> 'params' ->> 'run_id')::uuid
        and a.seq = (request -> 'params' ->> 'seq')::integer;
    if found and not api.approval_is_for(asked, api.key_roles(customer, key)) then
        perform api.fail(403, 'forbidden', format('this is for %s to decide',
            array_to_string(asked.roles || case when asked.escalate_at <= now()
                then asked.escalate_to else '{}' end, ' or ')));
    end if;
    return api.run_decide(customer, request -> 'params',
        json_build_object('approved', body -> 'approved', 'comment', body -> 'comment',
            'data', body -> 'data'),
        coalesce(body ->> 'by', api.show_id('key', key)));
end
$$;
comment on function api.run_approve is 'POST /v1/runs/{run_id}/approve';
