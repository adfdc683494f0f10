create or replace function engine.put_key(p_customer uuid, p_key uuid, p_name text,
    p_key_sha256 bytea, p_prefix text, p_scopes text[]) returns void
language sql volatile security definer set search_path = ''
as $$
    insert into mb.api_keys (customer_id, key_id, name, key_sha256, prefix, scopes)
    values (p_customer, p_key, p_name, p_key_sha256, p_prefix, p_scopes)
    on conflict (key_sha256) do nothing
$$;
comment on function engine.put_key is 'Adds an API key by its hash; the same key again is no error.';
