create or replace function api.key_revoke(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    id constant uuid := request -> 'params' ->> 'key_id';
begin
    perform api.begin_as(customer);
    update mb.api_keys
    set revoked_at = now()
    where customer_id = customer and key_id = id and revoked_at is null;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such key, or it is revoked already');
    end if;
    perform pg_notify('mb_changed', 'key ' || id);
    return json_build_object('status', 204);
end
$$;
comment on function api.key_revoke is 'DELETE /v1/keys/{key_id}';
