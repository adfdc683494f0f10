create or replace function engine.touch_keys(p_customers uuid[], p_keys uuid[]) returns void
language sql volatile security definer set search_path = ''
as $$
    update mb.api_keys k
    set last_used_at = now()
    from (
        select customer_id, key_id
        from unnest(p_customers, p_keys) as u (customer_id, key_id)
        order by 1, 2
    ) u
    where k.customer_id = u.customer_id and k.key_id = u.key_id
$$;
comment on function engine.touch_keys is 'Notes the last use of a batch of API keys.';
