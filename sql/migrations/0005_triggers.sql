-- Triggers: what starts runs by itself. A schedule's tick or a webhook's delivery is a row of
-- mb.trigger_firings with a key of its own, made in the transaction that makes the run: so it starts
-- one run, whichever core sees it and however often it comes.

create domain mb.trigger_kind as text check (value in ('cron', 'webhook'));
create domain mb.trigger_catch_up as text check (value in ('one', 'none'));
alter domain mb.trigger_kind owner to moonbase_owner;
alter domain mb.trigger_catch_up owner to moonbase_owner;

create table mb.triggers (
    customer_id uuid not null,
    trigger_id uuid not null,
    deployment_id uuid not null,
    name text not null,
    kind mb.trigger_kind not null,
    is_enabled boolean not null default true,
    is_managed boolean not null default false, -- kept by engine.put_triggers, from a workflow
    input text not null default 'null',        -- the template of its runs' input, JSON
    -- cron
    schedule text,
    timezone text not null default 'UTC',
    catch_up mb.trigger_catch_up not null default 'one', -- after ticks that nobody was there for
    next_at timestamptz, -- null: a core has to compute it, or the trigger is no enabled schedule
    -- webhook
    scheme text,         -- how deliveries are signed: core/http/hook_scheme.c
    sealed text,         -- the secret, as those of mb.secrets; null: it takes no deliveries yet
    headers text[] not null default '{}', -- what of a delivery's headers the run gets, lower case
    -- what happened
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    last_at timestamptz, -- when it last fired; of a busy webhook to the second
    last_run_id uuid,
    last_error text,     -- {"code", "message"}: why it did not fire since
    primary key (customer_id, trigger_id),
    unique (customer_id, deployment_id, name),
    foreign key (customer_id, deployment_id) references mb.deployments,
    check (kind <> 'cron' or schedule is not null),
    check (kind <> 'webhook' or scheme is not null)
) with (fillfactor = 80);
-- What the cores look at: the next ones, before them those that have to be computed.
create index triggers_due on mb.triggers (next_at nulls first) where is_enabled and kind = 'cron';
-- A delivery names nothing but the trigger.
create unique index triggers_by_id on mb.triggers (trigger_id);

create table mb.trigger_firings (
    customer_id uuid not null,
    trigger_id uuid not null,
    key text not null, -- "tick <time>", "delivery <id>", "body <sha256>", "manual <id>"
    run_id uuid not null,
    scheduled_at timestamptz, -- of a tick
    fired_at timestamptz not null default now(),
    primary key (customer_id, trigger_id, key),
    foreign key (customer_id, trigger_id) references mb.triggers on delete cascade
);
create index trigger_firings_latest on mb.trigger_firings (customer_id, trigger_id, run_id);
create index trigger_firings_old on mb.trigger_firings (fired_at);

select mb.secure_table('mb.triggers');
select mb.secure_table('mb.trigger_firings');
grant select, insert, update, delete on mb.triggers, mb.trigger_firings to moonbase_engine;
grant select, insert, update, delete on mb.triggers to moonbase_core;
grant select on mb.trigger_firings to moonbase_core;

-- A deployment that takes no runs has no triggers that fire. They are not enabled again with it.
create function mb.stop_triggers() returns trigger
language plpgsql volatile security invoker set search_path = ''
as $$
begin
    update mb.triggers
    set is_enabled = false, next_at = null, updated_at = now()
    where customer_id = new.customer_id and deployment_id = new.deployment_id and is_enabled;
    return null;
end
$$;
comment on function mb.stop_triggers() is 'Disables the triggers of a deployment that is deleted.';
alter function mb.stop_triggers() owner to moonbase_owner;
create trigger stop_triggers after update of deleted_at on mb.deployments
for each row when (old.deleted_at is null and new.deleted_at is not null)
execute function mb.stop_triggers();

-- The cores sleep until the next tick: whoever changes it wakes them. A tick itself tells nobody, for
-- every core wakes for it anyway.
create function mb.tell_trigger() returns trigger
language plpgsql volatile security invoker set search_path = ''
as $$
begin
    if new.is_enabled and new.kind = 'cron'
        and current_setting('mb.is_tick', true) is distinct from 'on' then
        perform pg_notify('mb_trigger', '');
    end if;
    return null;
end
$$;
comment on function mb.tell_trigger() is 'Tells the cores that there is another tick to wait for.';
alter function mb.tell_trigger() owner to moonbase_owner;
create trigger tell_trigger after insert or update of next_at, is_enabled on mb.triggers
for each row execute function mb.tell_trigger();
