-- Workflows: drafts that people work on, and the versions that were published of them.
--
-- A draft is whatever was last saved, with errors or without; `revision` counts its changes, and whoever
-- saves says which revision the change was made on. A version never changes: its document, and the
-- package that the compiler made of it.
create table mb.workflows (
    customer_id uuid not null references mb.customers,
    workflow_id uuid not null,
    name text not null,  -- of the draft's document; "" when it has none
    title text not null, -- likewise
    document json not null,
    revision integer not null default 1,
    published integer not null default 0, -- the last version; 0 = none
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    updated_by uuid not null, -- the key
    deleted_at timestamptz,
    primary key (customer_id, workflow_id)
);

create table mb.workflow_versions (
    customer_id uuid not null references mb.customers,
    workflow_id uuid not null,
    version integer not null,
    name text not null, -- the package's
    document json not null,
    package_id uuid not null,
    cost json, -- as the compiler estimated it
    note text not null default '',
    published_at timestamptz not null default now(),
    published_by uuid not null, -- the key
    primary key (customer_id, workflow_id, version),
    foreign key (customer_id, workflow_id) references mb.workflows,
    foreign key (customer_id, package_id) references mb.packages
);
create index workflow_versions_by_package on mb.workflow_versions (customer_id, package_id);

select mb.secure_table('mb.workflows');
select mb.secure_table('mb.workflow_versions');
grant select, insert, update, delete on mb.workflows, mb.workflow_versions to moonbase_engine;
grant select, insert, update on mb.workflows to moonbase_core;
grant select, insert on mb.workflow_versions to moonbase_core;
