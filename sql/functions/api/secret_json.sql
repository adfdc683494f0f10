create or replace function api.secret_json(secret mb.secrets) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_build_object('name', secret.name, 'created_at', api.show_time(secret.created_at),
        'updated_at', api.show_time(secret.updated_at))
$$;
comment on function api.secret_json is 'A secret as customers see it: never its value.';
