-- The tables of the heart: customers, packages, deployments, runs, the journal, money, data.
--
-- Tenant first: every tenant table's primary key begins with customer_id, and so does every foreign
-- key between them. Row-level security is forced on all of them: a session sees the rows of the one
-- customer in the setting mb.customer_id and nobody else's. Work that spans customers (the journal
-- of a core, taking over runs) goes through the functions of schema engine, which run as the role
-- moonbase_engine; the core's login role owns nothing and cannot bypass the policies.
--
-- Money is in integer micro-dollars, durations in microseconds, as the names say.

create schema mb;
create schema engine;
create schema api;
-- Domains and not checks of the tables: those are parsed anew in every statement that writes.
create domain mb.run_status as text
    check (value in ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'));
create domain mb.amount as bigint check (value >= 0);
create sequence mb.core_fences as bigint;

-- ---------------------------------------------------------------- the cores themselves (no tenant)
-- One row per life of a core. `fence` is its fencing number: what it writes carries the number, and
-- is refused once the row says dead. The row is the lock as well: a flush updates flush_no and so
-- holds the row until it commits; who declares a core dead takes the row first. There is no index
-- but the key, so that beats and flushes are HOT updates.
create table mb.cores (
    fence bigint primary key default nextval('mb.core_fences'),
    node text not null,
    worker integer not null,
    started_at timestamptz not null default now(),
    beat_at timestamptz not null default now(),
    dead_at timestamptz,
    flush_no bigint not null default 0 -- the last batch of the journal that was applied
) with (fillfactor = 50);

-- ---------------------------------------------------------------- customers and keys
create table mb.customers (
    customer_id uuid primary key,
    name text not null,
    created_at timestamptz not null default now(),
    -- what the customer may use: {"runs": n, "memory_bytes": n, "storage_bytes": n, "rate_per_minute": n}
    limits json not null default '{}',
    disabled_at timestamptz
);

create table mb.api_keys (
    customer_id uuid not null references mb.customers,
    key_id uuid not null,
    name text not null,
    key_sha256 bytea not null unique,
    prefix text not null, -- the first characters, to tell keys apart
    scopes text[] not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    primary key (customer_id, key_id)
);

-- What a customer has. Cores hold slices of it, so that spending needs no row that they share:
-- balance_micros is what came in less the spending that was settled; leased_micros (part of it) is
-- the sum of the slices. A flush adds to its core's own lease.spent_micros; engine.settle_lease
-- moves that into the balance when the slice is renewed or given back. So what a customer really
-- has left is balance_micros minus the sum of spent_micros: the view mb.balances_now.
create table mb.balances (
    customer_id uuid primary key references mb.customers,
    balance_micros bigint not null default 0,
    leased_micros mb.amount not null default 0
);
create table mb.balance_leases (
    customer_id uuid not null references mb.customers,
    fence bigint not null references mb.cores,
    granted_micros mb.amount not null default 0,
    spent_micros mb.amount not null default 0, -- may exceed the grant
    primary key (customer_id, fence)
) with (fillfactor = 50);
create view mb.balances_now with (security_invoker = true) as
select b.customer_id,
    (b.balance_micros - coalesce(l.spent, 0))::bigint as balance_micros,
    (b.balance_micros - b.leased_micros - coalesce(l.over, 0))::bigint as free_micros
from mb.balances b
left join lateral (
    select sum(spent_micros) as spent, sum(greatest(spent_micros - granted_micros, 0)) as over
    from mb.balance_leases l
    where l.customer_id = b.customer_id
) l on true;
-- Money in: top-ups and corrections. Money out is the journal.
create table mb.credits (
    customer_id uuid not null references mb.customers,
    credit_id uuid not null,
    amount_micros bigint not null,
    note text not null,
    created_at timestamptz not null default now(),
    primary key (customer_id, credit_id)
);

-- ---------------------------------------------------------------- packages and deployments
-- The platform's own packages belong to the customer with the nil id; everyone may read those.
create table mb.packages (
    customer_id uuid not null references mb.customers,
    package_id uuid not null,
    name text not null,
    version text not null,
    sha256 bytea not null,
    manifest json not null, -- agent.json
    files json not null,    -- {path: text}
    created_at timestamptz not null default now(),
    primary key (customer_id, package_id),
    unique (customer_id, name, version)
);

create table mb.deployments (
    customer_id uuid not null references mb.customers,
    deployment_id uuid not null,
    package_owner uuid not null, -- the customer itself, or nil: the platform
    package_id uuid not null,
    name text not null,
    config json not null default '{}',
    tools text[] not null, -- the whitelist
    limits json not null default '{}', -- {"cpu_ms", "wall_ms", "steps"} of one run
    budget_micros bigint,              -- of one run; null = only the balance bounds it
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (customer_id, deployment_id),
    foreign key (package_owner, package_id) references mb.packages (customer_id, package_id)
);

create table mb.secrets (
    customer_id uuid not null references mb.customers,
    name text not null,
    sealed text not null, -- AES-256-GCM by the core; see core/base/secret.h
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (customer_id, name)
);

-- ---------------------------------------------------------------- runs and the journal
-- Both are partitioned by the time inside the run's id (UUIDv7), so that a run's steps lie in the
-- same era as the run, and an era goes away as a whole. JSON is text here: the core made it, and to
-- check it again took a fifth of the time of a batch. Readers cast it.
create table mb.runs (
    customer_id uuid not null,
    run_id uuid not null,
    deployment_id uuid not null,
    package_owner uuid not null,
    package_id uuid not null, -- pinned: the version that the run began with
    parent_run_id uuid,
    status mb.run_status not null,
    wait_reason text,     -- approval, timer, budget, effect_uncertain, call; null unless waiting
    wake_at timestamptz,  -- when a waiting or queued run is to go on by itself
    fence bigint,         -- the core that executes it; null = nobody
    cancel_requested boolean not null default false,
    input text not null,
    output text,
    error text,           -- {code, message, file, line, step, retryable, details}
    limits text not null, -- effective: {"cpu_ms", "wall_ms", "steps", "budget_micros"}
    seed bytea not null,
    diverged boolean not null default false,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    steps integer not null default 0,
    cpu_us bigint not null default 0,
    tokens_in bigint not null default 0,
    tokens_out bigint not null default 0,
    cost_micros bigint not null default 0, -- what the customer pays: the sum of its steps' prices
    primary key (customer_id, run_id)
) partition by range (run_id);
create index runs_open on mb.runs (wake_at) where status in ('queued', 'waiting') and fence is null;
create index runs_owned on mb.runs (fence) where fence is not null;
-- Not by customer first: then it would do for (customer_id, run_id) too, and on tables that were not
-- analysed yet be taken for it.
create index runs_by_deployment on mb.runs (deployment_id, run_id);
create index runs_by_parent on mb.runs (customer_id, parent_run_id)
where parent_run_id is not null;

-- The journal. One row per step, progress event or log line; seq is its position in the run. The
-- row is the meter event too. There is no foreign key to mb.runs on purpose: checking it would lock
-- the run's row for every step, and rows of both tables only ever leave by partition.
create table mb.steps (
    customer_id uuid not null,
    run_id uuid not null,
    seq integer not null,
    kind smallint not null,  -- 1 call, 2 emit, 3 log, 4 the price of the run itself
    state smallint not null, -- 1 intent (a write that may have begun), 2 done
    key bytea not null,      -- sha256 of tool and canonical arguments, first 16 bytes, and occurrence
    tool text not null,
    args text,
    result text,
    error text,
    started_at timestamptz not null,
    duration_us bigint not null default 0,
    cpu_us bigint not null default 0,
    tokens_in integer not null default 0,
    tokens_out integer not null default 0,
    tokens_cached integer not null default 0,
    tokens_reasoning integer not null default 0,
    bytes bigint not null default 0,
    cost_micros bigint not null default 0,  -- what it cost the platform
    price_micros bigint not null default 0, -- what the customer pays
    model text,
    provider_request_id text,
    fence bigint not null,
    primary key (customer_id, run_id, seq)
) partition by range (run_id);

-- The rows of a batch, as a core sends them to engine.write_batch: arrays of rows take the server far
-- less time than arrays of columns do. core/io/pg_batch_row.c has the same columns in this order.
create type mb.batch_run as (
    customer_id uuid, run_id uuid, deployment_id uuid, package_owner uuid, package_id uuid,
    parent_run_id uuid, status text, wait_reason text, wake_at timestamptz, owned boolean,
    input text, output text, error text, limits text, seed bytea, diverged boolean,
    created_at timestamptz, started_at timestamptz, finished_at timestamptz, steps integer,
    cpu_us bigint, tokens_in bigint, tokens_out bigint, cost_micros bigint
);
create type mb.batch_step as (
    customer_id uuid, run_id uuid, seq integer, kind smallint, state smallint, completes boolean,
    key bytea, tool text, args text, result text, error text, started_at timestamptz,
    duration_us bigint, cpu_us bigint, tokens_in integer, tokens_out integer,
    tokens_cached integer, tokens_reasoning integer, bytes bigint, cost_micros bigint,
    price_micros bigint, model text, provider_request_id text
);
create type mb.batch_change as (
    customer_id uuid, run_id uuid, status text, wait_reason text, wake_at timestamptz,
    owned boolean, output text, error text, diverged boolean, started_at timestamptz,
    finished_at timestamptz, steps integer, cpu_us bigint, tokens_in bigint, tokens_out bigint,
    cost_micros bigint
);
create type mb.batch_usage as (
    customer_id uuid, hour timestamptz, deployment_id uuid, tool text, calls bigint,
    tokens_in bigint, tokens_out bigint, cpu_us bigint, bytes bigint, cost_micros bigint,
    price_micros bigint
);
create type mb.batch_charge as (customer_id uuid, micros bigint);

-- Months are made by engine.ensure_partitions; a row whose month is missing is caught here.
create table mb.runs_default partition of mb.runs default;
create table mb.steps_default partition of mb.steps default;

create table mb.idempotency_keys (
    customer_id uuid not null references mb.customers,
    scope text not null, -- the operation and its target
    key text not null,
    request_sha256 bytea not null,
    fence bigint not null, -- the core that works on it
    run_id uuid,         -- when the request starts a run: its answer is the run's
    status integer,      -- else the answer itself; null = still being worked on
    response json,
    created_at timestamptz not null default now(),
    primary key (customer_id, scope, key)
);

-- What a person has to decide or answer, or has decided.
create table mb.approvals (
    customer_id uuid not null,
    run_id uuid not null,
    seq integer not null, -- the step that waits
    title text not null,
    details json,
    roles text[] not null default '{}',
    form json, -- JSON Schema of the answer's data
    deadline_at timestamptz,
    created_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by text,
    decision json, -- {"approved": bool, "comment": text, "data": any}
    primary key (customer_id, run_id, seq)
);
create index approvals_open on mb.approvals (customer_id, created_at) where decided_at is null;

-- ---------------------------------------------------------------- usage
-- Derived from mb.steps in the same transaction; engine.rebuild_usage makes it anew. A row is spread
-- over shards (the core's fence modulo 8), so that cores that serve one customer do not wait for each
-- other's commits: readers sum.
create table mb.usage_hourly (
    customer_id uuid not null references mb.customers,
    hour timestamptz not null, -- in which the step started
    deployment_id uuid not null,
    tool text not null,
    shard smallint not null,
    calls bigint not null default 0,
    tokens_in bigint not null default 0,
    tokens_out bigint not null default 0,
    cpu_us bigint not null default 0,
    bytes bigint not null default 0,
    cost_micros bigint not null default 0,
    price_micros bigint not null default 0,
    primary key (customer_id, hour, deployment_id, tool, shard)
) with (fillfactor = 50);

-- ---------------------------------------------------------------- customers' data
-- What a customer's kv, documents and files take together; kept by the functions that write them.
create table mb.storage (
    customer_id uuid primary key references mb.customers,
    bytes bigint not null default 0
);

create table mb.kv (
    customer_id uuid not null references mb.customers,
    deployment_id uuid not null,
    key text not null,
    value json not null,
    bytes integer not null,
    expires_at timestamptz,
    updated_at timestamptz not null default now(),
    primary key (customer_id, deployment_id, key)
);
create index kv_expiring on mb.kv (expires_at) where expires_at is not null;

create table mb.documents (
    customer_id uuid not null references mb.customers,
    collection text not null,
    document_id text not null,
    title text not null default '',
    body text not null,
    metadata json not null default '{}',
    bytes integer not null,
    updated_at timestamptz not null default now(),
    -- The words, and one that no text has: the collection, so that the index finds a collection's
    -- documents and not all customers'.
    search tsvector generated always as (
        array_to_tsvector(array['in:' || customer_id::text || '/' || collection])
        || setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('english', title), 'A')
        || setweight(to_tsvector('simple', body), 'B') || setweight(to_tsvector('english', body), 'B')
    ) stored,
    primary key (customer_id, collection, document_id)
);
create index documents_search on mb.documents using gin (search);

create table mb.files (
    customer_id uuid not null references mb.customers,
    path text not null,
    content bytea not null,
    content_type text not null default 'application/octet-stream',
    bytes integer not null,
    updated_at timestamptz not null default now(),
    primary key (customer_id, path)
);

-- The customer that owns the platform's packages.
insert into mb.customers (customer_id, name)
values ('00000000-0000-0000-0000-000000000000', 'platform');
