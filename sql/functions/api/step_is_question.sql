-- What else waits for a person is a write of which nobody knows whether it took effect.
create or replace function api.step_is_question(customer uuid, run uuid, step integer)
returns boolean
language sql stable security invoker set search_path = ''
as $$
    select s.tool in ('approve', 'ask')
    from mb.steps s
    where s.customer_id = customer and s.run_id = run and s.seq = step and s.kind = 1
$$;
comment on function api.step_is_question is
    'Whether the step asks a person for a decision or an answer; null when there is none.';
