create or replace function api.key_roles(customer uuid, key uuid) returns text[]
language sql stable security invoker set search_path = ''
as $$
    select coalesce((
        select k.roles from mb.api_keys k where k.customer_id = customer and k.key_id = key), '{}')
$$;
comment on function api.key_roles is 'The roles that the holder of a key acts in.';
