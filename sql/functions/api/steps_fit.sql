-- Steps hold up to megabytes each, so a page of them ends early: behind 8 MiB, but with one at least.
-- Sizes are those of the stored texts; nothing is unpacked for them.
create or replace function api.steps_fit(customer uuid, run uuid, after integer, kinds smallint[],
    size integer) returns integer
language sql stable security invoker set search_path = ''
as $$
    select case when bool_or(sums.bytes > 8388608)
        then greatest(count(*) filter (where sums.bytes <= 8388608), 1) else size end::integer
    from (
        select sum(octet_length(coalesce(s.args, '')) + octet_length(coalesce(s.result, ''))
            + octet_length(coalesce(s.error, ''))) over (order by s.seq) as bytes
        from mb.steps s
        where s.customer_id = customer and s.run_id = run and s.seq > after and s.kind = any (kinds)
        order by s.seq
        limit size
    ) sums
$$;
comment on function api.steps_fit is 'How many steps behind this one a page takes, of `size` at most.';
