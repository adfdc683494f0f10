-- Child runs, and the people that runs wait for: who may decide, when they are reminded.

-- What runs of a deployment may start as child runs: {name: "dep_..." or null}, where null means the
-- customer's deployment of that name. Null as a whole: everything that the package names, by name.
alter table mb.deployments add column agents json;

-- The roles that a key's holder acts in when an approval asks for some; '*' = any.
alter table mb.api_keys add column roles text[] not null default '{*}';

alter table mb.approvals
    add column escalate_at timestamptz, -- from then on these roles may decide as well:
    add column escalate_to text[] not null default '{}',
    add column escalated_at timestamptz, -- when that was told
    add column reminded_at timestamptz,  -- when a reminder was last told
    add column reminders integer not null default 0; -- how many were

-- A customer's open child runs: there is a limit to them.
create index runs_children_open on mb.runs (customer_id)
where parent_run_id is not null and finished_at is null;

drop trigger tell_changed on mb.api_keys;
create trigger tell_changed after delete or update of revoked_at, scopes, roles on mb.api_keys
for each row execute function mb.tell_changed('key', 'key_id');
