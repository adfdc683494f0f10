-- An approval without roles is for everybody who may approve for the customer.
create or replace function api.approval_is_for(approval mb.approvals, roles text[]) returns boolean
language sql stable security invoker set search_path = ''
as $$
    select cardinality(approval.roles) = 0 or '*' = any (roles) or approval.roles && roles
        or (approval.escalate_at <= now() and approval.escalate_to && roles) is true
$$;
comment on function api.approval_is_for is 'Whether who acts in these roles may decide it now.';
