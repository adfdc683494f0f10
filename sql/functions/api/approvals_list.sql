create or replace function api.approvals_list(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    cursor_ constant text[] := api.cursor_unpack(params, 2);
    wanted constant text := params ->> 'state';
    run constant uuid := params ->> 'run';
    after_run uuid;
    after_seq integer;
    items json[];
    cursors text[];
begin
    if cursor_ is not null then
        if (cursor_[1] ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            and cursor_[2] ~ '^[0-9]{1,9}$') is not true then
            perform api.fail(400, 'invalid_request', 'the cursor is not one of this list',
                '?cursor');
        end if;
        after_run := cursor_[1];
        after_seq := cursor_[2];
    end if;
    perform api.begin_as(customer);
    select array_agg(json_build_object('run_id', api.show_id('run', a.run_id), 'seq', a.seq,
            'title', a.title, 'details', a.details, 'roles', a.roles, 'form', a.form,
            'deadline_at', api.show_time(a.deadline_at),
            'created_at', api.show_time(a.created_at),
            'decided_at', api.show_time(a.decided_at), 'decided_by', a.decided_by,
            'decision', a.decision, 'reminded_at', api.show_time(a.reminded_at),
            'reminders', a.reminders, 'escalate_at', api.show_time(a.escalate_at),
            'escalate_to', a.escalate_to)),
        array_agg(api.cursor_pack(a.run_id::text, a.seq::text))
    into items, cursors
    from (
        select a.*
        from mb.approvals a
        where a.customer_id = customer
            and (run is null or a.run_id = run)
            and case wanted
                when 'open' then a.decided_at is null and api.approval_is_open(a)
                when 'decided' then a.decided_at is not null
                else true end
            and (after_run is null or (a.run_id, a.seq) < (after_run, after_seq))
        order by a.run_id desc, a.seq desc
        limit size + 1
    ) a;
    return api.page(items, cursors, size);
end
$$;
comment on function api.approvals_list is 'GET /v1/approvals';
