create or replace function api.secret_create(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    name_ constant text := request -> 'params' ->> 'name';
    secret mb.secrets;
begin
    perform api.begin_as(customer);
    insert into mb.secrets (customer_id, name, sealed)
    values (customer, name_, request -> 'body' ->> 'sealed')
    on conflict (customer_id, name) do nothing
    returning * into secret;
    if not found then
        perform api.fail(409, 'exists', format('there is a secret "%s"', name_), '/name');
    end if;
    perform pg_notify('mb_changed', 'customer ' || customer);
    return json_build_object('status', 201, 'body', api.secret_json(secret));
end
$$;
comment on function api.secret_create is 'POST /v1/secrets';
