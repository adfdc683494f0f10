-- The core has made the key; only its hash comes here. It has the caller's roles unless it is given
-- fewer.
create or replace function api.key_create(customer uuid, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    body constant json := request -> 'body';
    own text[];
    given text[];
    key mb.api_keys;
begin
    perform api.begin_as(customer);
    own := api.key_roles(customer, (request -> 'caller' ->> 'key_id')::uuid);
    given := own;
    if body ->> 'roles' is not null then
        given := array(select json_array_elements_text(body -> 'roles'));
    end if;
    if not ('*' = any (own) or given <@ own) then
        perform api.fail(403, 'forbidden', 'a key cannot give a role that it does not have',
            '/roles');
    end if;
    insert into mb.api_keys (customer_id, key_id, name, key_sha256, prefix, scopes, roles)
    values (customer, (request ->> 'id')::uuid, body ->> 'name',
        decode(request ->> 'key_sha256', 'hex'), request ->> 'prefix',
        array(select json_array_elements_text(body -> 'scopes')), given)
    returning * into strict key;
    return json_build_object(
        'status', 201,
        'headers', json_build_object('location', '/v1/keys/' || api.show_id('key', key.key_id)),
        'body', json_build_object('id', api.show_id('key', key.key_id), 'name', key.name,
            'prefix', key.prefix, 'scopes', key.scopes, 'roles', key.roles,
            'created_at', api.show_time(key.created_at)));
end
$$;
comment on function api.key_create is 'POST /v1/keys';
