create or replace function api.secret_put(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    secret mb.secrets;
begin
    perform api.begin_as(customer);
    insert into mb.secrets (customer_id, name, sealed)
    values (customer, request -> 'params' ->> 'name', request -> 'body' ->> 'sealed')
    on conflict (customer_id, name) do update set sealed = excluded.sealed, updated_at = now()
    returning * into strict secret;
    perform pg_notify('mb_changed', 'customer ' || customer);
    return json_build_object('status', 200, 'body', api.secret_json(secret));
end
$$;
comment on function api.secret_put is 'PUT /v1/secrets/{name}';
