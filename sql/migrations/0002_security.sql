-- Roles, owners, grants and row-level security.
--
--   moonbase_owner   owns schemas and tables; no login; row-level security is forced on it too
--   moonbase_engine  owns the functions that work across customers; no login; sees all rows
--   moonbase_core    what a core logs in as: executes functions, reads and writes tables as one
--                    customer; may not touch money or the journal but through engine functions
--
-- Roles belong to the cluster and may be there already (another database of it uses the same ones).

do $$
declare
    wanted text;
begin
    foreach wanted in array array['moonbase_owner', 'moonbase_engine', 'moonbase_core'] loop
        begin
            if not exists (select from pg_roles where rolname = wanted) then
                execute format('create role %I', wanted);
            end if;
        exception when duplicate_object or unique_violation then
            null; -- another database of this cluster is migrated at the same time
        end;
    end loop;
    if not (select rolcanlogin from pg_roles where rolname = 'moonbase_core') then
        alter role moonbase_core login;
    end if;
    -- An administrator who is no superuser acts through membership.
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant moonbase_owner, moonbase_engine, moonbase_core to %I', current_user);
    end if;
    execute format('grant connect on database %I to moonbase_core', current_database());
    -- Steps with arguments or results of some kilobytes are written in half the time. A server that
    -- was built without lz4, or an administrator who does not own the database, goes without.
    begin
        execute format('alter database %I set default_toast_compression = lz4', current_database());
    exception when others then
        null;
    end;
end
$$;

-- ---------------------------------------------------------------- owners
alter schema mb owner to moonbase_owner;
alter schema engine owner to moonbase_owner;
alter schema api owner to moonbase_owner;
alter sequence mb.core_fences owner to moonbase_owner;
alter view mb.balances_now owner to moonbase_owner;

alter domain mb.run_status owner to moonbase_owner;
alter domain mb.amount owner to moonbase_owner;
alter type mb.batch_run owner to moonbase_owner;
alter type mb.batch_step owner to moonbase_owner;
alter type mb.batch_change owner to moonbase_owner;
alter type mb.batch_usage owner to moonbase_owner;
alter type mb.batch_charge owner to moonbase_owner;

grant usage, create on schema engine, api to moonbase_engine;
grant usage on schema mb to moonbase_engine, moonbase_core;
grant usage on schema engine, api to moonbase_core, moonbase_owner;

-- ---------------------------------------------------------------- row-level security
-- The policies of one table: its own customer's rows for everybody, all rows for the engine. Used
-- here, by later migrations, and for new partitions.
create function mb.secure_table(target regclass) returns void
language plpgsql volatile security invoker set search_path = '' set client_min_messages = warning
as $$
declare
    own constant text :=
        'customer_id = nullif(current_setting(''mb.customer_id'', true), '''')::uuid';
begin
    execute format('alter table %s owner to moonbase_owner', target);
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('drop policy if exists tenant on %s', target);
    execute format('drop policy if exists engine on %s', target);
    execute format('create policy tenant on %s to moonbase_core, moonbase_owner'
        ' using (%s) with check (%s)', target, own, own);
    execute format('create policy engine on %s to moonbase_engine'
        ' using (true) with check (true)', target);
end
$$;
comment on function mb.secure_table(regclass) is
    'Gives a tenant table to moonbase_owner, forces row-level security on it and adds its policies.';
alter function mb.secure_table(regclass) owner to moonbase_owner;
revoke all on function mb.secure_table(regclass) from public;

do $$
declare
    one regclass;
begin
    for one in
        select c.oid::regclass
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'customer_id'
        where c.relnamespace = 'mb'::regnamespace and c.relkind in ('r', 'p')
    loop
        perform mb.secure_table(one);
    end loop;
end
$$;
alter table mb.cores owner to moonbase_owner;

-- The platform's packages may be read by everybody.
create policy platform on mb.packages for select to moonbase_core
    using (customer_id = '00000000-0000-0000-0000-000000000000');

-- ---------------------------------------------------------------- grants
grant select, insert, update, delete on all tables in schema mb to moonbase_engine;
grant usage on sequence mb.core_fences to moonbase_engine;

grant select on mb.customers, mb.api_keys, mb.balances, mb.balance_leases, mb.balances_now,
    mb.credits, mb.packages, mb.deployments, mb.secrets, mb.runs, mb.steps, mb.idempotency_keys,
    mb.approvals, mb.usage_hourly, mb.storage, mb.kv, mb.documents, mb.files
    to moonbase_core;
grant insert, update, delete on mb.api_keys, mb.packages, mb.deployments, mb.secrets, mb.storage,
    mb.kv, mb.documents, mb.files
    to moonbase_core;

-- Called after the functions of engine and api were applied: only the core may execute them, and
-- what runs with its owner's rights belongs to moonbase_engine (or to moonbase_owner where the
-- function's own file says so, as making partitions does).
create function mb.secure_functions() returns void
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    one record;
begin
    for one in
        select p.oid::regprocedure as signature, p.prosecdef,
            pg_catalog.pg_get_userbyid(p.proowner) as owner
        from pg_catalog.pg_proc p
        where p.pronamespace in ('engine'::regnamespace, 'api'::regnamespace)
    loop
        if one.owner <> 'moonbase_owner' and one.owner <> 'moonbase_engine' then
            execute pg_catalog.format('alter function %s owner to %I', one.signature,
                case when one.prosecdef then 'moonbase_engine' else 'moonbase_owner' end);
        end if;
        execute pg_catalog.format('revoke all on function %s from public', one.signature);
        execute pg_catalog.format('grant execute on function %s to moonbase_core, moonbase_engine',
            one.signature);
    end loop;
end
$$;
comment on function mb.secure_functions() is
    'Sets owners and execute rights of all functions in the schemas engine and api.';
alter function mb.secure_functions() owner to moonbase_owner;
revoke all on function mb.secure_functions() from public;

-- ---------------------------------------------------------------- caches of the cores
-- What cores keep in memory about a customer is dropped when it changes, whoever changes it. Arguments:
-- the kind, and the column of the id.
create function mb.tell_changed() returns trigger
language plpgsql volatile security invoker set search_path = ''
as $$
declare
    changed constant jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
    perform pg_notify('mb_changed', tg_argv[0] || ' ' || (changed ->> tg_argv[1]));
    return null;
end
$$;
comment on function mb.tell_changed() is
    'Notifies the cores that a row they may have in memory has changed.';
alter function mb.tell_changed() owner to moonbase_owner;

create trigger tell_changed after update or delete on mb.customers
for each row execute function mb.tell_changed('customer', 'customer_id');
create trigger tell_changed after update or delete on mb.deployments
for each row execute function mb.tell_changed('deployment', 'deployment_id');
create trigger tell_changed after insert or update or delete on mb.secrets
for each row execute function mb.tell_changed('customer', 'customer_id');
-- Noting a key's last use is no change.
create trigger tell_changed after delete or update of revoked_at, scopes on mb.api_keys
for each row execute function mb.tell_changed('key', 'key_id');
