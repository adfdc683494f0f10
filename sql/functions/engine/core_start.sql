-- Whatever an earlier life of this place left behind is freed at once: that process is gone, or it
-- would hold the place. Waits for a batch of it that is just being committed.
create or replace function engine.core_start(p_node text, p_worker integer) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    earlier bigint;
    own bigint;
begin
    for earlier in
        select c.fence
        from mb.cores c
        where c.node = p_node and c.worker = p_worker and c.dead_at is null
        order by c.fence
        for update
    loop
        perform engine.bury(earlier);
    end loop;
    insert into mb.cores (node, worker) values (p_node, p_worker) returning fence into own;
    return own;
end
$$;
comment on function engine.core_start is
    'Registers a new life of a core, buries its earlier ones, and returns its fencing number.';
