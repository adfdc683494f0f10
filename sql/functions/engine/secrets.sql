create or replace function engine.secrets(p_customer uuid) returns json
language sql stable security definer set search_path = ''
as $$
    select coalesce(json_object_agg(s.name, s.sealed), '{}')
    from mb.secrets s
    where s.customer_id = p_customer
$$;
comment on function engine.secrets is 'A customer''s secrets, sealed: {name: text}.';
