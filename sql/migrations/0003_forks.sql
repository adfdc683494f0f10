-- What replays and forks need: the configuration that a run began with, and whose record a fork uses.

-- ---------------------------------------------------------------- configurations
-- A deployment's configuration may change while runs are open, or long after they ended; each run goes
-- on, and is replayed, with the one that it began with. So a change leaves the earlier one here.
alter table mb.deployments add column config_revision integer not null default 1;
create table mb.deployment_configs (
    customer_id uuid not null,
    deployment_id uuid not null,
    revision integer not null,
    config json not null,
    created_at timestamptz not null default now(),
    primary key (customer_id, deployment_id, revision),
    foreign key (customer_id, deployment_id) references mb.deployments
);
insert into mb.deployment_configs (customer_id, deployment_id, revision, config, created_at)
select customer_id, deployment_id, config_revision, config, created_at from mb.deployments;

select mb.secure_table('mb.deployment_configs');
grant select, insert, update, delete on mb.deployment_configs to moonbase_engine;
grant select on mb.deployment_configs to moonbase_core;

create function mb.count_config() returns trigger
language plpgsql volatile security invoker set search_path = ''
as $$
begin
    if new.config::text is distinct from old.config::text then
        new.config_revision := old.config_revision + 1;
    end if;
    return new;
end
$$;
comment on function mb.count_config() is 'Counts the changes of a deployment''s configuration.';
alter function mb.count_config() owner to moonbase_owner;
create trigger count_config before update on mb.deployments
for each row execute function mb.count_config();

-- Whoever changes a deployment need not be allowed to write here.
create function mb.keep_config() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into mb.deployment_configs (customer_id, deployment_id, revision, config)
    values (new.customer_id, new.deployment_id, new.config_revision, new.config)
    on conflict do nothing;
    return null;
end
$$;
comment on function mb.keep_config() is 'Keeps every configuration that a deployment had.';
alter function mb.keep_config() owner to moonbase_engine;
create trigger keep_config after insert or update on mb.deployments
for each row execute function mb.keep_config();

-- ---------------------------------------------------------------- runs
-- config_revision is null in runs from before this migration: they have the present one. A fork's own
-- clock begins when that of the run at its root began, or the code would take other ways before it
-- comes to the fork.
alter table mb.runs
    add column config_revision integer,
    add column forked_from uuid,
    add column forked_at_step integer,
    add column clock_at timestamptz; -- null: created_at
alter type mb.batch_run add attribute config_revision integer;

-- A step of a fork that was taken from the other run's record: it was not executed and costs nothing.
alter table mb.steps add column replayed boolean not null default false;
