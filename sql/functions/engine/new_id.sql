create or replace function engine.new_id() returns uuid
language sql volatile security invoker set search_path = ''
as $$
    select (substr(engine.uuid_at(clock_timestamp())::text, 1, 14) || '7'
        || substr(gen_random_uuid()::text, 16))::uuid
$$;
comment on function engine.new_id is 'A new id: a UUIDv7 of this moment (RFC 9562).';
