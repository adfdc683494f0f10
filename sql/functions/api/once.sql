-- Does api.<operation> once for an Idempotency-Key: a repetition gets the first answer, another
-- request under the same key is refused, and one that comes while the first is being worked on waits
-- for it. Key and effect commit together; a refusal leaves nothing behind.
create or replace function api.once(customer uuid, operation text, key text,
    request_sha256 bytea, request json) returns json
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    held record;
    answer json;
begin
    select * into strict held
    from engine.idempotent_begin(customer, operation, key, request_sha256);
    if held.state = 'mismatch' then
        perform api.fail(422, 'idempotency_mismatch',
            'the Idempotency-Key was used with another request', '?Idempotency-Key');
    elsif held.state = 'same' then
        return jsonb_set(held.response::jsonb, '{headers}',
            coalesce(held.response::jsonb -> 'headers', '{}')
                || '{"idempotent-replayed": "true"}');
    end if;
    execute format('select api.%I($1, $2)', operation) into strict answer using customer, request;
    perform engine.idempotent_done(customer, operation, key, (answer ->> 'status')::integer,
        answer);
    return answer;
end
$$;
comment on function api.once is 'An operation under an Idempotency-Key.';
