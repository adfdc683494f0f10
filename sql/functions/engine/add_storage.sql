-- The cap: the customer's own, else the setting mb.storage_bytes of the session, else 1 GiB. Less is
-- always possible.
create or replace function engine.add_storage(p_customer uuid, p_bytes bigint) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    used bigint;
    cap bigint;
begin
    if p_bytes = 0 then
        return;
    end if;
    update mb.storage
    set bytes = bytes + p_bytes
    where customer_id = p_customer
    returning bytes into used;
    if p_bytes < 0 then
        return;
    end if;
    select coalesce((c.limits ->> 'storage_bytes')::bigint,
        nullif(current_setting('mb.storage_bytes', true), '')::bigint, 1073741824) into cap
    from mb.customers c
    where c.customer_id = p_customer;
    if used > cap then
        raise exception using errcode = 'MB422', detail = 'storage_limit',
            message = format('the customer''s storage of %s bytes is used up', cap);
    end if;
end
$$;
comment on function engine.add_storage is
    'Counts bytes of a customer''s data, and refuses with storage_limit when there are too many.';
