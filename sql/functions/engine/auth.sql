create or replace function engine.auth(p_key_sha256 bytea)
returns table (customer_id uuid, key_id uuid, scopes text[], revoked boolean,
    customer_name text, customer_limits json, customer_disabled boolean)
language sql stable security definer set search_path = ''
as $$
    select k.customer_id, k.key_id, k.scopes, k.revoked_at is not null, c.name, c.limits,
        c.disabled_at is not null
    from mb.api_keys k
    join mb.customers c on c.customer_id = k.customer_id
    where k.key_sha256 = p_key_sha256
$$;
comment on function engine.auth is 'The key with this hash and its customer; no row when unknown.';
