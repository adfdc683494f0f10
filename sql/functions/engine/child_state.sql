-- cost_micros includes what its own children cost, and what those may still spend that go on behind
-- it. No row when it is no child of this parent.
create or replace function engine.child_state(p_customer uuid, p_parent uuid, p_run uuid)
returns table (is_over boolean, status text, output text, error text, steps integer,
    tokens_in bigint, tokens_out bigint, cost_micros bigint, limits json)
language sql stable security definer set search_path = ''
as $$
    select r.finished_at is not null, r.status::text, r.output, r.error, r.steps, r.tokens_in,
        r.tokens_out, r.cost_micros + engine.child_claim(p_customer, p_run), r.limits::json
    from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run and r.parent_run_id = p_parent
$$;
comment on function engine.child_state is 'A child run as its parent is to know it.';
