create or replace function api.secret_delete(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
begin
    perform api.begin_as(customer);
    delete from mb.secrets
    where customer_id = customer and name = request -> 'params' ->> 'name';
    if not found then
        perform api.fail(404, 'not_found', 'there is no such secret');
    end if;
    perform pg_notify('mb_changed', 'customer ' || customer);
    return json_build_object('status', 204);
end
$$;
comment on function api.secret_delete is 'DELETE /v1/secrets/{name}';
