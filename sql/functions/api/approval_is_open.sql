-- Not when it is too late for a decision: the deadline is past, or the run has ended.
create or replace function api.approval_is_open(approval mb.approvals) returns boolean
language sql stable security invoker set search_path = ''
as $$
    select approval.decided_at is null
        and (approval.deadline_at is null or approval.deadline_at > now())
        and exists (
            select from mb.runs r
            where r.customer_id = approval.customer_id and r.run_id = approval.run_id
                and r.finished_at is null)
$$;
comment on function api.approval_is_open is 'Whether somebody can still decide it.';
