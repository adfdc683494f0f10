-- Months of runs and steps.
set role moonbase_core;
select t.is(engine.ensure_partitions(), 0, 'this_month_and_the_next_are_there');
reset role;
select t.is((select count(*) from pg_inherits where inhparent = 'mb.runs'::regclass), 3::bigint,
    'as_two_partitions_and_the_default');

-- a clock that had jumped: rows whose month is made later -----------------------------------------
select engine.uuid_at('2099-05-06 00:00+00') as far \gset
insert into mb.steps (customer_id, run_id, seq, kind, state, key, tool, started_at, fence)
values (t.customer(1), :'far', 0, 1, 2, 'k', 'x', now(), 1);
select t.is((select tableoid::regclass::text from mb.steps where run_id = :'far'), 'mb.steps_default',
    'a_row_without_a_month_is_kept');
select t.ok(engine.make_partition('steps', '2099-05-01 00:00+00'), 'its_month_is_made');
select t.is((select tableoid::regclass::text from mb.steps where run_id = :'far'),
    'mb.steps_y2099m05', 'and_the_row_is_where_it_belongs');
select t.is((select count(*) from pg_class where relkind = 'r' and relnamespace = 'mb'::regnamespace
    and relname like 'steps\_%' and relrowsecurity and relforcerowsecurity), 4::bigint,
    'every_partition_has_row_level_security_of_its_own');
select t.throws('set local role moonbase_core; select from mb.steps_y2099m05', '42501',
    'a_core_reads_partitions_through_their_parent_only');
select t.is((select count(*) from pg_inherits i join pg_index x on x.indexrelid = i.inhrelid
    where x.indrelid = 'mb.steps_y2099m05'::regclass), 1::bigint, 'with_the_parents_indexes');

