-- Rows of the era that went to the default partition (a clock had jumped) move to where they belong.
create or replace function engine.make_partition(parent text, era timestamptz) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    part constant text := format('%s_%s', parent, to_char(era at time zone 'UTC', '"y"YYYY"m"MM'));
    lower constant uuid := engine.uuid_at(era);
    upper constant uuid := engine.uuid_at((era at time zone 'UTC' + interval '1 month')
        at time zone 'UTC');
begin
    if to_regclass(format('mb.%I', part)) is not null then
        return false;
    end if;
    execute format('create table mb.%I (like mb.%I including all)', part, parent);
    -- Forced row-level security hides the rows from their table's owner too.
    execute format('alter table mb.%I no force row level security', parent || '_default');
    execute format('with moved as (delete from mb.%I where run_id >= %L and run_id < %L returning *)'
        ' insert into mb.%I select * from moved', parent || '_default', lower, upper, part);
    execute format('alter table mb.%I force row level security', parent || '_default');
    perform mb.secure_table(format('mb.%I', part)::regclass);
    execute format('alter table mb.%I attach partition mb.%I for values from (%L) to (%L)',
        parent, part, lower, upper);
    return true;
end
$$;
comment on function engine.make_partition is
    'Makes one month''s partition of mb.runs or mb.steps; false when it is there.';
alter function engine.make_partition(text, timestamptz) owner to moonbase_owner;
