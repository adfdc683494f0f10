-- Made by sql/dump from sql/migrations and sql/functions: to read, not to run.
-- PostgreSQL database dump

-- Name: api; Type: SCHEMA; Schema: -; Owner: moonbase_owner

CREATE SCHEMA api;

ALTER SCHEMA api OWNER TO moonbase_owner;

-- Name: engine; Type: SCHEMA; Schema: -; Owner: moonbase_owner

CREATE SCHEMA engine;

ALTER SCHEMA engine OWNER TO moonbase_owner;

-- Name: mb; Type: SCHEMA; Schema: -; Owner: moonbase_owner

CREATE SCHEMA mb;

ALTER SCHEMA mb OWNER TO moonbase_owner;

-- Name: amount; Type: DOMAIN; Schema: mb; Owner: moonbase_owner

CREATE DOMAIN mb.amount AS bigint
	CONSTRAINT amount_check CHECK ((VALUE >= 0));

ALTER DOMAIN mb.amount OWNER TO moonbase_owner;

-- Name: batch_change; Type: TYPE; Schema: mb; Owner: moonbase_owner

CREATE TYPE mb.batch_change AS (
	customer_id uuid,
	run_id uuid,
	status text,
	wait_reason text,
	wake_at timestamp with time zone,
	owned boolean,
	output text,
	error text,
	diverged boolean,
	started_at timestamp with time zone,
	finished_at timestamp with time zone,
	steps integer,
	cpu_us bigint,
	tokens_in bigint,
	tokens_out bigint,
	cost_micros bigint
);

ALTER TYPE mb.batch_change OWNER TO moonbase_owner;

-- Name: batch_charge; Type: TYPE; Schema: mb; Owner: moonbase_owner

CREATE TYPE mb.batch_charge AS (
	customer_id uuid,
	micros bigint
);

ALTER TYPE mb.batch_charge OWNER TO moonbase_owner;

-- Name: batch_run; Type: TYPE; Schema: mb; Owner: moonbase_owner

CREATE TYPE mb.batch_run AS (
	customer_id uuid,
	run_id uuid,
	deployment_id uuid,
	package_owner uuid,
	package_id uuid,
	parent_run_id uuid,
	status text,
	wait_reason text,
	wake_at timestamp with time zone,
	owned boolean,
	input text,
	output text,
	error text,
	limits text,
	seed bytea,
	diverged boolean,
	created_at timestamp with time zone,
	started_at timestamp with time zone,
	finished_at timestamp with time zone,
	steps integer,
	cpu_us bigint,
	tokens_in bigint,
	tokens_out bigint,
	cost_micros bigint,
	config_revision integer
);

ALTER TYPE mb.batch_run OWNER TO moonbase_owner;

-- Name: batch_step; Type: TYPE; Schema: mb; Owner: moonbase_owner

CREATE TYPE mb.batch_step AS (
	customer_id uuid,
	run_id uuid,
	seq integer,
	kind smallint,
	state smallint,
	completes boolean,
	key bytea,
	tool text,
	args text,
	result text,
	error text,
	started_at timestamp with time zone,
	duration_us bigint,
	cpu_us bigint,
	tokens_in integer,
	tokens_out integer,
	tokens_cached integer,
	tokens_reasoning integer,
	bytes bigint,
	cost_micros bigint,
	price_micros bigint,
	model text,
	provider_request_id text
);

ALTER TYPE mb.batch_step OWNER TO moonbase_owner;

-- Name: batch_usage; Type: TYPE; Schema: mb; Owner: moonbase_owner

CREATE TYPE mb.batch_usage AS (
	customer_id uuid,
	hour timestamp with time zone,
	deployment_id uuid,
	tool text,
	calls bigint,
	tokens_in bigint,
	tokens_out bigint,
	cpu_us bigint,
	bytes bigint,
	cost_micros bigint,
	price_micros bigint
);

ALTER TYPE mb.batch_usage OWNER TO moonbase_owner;

-- Name: run_status; Type: DOMAIN; Schema: mb; Owner: moonbase_owner

CREATE DOMAIN mb.run_status AS text
	CONSTRAINT run_status_check CHECK ((VALUE = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text])));

ALTER DOMAIN mb.run_status OWNER TO moonbase_owner;

-- Name: trigger_catch_up; Type: DOMAIN; Schema: mb; Owner: moonbase_owner

CREATE DOMAIN mb.trigger_catch_up AS text
	CONSTRAINT trigger_catch_up_check CHECK ((VALUE = ANY (ARRAY['one'::text, 'none'::text])));

ALTER DOMAIN mb.trigger_catch_up OWNER TO moonbase_owner;

-- Name: trigger_kind; Type: DOMAIN; Schema: mb; Owner: moonbase_owner

CREATE DOMAIN mb.trigger_kind AS text
	CONSTRAINT trigger_kind_check CHECK ((VALUE = ANY (ARRAY['cron'::text, 'webhook'::text])));

ALTER DOMAIN mb.trigger_kind OWNER TO moonbase_owner;

-- Name: agents_check(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.agents_check(customer uuid, agents json) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
    wrong text;
begin
    if agents is null or json_typeof(agents) <> 'object' then
        return;
    end if;
    select a.key into wrong
    from json_each_text(agents) a
    where a.value is not null and not exists (
        select from mb.deployments d
        where d.customer_id = customer and d.deployment_id = substr(a.value, 5)::uuid
            and d.deleted_at is null)
    order by a.key
    limit 1;
    if wrong is not null then
        perform api.fail(404, 'not_found', 'there is no such deployment', '/agents/' || wrong);
    end if;
end
$$;

ALTER FUNCTION api.agents_check(customer uuid, agents json) OWNER TO moonbase_owner;

-- Name: FUNCTION agents_check(customer uuid, agents json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.agents_check(customer uuid, agents json) IS 'Refuses a deployment whose child runs would be of deployments that are not there.';

-- Name: approval_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.approval_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    wanted constant integer := params ->> 'seq';
    run mb.runs;
    open integer[];
    asked mb.approvals;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    if wanted is null then
        open := array(
            select a.seq
            from mb.approvals a
            where a.customer_id = customer and a.run_id = run.run_id and api.approval_is_open(a)
                and api.step_is_question(customer, a.run_id, a.seq));
        if cardinality(open) <> 1 then
            perform api.fail(409, 'conflict', case cardinality(open)
                when 0 then 'the run waits for no decision'
                else 'the run waits for several decisions: seq is to name one' end, '/seq');
        end if;
    end if;
    select a.* into asked
    from mb.approvals a
    where a.customer_id = customer and a.run_id = run.run_id
        and a.seq = coalesce(wanted, open[1]);
    if not found then
        perform api.fail(404, 'not_found', 'this step does not wait for a decision', '/seq');
    elsif not api.step_is_question(customer, run.run_id, asked.seq) then
        perform api.fail(409, 'conflict',
            'this step is to be settled: did it take effect, and with what result?', '/seq');
    end if;
    return json_build_object('status', 200, 'body',
        json_build_object('seq', asked.seq, 'form', asked.form));
end
$$;

ALTER FUNCTION api.approval_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION approval_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.approval_get(customer uuid, request json) IS 'For POST /v1/runs/{run_id}/approve: what is decided.';

-- Name: approvals; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.approvals (
    customer_id uuid NOT NULL,
    run_id uuid NOT NULL,
    seq integer NOT NULL,
    title text NOT NULL,
    details json,
    roles text[] DEFAULT '{}'::text[] NOT NULL,
    form json,
    deadline_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    decided_at timestamp with time zone,
    decided_by text,
    decision json,
    escalate_at timestamp with time zone,
    escalate_to text[] DEFAULT '{}'::text[] NOT NULL,
    escalated_at timestamp with time zone,
    reminded_at timestamp with time zone,
    reminders integer DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY mb.approvals FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.approvals OWNER TO moonbase_owner;

-- Name: approval_is_for(mb.approvals, text[]); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.approval_is_for(approval mb.approvals, roles text[]) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select cardinality(approval.roles) = 0 or '*' = any (roles) or approval.roles && roles
        or (approval.escalate_at <= now() and approval.escalate_to && roles) is true
$$;

ALTER FUNCTION api.approval_is_for(approval mb.approvals, roles text[]) OWNER TO moonbase_owner;

-- Name: FUNCTION approval_is_for(approval mb.approvals, roles text[]); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.approval_is_for(approval mb.approvals, roles text[]) IS 'Whether who acts in these roles may decide it now.';

-- Name: approval_is_open(mb.approvals); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.approval_is_open(approval mb.approvals) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select approval.decided_at is null
        and (approval.deadline_at is null or approval.deadline_at > now())
        and exists (
            select from mb.runs r
            where r.customer_id = approval.customer_id and r.run_id = approval.run_id
                and r.finished_at is null)
$$;

ALTER FUNCTION api.approval_is_open(approval mb.approvals) OWNER TO moonbase_owner;

-- Name: FUNCTION approval_is_open(approval mb.approvals); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.approval_is_open(approval mb.approvals) IS 'Whether somebody can still decide it.';

-- Name: approvals_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.approvals_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    cursor_ constant text[] := api.cursor_unpack(params, 2);
    wanted constant text := params ->> 'state';
    run constant uuid := params ->> 'run';
    after_run uuid;
    after_seq integer;
    items json[];
    cursors text[];
begin
    if cursor_ is not null then
        if (cursor_[1] ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            and cursor_[2] ~ '^[0-9]{1,9}$') is not true then
            perform api.fail(400, 'invalid_request', 'the cursor is not one of this list',
                '?cursor');
        end if;
        after_run := cursor_[1];
        after_seq := cursor_[2];
    end if;
    perform api.begin_as(customer);
    select array_agg(json_build_object('run_id', api.show_id('run', a.run_id), 'seq', a.seq,
            'title', a.title, 'details', a.details, 'roles', a.roles, 'form', a.form,
            'deadline_at', api.show_time(a.deadline_at),
            'created_at', api.show_time(a.created_at),
            'decided_at', api.show_time(a.decided_at), 'decided_by', a.decided_by,
            'decision', a.decision, 'reminded_at', api.show_time(a.reminded_at),
            'reminders', a.reminders, 'escalate_at', api.show_time(a.escalate_at),
            'escalate_to', a.escalate_to)),
        array_agg(api.cursor_pack(a.run_id::text, a.seq::text))
    into items, cursors
    from (
        select a.*
        from mb.approvals a
        where a.customer_id = customer
            and (run is null or a.run_id = run)
            and case wanted
                when 'open' then a.decided_at is null and api.approval_is_open(a)
                when 'decided' then a.decided_at is not null
                else true end
            and (after_run is null or (a.run_id, a.seq) < (after_run, after_seq))
        order by a.run_id desc, a.seq desc
        limit size + 1
    ) a;
    return api.page(items, cursors, size);
end
$_$;

ALTER FUNCTION api.approvals_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION approvals_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.approvals_list(customer uuid, request json) IS 'GET /v1/approvals';

-- Name: balance_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.balance_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    balance record;
begin
    perform api.begin_as(customer);
    select b.balance_micros, b.free_micros into balance
    from mb.balances_now b
    where b.customer_id = customer;
    return json_build_object('status', 200, 'body', json_build_object(
        'balance_micros', coalesce(balance.balance_micros, 0),
        'reserved_micros', coalesce(balance.balance_micros - balance.free_micros, 0),
        'available_micros', coalesce(balance.free_micros, 0)));
end
$$;

ALTER FUNCTION api.balance_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION balance_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.balance_get(customer uuid, request json) IS 'GET /v1/balance';

-- Name: begin_as(uuid); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.begin_as(customer uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
    select set_config('mb.customer_id', customer::text, true)
$$;

ALTER FUNCTION api.begin_as(customer uuid) OWNER TO moonbase_owner;

-- Name: FUNCTION begin_as(customer uuid); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.begin_as(customer uuid) IS 'From here to the end of the transaction, rows of this customer are seen, and no others.';

-- Name: collections_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.collections_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant text := (api.cursor_unpack(params, 1))[1];
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(json_build_object('name', c.name, 'documents', c.documents,
            'bytes', c.bytes)),
        array_agg(api.cursor_pack(c.name))
    into items, cursors
    from (
        select d.collection as name, count(*) as documents, sum(d.bytes) as bytes
        from mb.documents d
        where d.customer_id = customer and (after is null or d.collection > after)
        group by d.collection
        order by d.collection
        limit size + 1
    ) c;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.collections_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION collections_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.collections_list(customer uuid, request json) IS 'GET /v1/knowledge';

-- Name: cursor_id(json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.cursor_id(params json) RETURNS uuid
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
declare
    parts constant text[] := api.cursor_unpack(params, 1);
begin
    if parts is not null
        and (parts[1] ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') is not true then
        perform api.fail(400, 'invalid_request', 'the cursor is not one of this list', '?cursor');
    end if;
    return parts[1]::uuid;
end
$_$;

ALTER FUNCTION api.cursor_id(params json) OWNER TO moonbase_owner;

-- Name: FUNCTION cursor_id(params json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.cursor_id(params json) IS 'The id at which the page before ended.';

-- Name: cursor_pack(text[]); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.cursor_pack(VARIADIC parts text[]) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select translate(encode(convert_to(array_to_json(parts)::text, 'UTF8'), 'base64'),
        E'+/=\n', '-_')
$$;

ALTER FUNCTION api.cursor_pack(VARIADIC parts text[]) OWNER TO moonbase_owner;

-- Name: FUNCTION cursor_pack(VARIADIC parts text[]); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.cursor_pack(VARIADIC parts text[]) IS 'A place in a list as an opaque text (base64url of JSON).';

-- Name: cursor_unpack(json, integer); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.cursor_unpack(params json, n integer) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
    text_ constant text := params ->> 'cursor';
    parts text[];
begin
    if text_ is null then
        return null;
    end if;
    begin
        select array_agg(value order by ordinality) into strict parts
        from json_array_elements_text(convert_from(decode(translate(text_, '-_', '+/')
                || repeat('=', (4 - length(text_) % 4) % 4), 'base64'), 'UTF8')::json)
            with ordinality;
    exception when others then
        parts := null;
    end;
    if cardinality(parts) is distinct from n then
        perform api.fail(400, 'invalid_request', 'the cursor is not one of this list', '?cursor');
    end if;
    return parts;
end
$$;

ALTER FUNCTION api.cursor_unpack(params json, n integer) OWNER TO moonbase_owner;

-- Name: FUNCTION cursor_unpack(params json, n integer); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.cursor_unpack(params json, n integer) IS 'The parts of a cursor that api.cursor_pack has made.';

-- Name: deployable_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.deployable_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
    params constant json := request -> 'params';
    wanted constant text := params ->> 'package';
    wanted_version constant text := params ->> 'version';
    package mb.packages;
begin
    perform api.begin_as(customer);
    if wanted ~ '^pkg_[0-9a-f]{32}$' then
        select p.* into package
        from mb.packages p
        where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
            and p.package_id = substr(wanted, 5)::uuid
            and (wanted_version is null or p.version = wanted_version);
    else
        select p.* into package
        from mb.packages p
        where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
            and p.name = wanted and (wanted_version is null or p.version = wanted_version)
        order by p.customer_id = customer desc, p.package_id desc
        limit 1;
    end if;
    if package.package_id is null then
        perform api.fail(404, 'not_found', 'there is no such package', case
            when wanted_version is not null and exists (
                select from mb.packages p
                where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
                    and p.name = wanted)
            then '/version' else '/package' end);
    end if;
    return json_build_object('status', 200, 'body', json_build_object(
        'package_owner', package.customer_id,
        'package_id', package.package_id,
        'manifest', package.manifest));
end
$_$;

ALTER FUNCTION api.deployable_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION deployable_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.deployable_get(customer uuid, request json) IS 'For POST /v1/deployments: the package and its manifest.';

-- Name: deployment_create(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.deployment_create(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    deployment mb.deployments;
begin
    perform api.begin_as(customer);
    insert into mb.secrets (customer_id, name, sealed)
    select customer, s.key, s.value
    from json_each_text(request -> 'secrets') s
    order by s.key
    on conflict (customer_id, name) do update set sealed = excluded.sealed, updated_at = now();
    if found then
        perform pg_notify('mb_changed', 'customer ' || customer);
    end if;
    perform api.agents_check(customer, request -> 'agents');
    insert into mb.deployments (customer_id, deployment_id, package_owner, package_id, name, config,
        tools, limits, budget_micros, agents)
    select customer, (request ->> 'id')::uuid, p.customer_id, p.package_id,
        coalesce(request ->> 'name', p.name), request -> 'config',
        array(select json_array_elements_text(case json_typeof(request -> 'tools')
            when 'array' then request -> 'tools' else '[]' end)),
        case json_typeof(request -> 'limits') when 'object' then request -> 'limits' else '{}' end,
        (request ->> 'budget_micros')::bigint,
        case json_typeof(request -> 'agents') when 'object' then request -> 'agents' end
    from mb.packages p
    where p.customer_id = (request ->> 'package_owner')::uuid
        and p.package_id = (request ->> 'package_id')::uuid
    returning * into strict deployment;
    return json_build_object(
        'status', 201,
        'headers', json_build_object('location',
            '/v1/deployments/' || api.show_id('dep', deployment.deployment_id)),
        'body', api.deployment_json(deployment));
end
$$;

ALTER FUNCTION api.deployment_create(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION deployment_create(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.deployment_create(customer uuid, request json) IS 'POST /v1/deployments';

-- Name: deployment_delete(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.deployment_delete(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    id constant uuid := request -> 'params' ->> 'deployment_id';
begin
    perform api.begin_as(customer);
    update mb.deployments
    set deleted_at = now()
    where customer_id = customer and deployment_id = id and deleted_at is null;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such deployment');
    end if;
    perform pg_notify('mb_changed', 'deployment ' || id);
    return json_build_object('status', 204);
end
$$;

ALTER FUNCTION api.deployment_delete(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION deployment_delete(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.deployment_delete(customer uuid, request json) IS 'DELETE /v1/deployments/{deployment_id}';

-- Name: deployment_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.deployment_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    deployment mb.deployments;
begin
    perform api.begin_as(customer);
    select d.* into deployment
    from mb.deployments d
    where d.customer_id = customer
        and d.deployment_id = (request -> 'params' ->> 'deployment_id')::uuid
        and d.deleted_at is null;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such deployment');
    end if;
    return json_build_object('status', 200, 'body', api.deployment_json(deployment));
end
$$;

ALTER FUNCTION api.deployment_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION deployment_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.deployment_get(customer uuid, request json) IS 'GET /v1/deployments/{deployment_id}';

-- Name: deployments; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.deployments (
    customer_id uuid NOT NULL,
    deployment_id uuid NOT NULL,
    package_owner uuid NOT NULL,
    package_id uuid NOT NULL,
    name text NOT NULL,
    config json DEFAULT '{}'::json NOT NULL,
    tools text[] NOT NULL,
    limits json DEFAULT '{}'::json NOT NULL,
    budget_micros bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    config_revision integer DEFAULT 1 NOT NULL,
    agents json
);

ALTER TABLE ONLY mb.deployments FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.deployments OWNER TO moonbase_owner;

-- Name: deployment_json(mb.deployments); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.deployment_json(deployment mb.deployments) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_build_object(
        'id', api.show_id('dep', deployment.deployment_id),
        'name', deployment.name,
        'package', json_build_object('id', api.show_id('pkg', p.package_id), 'name', p.name,
            'version', p.version),
        'config', deployment.config,
        'tools', deployment.tools,
        'agents', deployment.agents,
        'limits', deployment.limits,
        'budget_micros', deployment.budget_micros,
        'created_at', api.show_time(deployment.created_at))
    from mb.packages p
    where p.customer_id = deployment.package_owner and p.package_id = deployment.package_id
$$;

ALTER FUNCTION api.deployment_json(deployment mb.deployments) OWNER TO moonbase_owner;

-- Name: FUNCTION deployment_json(deployment mb.deployments); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.deployment_json(deployment mb.deployments) IS 'A deployment as customers see it.';

-- Name: deployments_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.deployments_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.deployment_json(d)), array_agg(api.cursor_pack(d.deployment_id::text))
    into items, cursors
    from (
        select d.*
        from mb.deployments d
        where d.customer_id = customer and d.deleted_at is null
            and (after is null or d.deployment_id < after)
            and (params ->> 'package' is null or exists (
                select from mb.packages p
                where p.customer_id = d.package_owner and p.package_id = d.package_id
                    and p.name = params ->> 'package'))
        order by d.deployment_id desc
        limit size + 1
    ) d;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.deployments_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION deployments_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.deployments_list(customer uuid, request json) IS 'GET /v1/deployments';

-- Name: document_delete(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.document_delete(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    outcome json;
begin
    perform api.begin_as(customer);
    outcome := engine.memory_delete(customer, null, json_build_object(
        'collection', params -> 'collection', 'ids', json_build_array(params -> 'document_id')));
    if (outcome ->> 'deleted')::integer = 0 then
        perform api.fail(404, 'not_found', 'there is no such document');
    end if;
    return json_build_object('status', 204);
end
$$;

ALTER FUNCTION api.document_delete(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION document_delete(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.document_delete(customer uuid, request json) IS 'DELETE /v1/knowledge/{collection}/documents/{document_id}';

-- Name: document_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.document_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    document mb.documents;
begin
    perform api.begin_as(customer);
    select d.* into document
    from mb.documents d
    where d.customer_id = customer and d.collection = params ->> 'collection'
        and d.document_id = params ->> 'document_id';
    if not found then
        perform api.fail(404, 'not_found', 'there is no such document');
    end if;
    return json_build_object('status', 200, 'body',
        api.json_with(api.document_json(document), 'body', to_json(document.body)));
end
$$;

ALTER FUNCTION api.document_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION document_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.document_get(customer uuid, request json) IS 'GET /v1/knowledge/{collection}/documents/{document_id}';

-- Name: documents; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.documents (
    customer_id uuid NOT NULL,
    collection text NOT NULL,
    document_id text NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    body text NOT NULL,
    metadata json DEFAULT '{}'::json NOT NULL,
    bytes integer NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    search tsvector GENERATED ALWAYS AS (((((array_to_tsvector(ARRAY[((('in:'::text || (customer_id)::text) || '/'::text) || collection)]) || setweight(to_tsvector('simple'::regconfig, title), 'A'::"char")) || setweight(to_tsvector('english'::regconfig, title), 'A'::"char")) || setweight(to_tsvector('simple'::regconfig, body), 'B'::"char")) || setweight(to_tsvector('english'::regconfig, body), 'B'::"char"))) STORED
);

ALTER TABLE ONLY mb.documents FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.documents OWNER TO moonbase_owner;

-- Name: document_json(mb.documents); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.document_json(document mb.documents) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_build_object('id', document.document_id, 'collection', document.collection,
        'title', document.title, 'metadata', document.metadata, 'bytes', document.bytes,
        'updated_at', api.show_time(document.updated_at))
$$;

ALTER FUNCTION api.document_json(document mb.documents) OWNER TO moonbase_owner;

-- Name: FUNCTION document_json(document mb.documents); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.document_json(document mb.documents) IS 'A document as lists show it, without its body.';

-- Name: documents_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.documents_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant text := (api.cursor_unpack(params, 1))[1];
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.document_json(d)), array_agg(api.cursor_pack(d.document_id))
    into items, cursors
    from (
        select d.*
        from mb.documents d
        where d.customer_id = customer and d.collection = params ->> 'collection'
            and (after is null or d.document_id > after)
        order by d.document_id
        limit size + 1
    ) d;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.documents_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION documents_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.documents_list(customer uuid, request json) IS 'GET /v1/knowledge/{collection}/documents';

-- Name: documents_search(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.documents_search(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    words constant tsquery := engine.words(params ->> 'q');
    hits json;
begin
    perform api.begin_as(customer);
    select json_agg(json_build_object('id', d.document_id, 'title', d.title,
        'excerpt', ts_headline('pg_catalog.english', left(d.body, 20000), words,
            'StartSel="", StopSel="", MaxWords=40, MinWords=15, ShortWord=0, MaxFragments=2'),
        'score', round(f.score::numeric, 6), 'metadata', d.metadata)
        order by f.score desc, d.document_id) into hits
    from engine.find_documents(customer, params ->> 'collection', words, null,
        (params ->> 'limit')::integer) f
    join mb.documents d on d.customer_id = customer and d.collection = params ->> 'collection'
        and d.document_id = f.document_id;
    return json_build_object('status', 200, 'body',
        json_build_object('data', coalesce(hits, '[]')));
end
$$;

ALTER FUNCTION api.documents_search(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION documents_search(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.documents_search(customer uuid, request json) IS 'GET /v1/knowledge/{collection}/search';

-- Name: documents_write(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.documents_write(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    outcome json;
begin
    perform api.begin_as(customer);
    outcome := engine.memory_upsert(customer, null, json_build_object(
        'collection', request -> 'params' -> 'collection',
        'documents', request -> 'body' -> 'documents'));
    return json_build_object('status', 200, 'body',
        json_build_object('written', outcome -> 'upserted'));
end
$$;

ALTER FUNCTION api.documents_write(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION documents_write(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.documents_write(customer uuid, request json) IS 'POST /v1/knowledge/{collection}/documents';

-- Name: fail(integer, text, text, text); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.fail(status integer, code text, message text, pointer text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
    raise exception using errcode = 'MB' || status, message = message, detail = code,
        hint = coalesce(pointer, '');
end
$$;

ALTER FUNCTION api.fail(status integer, code text, message text, pointer text) OWNER TO moonbase_owner;

-- Name: FUNCTION fail(status integer, code text, message text, pointer text); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.fail(status integer, code text, message text, pointer text) IS 'Refuses a request with an HTTP status and a stable code.';

-- Name: fork_wrong(uuid, uuid, integer, boolean, uuid); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.fork_wrong(customer uuid, run uuid, step integer, is_given boolean, key uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    with asked as (
        select s.seq, a.escalate_at, a.escalate_to, coalesce(a.roles, array(
            select json_array_elements_text(case json_typeof(s.args::json -> 'roles')
                when 'array' then s.args::json -> 'roles' else '[]' end))) as roles
        from mb.steps s
        left join mb.approvals a on a.customer_id = s.customer_id and a.run_id = s.run_id
            and a.seq = s.seq
        where s.customer_id = customer and s.run_id = run and s.kind = 1
            and s.tool in ('approve', 'ask')
            and ((s.seq < step and s.state = 2) or (s.seq = step and is_given))
    ), caller as (
        select api.key_roles(customer, key) as roles, exists (
            select from mb.api_keys k
            where k.customer_id = customer and k.key_id = key
                and k.scopes && '{admin,approvals:write}') as may_decide
    )
    select format('the decision in step %s is for %s to make: a fork from there asks for it again',
        asked.seq, case cardinality(asked.roles) when 0 then 'keys with the scope approvals:write'
            else array_to_string(asked.roles, ' or ') end)
    from asked
    cross join caller
    where not (caller.may_decide and (cardinality(asked.roles) = 0 or '*' = any (caller.roles)
        or asked.roles && caller.roles
        or (asked.escalate_at <= now() and asked.escalate_to && caller.roles) is true))
    order by asked.seq
    limit 1
$$;

ALTER FUNCTION api.fork_wrong(customer uuid, run uuid, step integer, is_given boolean, key uuid) OWNER TO moonbase_owner;

-- Name: FUNCTION fork_wrong(customer uuid, run uuid, step integer, is_given boolean, key uuid); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.fork_wrong(customer uuid, run uuid, step integer, is_given boolean, key uuid) IS 'Why this caller may not fork the run there; null when it may.';

-- Name: history_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.history_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
    params constant json := request -> 'params';
    size integer := params ->> 'limit';
    cursor_ constant text[] := api.cursor_unpack(params, 1);
    after integer := -1;
    run mb.runs;
    items json[];
    cursors text[];
begin
    if cursor_ is not null then
        if (cursor_[1] ~ '^[0-9]{1,9}$') is not true then
            perform api.fail(400, 'invalid_request', 'the cursor is not one of this list',
                '?cursor');
        end if;
        after := cursor_[1];
    end if;
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    size := api.steps_fit(customer, run.run_id, after, '{1,2,3,4}', size);
    with entries as (
        select 0 as seq, 'input' as kind, run.created_at as at, json_build_object(
            'input', run.input::json, 'package_id', api.show_id('pkg', run.package_id),
            'config_revision', run.config_revision, 'limits', run.limits::json,
            'forked_from', api.show_id('run', run.forked_from),
            'forked_at_step', run.forked_at_step) as data
        union all
        select s.seq, case s.kind when 1 then 'step' when 2 then 'emit' when 3 then 'log'
                else 'price' end,
            s.started_at,
            case s.kind when 1 then api.history_step_json(s)
                when 4 then json_build_object('cost_micros', s.price_micros)
                else s.result::json end
        from engine.whole_steps(array(
            select s
            from mb.steps s
            where s.customer_id = customer and s.run_id = run.run_id and s.seq > after
                and s.kind in (1, 2, 3, 4)
            order by s.seq
            limit size + 1)) s
        union all
        select 1 + coalesce((
                select max(s.seq)
                from mb.steps s
                where s.customer_id = customer and s.run_id = run.run_id), 0), 'end',
            run.finished_at, json_build_object('status', run.status, 'output', run.output::json,
                'error', run.error::json, 'diverged', run.diverged, 'usage',
                json_build_object('steps', run.steps, 'cpu_us', run.cpu_us,
                    'tokens_in', run.tokens_in, 'tokens_out', run.tokens_out,
                    'cost_micros', run.cost_micros))
        where run.finished_at is not null
    )
    select array_agg(json_build_object('seq', e.seq, 'kind', e.kind, 'at', api.show_time(e.at),
            'data', e.data) order by e.seq), array_agg(api.cursor_pack(e.seq::text) order by e.seq)
    into items, cursors
    from (select * from entries where seq > after order by seq limit size + 1) e;
    return api.page(items, cursors, size);
end
$_$;

ALTER FUNCTION api.history_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION history_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.history_list(customer uuid, request json) IS 'GET /v1/runs/{run_id}/history';

-- Name: steps; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.steps (
    customer_id uuid NOT NULL,
    run_id uuid NOT NULL,
    seq integer NOT NULL,
    kind smallint NOT NULL,
    state smallint NOT NULL,
    key bytea NOT NULL,
    tool text NOT NULL,
    args text,
    result text,
    error text,
    started_at timestamp with time zone NOT NULL,
    duration_us bigint DEFAULT 0 NOT NULL,
    cpu_us bigint DEFAULT 0 NOT NULL,
    tokens_in integer DEFAULT 0 NOT NULL,
    tokens_out integer DEFAULT 0 NOT NULL,
    tokens_cached integer DEFAULT 0 NOT NULL,
    tokens_reasoning integer DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    cost_micros bigint DEFAULT 0 NOT NULL,
    price_micros bigint DEFAULT 0 NOT NULL,
    model text,
    provider_request_id text,
    fence bigint NOT NULL,
    replayed boolean DEFAULT false NOT NULL
)
PARTITION BY RANGE (run_id);

ALTER TABLE ONLY mb.steps FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.steps OWNER TO moonbase_owner;

-- Name: history_step_json(mb.steps); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.history_step_json(step mb.steps) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select coalesce((
        select api.json_with(api.json_with(api.step_json(step),
            'question', json_build_object('title', a.title, 'details', a.details, 'roles', a.roles,
                'form', a.form, 'asked_at', api.show_time(a.created_at),
                'deadline_at', api.show_time(a.deadline_at))),
            'decision', case when a.decided_at is not null then json_build_object(
                'decision', a.decision, 'by', a.decided_by, 'at', api.show_time(a.decided_at)) end)
        from mb.approvals a
        where a.customer_id = step.customer_id and a.run_id = step.run_id and a.seq = step.seq),
        api.step_json(step))
$$;

ALTER FUNCTION api.history_step_json(step mb.steps) OWNER TO moonbase_owner;

-- Name: FUNCTION history_step_json(step mb.steps); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.history_step_json(step mb.steps) IS 'A step with what a person was asked in it, and has decided.';

-- Name: json_with(json, text, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.json_with(object json, name text, value json) RETURNS json
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select (left(object::text, -1) || ', ' || to_json(name)::text || ': '
        || coalesce(value::text, 'null') || '}')::json
$$;

ALTER FUNCTION api.json_with(object json, name text, value json) OWNER TO moonbase_owner;

-- Name: FUNCTION json_with(object json, name text, value json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.json_with(object json, name text, value json) IS 'An object of json_build_object, which has members, with one more at its end.';

-- Name: key_create(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.key_create(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    body constant json := request -> 'body';
    own text[];
    given text[];
    key mb.api_keys;
begin
    perform api.begin_as(customer);
    own := api.key_roles(customer, (request -> 'caller' ->> 'key_id')::uuid);
    given := own;
    if body ->> 'roles' is not null then
        given := array(select json_array_elements_text(body -> 'roles'));
    end if;
    if not ('*' = any (own) or given <@ own) then
        perform api.fail(403, 'forbidden', 'a key cannot give a role that it does not have',
            '/roles');
    end if;
    insert into mb.api_keys (customer_id, key_id, name, key_sha256, prefix, scopes, roles)
    values (customer, (request ->> 'id')::uuid, body ->> 'name',
        decode(request ->> 'key_sha256', 'hex'), request ->> 'prefix',
        array(select json_array_elements_text(body -> 'scopes')), given)
    returning * into strict key;
    return json_build_object(
        'status', 201,
        'headers', json_build_object('location', '/v1/keys/' || api.show_id('key', key.key_id)),
        'body', json_build_object('id', api.show_id('key', key.key_id), 'name', key.name,
            'prefix', key.prefix, 'scopes', key.scopes, 'roles', key.roles,
            'created_at', api.show_time(key.created_at)));
end
$$;

ALTER FUNCTION api.key_create(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION key_create(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.key_create(customer uuid, request json) IS 'POST /v1/keys';

-- Name: key_revoke(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.key_revoke(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    id constant uuid := request -> 'params' ->> 'key_id';
begin
    perform api.begin_as(customer);
    update mb.api_keys
    set revoked_at = now()
    where customer_id = customer and key_id = id and revoked_at is null;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such key, or it is revoked already');
    end if;
    perform pg_notify('mb_changed', 'key ' || id);
    return json_build_object('status', 204);
end
$$;

ALTER FUNCTION api.key_revoke(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION key_revoke(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.key_revoke(customer uuid, request json) IS 'DELETE /v1/keys/{key_id}';

-- Name: key_roles(uuid, uuid); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.key_roles(customer uuid, key uuid) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select coalesce((
        select k.roles from mb.api_keys k where k.customer_id = customer and k.key_id = key), '{}')
$$;

ALTER FUNCTION api.key_roles(customer uuid, key uuid) OWNER TO moonbase_owner;

-- Name: FUNCTION key_roles(customer uuid, key uuid); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.key_roles(customer uuid, key uuid) IS 'The roles that the holder of a key acts in.';

-- Name: keys_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.keys_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(json_build_object('id', api.show_id('key', k.key_id), 'name', k.name,
            'prefix', k.prefix, 'scopes', k.scopes, 'roles', k.roles,
            'created_at', api.show_time(k.created_at),
            'last_used_at', api.show_time(k.last_used_at),
            'revoked_at', api.show_time(k.revoked_at))),
        array_agg(api.cursor_pack(k.key_id::text))
    into items, cursors
    from (
        select k.*
        from mb.api_keys k
        where k.customer_id = customer and (after is null or k.key_id < after)
        order by k.key_id desc
        limit size + 1
    ) k;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.keys_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION keys_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.keys_list(customer uuid, request json) IS 'GET /v1/keys';

-- Name: once(uuid, text, text, bytea, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.once(customer uuid, operation text, key text, request_sha256 bytea, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
    held record;
    answer json;
begin
    select * into strict held
    from engine.idempotent_begin(customer, operation, key, request_sha256);
    if held.state = 'mismatch' then
        perform api.fail(422, 'idempotency_mismatch',
            'the Idempotency-Key was used with another request', '?Idempotency-Key');
    elsif held.state = 'same' then
        return jsonb_set(held.response::jsonb, '{headers}',
            coalesce(held.response::jsonb -> 'headers', '{}')
                || '{"idempotent-replayed": "true"}');
    end if;
    execute format('select api.%I($1, $2)', operation) into strict answer using customer, request;
    perform engine.idempotent_done(customer, operation, key, (answer ->> 'status')::integer,
        answer);
    return answer;
end
$_$;

ALTER FUNCTION api.once(customer uuid, operation text, key text, request_sha256 bytea, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION once(customer uuid, operation text, key text, request_sha256 bytea, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.once(customer uuid, operation text, key text, request_sha256 bytea, request json) IS 'An operation under an Idempotency-Key.';

-- Name: package_create(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.package_create(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    manifest_ constant json := request -> 'manifest';
    sha constant bytea := decode(request ->> 'sha256', 'hex');
    package mb.packages;
begin
    perform api.begin_as(customer);
    insert into mb.packages (customer_id, package_id, name, version, sha256, manifest, files)
    values (customer, (request ->> 'id')::uuid, manifest_ ->> 'name', manifest_ ->> 'version', sha,
        manifest_, request -> 'files')
    on conflict (customer_id, name, version) do nothing
    returning * into package;
    if not found then
        select p.* into package
        from mb.packages p
        where p.customer_id = customer and p.name = manifest_ ->> 'name'
            and p.version = manifest_ ->> 'version';
        if package.sha256 <> sha then
            perform api.fail(409, 'exists', format('version %s of "%s" exists with other contents',
                manifest_ ->> 'version', manifest_ ->> 'name'));
        end if;
    end if;
    return json_build_object(
        'status', 201,
        'headers', json_build_object('location',
            '/v1/packages/' || api.show_id('pkg', package.package_id)),
        'body', api.package_json(package));
end
$$;

ALTER FUNCTION api.package_create(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION package_create(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.package_create(customer uuid, request json) IS 'POST /v1/packages';

-- Name: package_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.package_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    package mb.packages;
    body json;
begin
    perform api.begin_as(customer);
    select p.* into package
    from mb.packages p
    where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
        and p.package_id = (params ->> 'package_id')::uuid;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such package');
    end if;
    body := api.json_with(api.package_json(package), 'manifest', package.manifest);
    if (params ->> 'files')::boolean and package.customer_id = customer then
        body := api.json_with(body, 'files', package.files);
    end if;
    return json_build_object('status', 200, 'body', body);
end
$$;

ALTER FUNCTION api.package_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION package_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.package_get(customer uuid, request json) IS 'GET /v1/packages/{package_id}';

-- Name: packages; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.packages (
    customer_id uuid NOT NULL,
    package_id uuid NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    sha256 bytea NOT NULL,
    manifest json NOT NULL,
    files json NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY mb.packages FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.packages OWNER TO moonbase_owner;

-- Name: package_json(mb.packages); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.package_json(package mb.packages) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_build_object(
        'id', api.show_id('pkg', package.package_id),
        'name', package.name,
        'version', package.version,
        'sha256', encode(package.sha256, 'hex'),
        'platform', package.customer_id = '00000000-0000-0000-0000-000000000000',
        'summary', package.manifest ->> 'summary',
        'created_at', api.show_time(package.created_at))
$$;

ALTER FUNCTION api.package_json(package mb.packages) OWNER TO moonbase_owner;

-- Name: FUNCTION package_json(package mb.packages); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.package_json(package mb.packages) IS 'A package as lists show it.';

-- Name: package_source_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.package_source_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    found_package constant json := api.deployable_get(customer, request) -> 'body';
begin
    return json_build_object('status', 200, 'body', json_build_object('files', (
        select p.files
        from mb.packages p
        where p.customer_id = (found_package ->> 'package_owner')::uuid
            and p.package_id = (found_package ->> 'package_id')::uuid)));
end
$$;

ALTER FUNCTION api.package_source_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION package_source_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.package_source_get(customer uuid, request json) IS 'For POST /v1/simulate: the files of a stored package.';

-- Name: packages_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.packages_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.package_json(p)), array_agg(api.cursor_pack(p.package_id::text))
    into items, cursors
    from (
        select *
        from mb.packages p
        where p.customer_id in (customer, '00000000-0000-0000-0000-000000000000')
            and (params ->> 'name' is null or p.name = params ->> 'name')
            and (after is null or p.package_id < after)
        order by p.package_id desc
        limit size + 1
    ) p;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.packages_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION packages_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.packages_list(customer uuid, request json) IS 'GET /v1/packages';

-- Name: page(json[], text[], integer); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.page(items json[], cursors text[], size integer) RETURNS json
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select json_build_object('status', 200, 'body', json_build_object(
        'data', coalesce(array_to_json(items[1:size]), '[]'),
        'next_cursor', case when cardinality(items) > size then cursors[size] end))
$$;

ALTER FUNCTION api.page(items json[], cursors text[], size integer) OWNER TO moonbase_owner;

-- Name: FUNCTION page(items json[], cursors text[], size integer); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.page(items json[], cursors text[], size integer) IS 'The answer of a list: one page and the cursor of the next.';

-- Name: run_approve(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.run_approve(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    body constant json := request -> 'body';
    key constant uuid := request -> 'caller' ->> 'key_id';
    asked mb.approvals;
begin
    perform api.begin_as(customer);
    select a.* into asked
    from mb.approvals a
    where a.customer_id = customer and a.run_id = (request -> 'params' ->> 'run_id')::uuid
        and a.seq = (request -> 'params' ->> 'seq')::integer;
    if found and not api.approval_is_for(asked, api.key_roles(customer, key)) then
        perform api.fail(403, 'forbidden', format('this is for %s to decide',
            array_to_string(asked.roles || case when asked.escalate_at <= now()
                then asked.escalate_to else '{}' end, ' or ')));
    end if;
    return api.run_decide(customer, request -> 'params',
        json_build_object('approved', body -> 'approved', 'comment', body -> 'comment',
            'data', body -> 'data'),
        coalesce(body ->> 'by', api.show_id('key', key)));
end
$$;

ALTER FUNCTION api.run_approve(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION run_approve(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.run_approve(customer uuid, request json) IS 'POST /v1/runs/{run_id}/approve';

-- Name: run_cancel(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.run_cancel(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    outcome text;
begin
    perform api.begin_as(customer);
    outcome := engine.cancel(customer, (params ->> 'run_id')::uuid);
    if outcome = 'not_found' then
        perform api.fail(404, 'not_found', 'there is no such run');
    elsif outcome not in ('cancelled', 'cancelling') then
        perform api.fail(409, 'conflict', format('the run has ended already: %s', outcome));
    end if;
    return json_build_object(
        'status', case outcome when 'cancelled' then 200 else 202 end,
        'body', api.run_json(api.run_find(customer, params)));
end
$$;

ALTER FUNCTION api.run_cancel(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION run_cancel(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.run_cancel(customer uuid, request json) IS 'POST /v1/runs/{run_id}/cancel';

-- Name: run_decide(uuid, json, json, text); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.run_decide(customer uuid, params json, decision json, by_ text) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    outcome text;
begin
    outcome := engine.decide(customer, (params ->> 'run_id')::uuid, (params ->> 'seq')::integer,
        decision, by_);
    if outcome = 'not_found' then
        perform api.fail(404, 'not_found', 'this step does not wait for a decision');
    elsif outcome <> 'decided' then
        perform api.fail(409, 'conflict', 'this was decided already, or it is too late');
    end if;
    return json_build_object('status', 200, 'body',
        api.run_json(api.run_find(customer, params)));
end
$$;

ALTER FUNCTION api.run_decide(customer uuid, params json, decision json, by_ text) OWNER TO moonbase_owner;

-- Name: FUNCTION run_decide(customer uuid, params json, decision json, by_ text); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.run_decide(customer uuid, params json, decision json, by_ text) IS 'Records a decision about a waiting step, or refuses it.';

-- Name: run_events(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.run_events(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    run mb.runs;
    events json[];
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    if size > 0 then
        select array_agg(json_build_object(
            'seq', s.seq,
            'event', case s.kind when 1 then 'step' when 2 then 'emit'
                when 3 then 'log' else 'notice' end,
            'data', case s.kind when 1 then api.step_json(s) else s.result::json end))
        into events
        from engine.whole_steps(array(
            select s
            from mb.steps s
            where s.customer_id = customer and s.run_id = run.run_id
                and s.seq > (params ->> 'after')::integer and s.kind in (1, 2, 3, 5) and s.state = 2
            order by s.seq
            limit size + 1)) s;
    end if;
    return json_build_object('status', 200, 'body', json_build_object(
        'run', api.run_json(run),
        'events', coalesce(array_to_json(events[1:size]), '[]'),
        'more', coalesce(cardinality(events) > size, false)));
end
$$;

ALTER FUNCTION api.run_events(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION run_events(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.run_events(customer uuid, request json) IS 'For GET /v1/runs/{run_id}/events: what the journal holds.';

-- Name: runs; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.runs (
    customer_id uuid NOT NULL,
    run_id uuid NOT NULL,
    deployment_id uuid NOT NULL,
    package_owner uuid NOT NULL,
    package_id uuid NOT NULL,
    parent_run_id uuid,
    status mb.run_status NOT NULL,
    wait_reason text,
    wake_at timestamp with time zone,
    fence bigint,
    cancel_requested boolean DEFAULT false NOT NULL,
    input text NOT NULL,
    output text,
    error text,
    limits text NOT NULL,
    seed bytea NOT NULL,
    diverged boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    steps integer DEFAULT 0 NOT NULL,
    cpu_us bigint DEFAULT 0 NOT NULL,
    tokens_in bigint DEFAULT 0 NOT NULL,
    tokens_out bigint DEFAULT 0 NOT NULL,
    cost_micros bigint DEFAULT 0 NOT NULL,
    config_revision integer,
    forked_from uuid,
    forked_at_step integer,
    clock_at timestamp with time zone
)
PARTITION BY RANGE (run_id);

ALTER TABLE ONLY mb.runs FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.runs OWNER TO moonbase_owner;

-- Name: run_find(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.run_find(customer uuid, params json) RETURNS mb.runs
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
    run mb.runs;
begin
    select r.* into run
    from mb.runs r
    where r.customer_id = customer and r.run_id = (params ->> 'run_id')::uuid;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such run');
    end if;
    return run;
end
$$;

ALTER FUNCTION api.run_find(customer uuid, params json) OWNER TO moonbase_owner;

-- Name: FUNCTION run_find(customer uuid, params json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.run_find(customer uuid, params json) IS 'The run that the parameters name, or 404.';

-- Name: run_fork(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.run_fork(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    body constant json := request -> 'body';
    step constant integer := body ->> 'from_step';
    fork constant uuid := engine.new_id();
    outcome text;
    wrong text;
begin
    perform api.begin_as(customer);
    if body -> 'result' is not null and body -> 'error' is not null then
        perform api.fail(400, 'invalid_request', 'a step has a result or an error, not both',
            '/error');
    end if;
    wrong := api.fork_wrong(customer, (params ->> 'run_id')::uuid, step,
        body -> 'result' is not null or body -> 'error' is not null,
        (request -> 'caller' ->> 'key_id')::uuid);
    if wrong is not null then
        perform api.fail(403, 'forbidden', wrong, '/from_step');
    end if;
    outcome := engine.fork_run(customer, (params ->> 'run_id')::uuid, fork, step,
        (body -> 'result')::text, (body -> 'error')::text, (body -> 'input')::text);
    if outcome = 'not_found' then
        perform api.fail(404, 'not_found', 'there is no such run');
    elsif outcome = 'running' then
        perform api.fail(409, 'conflict', 'the run is being executed: wait for it, or cancel it');
    elsif outcome = 'no_deployment' then
        perform api.fail(409, 'conflict', 'the deployment of the run was deleted');
    elsif outcome = 'no_step' then
        perform api.fail(422, 'no_such_step', format('step %s is no call of the run%s', step,
            (select case count(*) when 0 then ', which made none'
                    else format(', whose calls are the steps %s to %s', min(s.seq), max(s.seq)) end
                from mb.steps s
                where s.customer_id = customer and s.run_id = (params ->> 'run_id')::uuid
                    and s.kind = 1)), '/from_step');
    end if;
    return json_build_object('status', 202,
        'headers', json_build_object('location', '/v1/runs/' || api.show_id('run', fork)),
        'body', api.run_json(api.run_find(customer, json_build_object('run_id', fork))));
end
$$;

ALTER FUNCTION api.run_fork(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION run_fork(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.run_fork(customer uuid, request json) IS 'POST /v1/runs/{run_id}/fork';

-- Name: run_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.run_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    run mb.runs;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, request -> 'params');
    return json_build_object('status', 200, 'body',
        api.json_with(api.run_json(run), 'input', run.input::json));
end
$$;

ALTER FUNCTION api.run_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION run_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.run_get(customer uuid, request json) IS 'GET /v1/runs/{run_id}';

-- Name: run_json(mb.runs); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.run_json(run mb.runs) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_build_object(
        'id', api.show_id('run', run.run_id),
        'status', run.status,
        'wait_reason', run.wait_reason,
        'deployment_id', api.show_id('dep', run.deployment_id),
        'package', json_build_object('id', api.show_id('pkg', p.package_id), 'name', p.name,
            'version', p.version),
        'parent_run_id', api.show_id('run', run.parent_run_id),
        'forked_from', api.show_id('run', run.forked_from),
        'forked_at_step', run.forked_at_step,
        'output', run.output::json,
        'error', run.error::json,
        'usage', json_build_object('steps', run.steps, 'cpu_us', run.cpu_us,
            'tokens_in', run.tokens_in, 'tokens_out', run.tokens_out,
            'cost_micros', run.cost_micros,
            'children_cost_micros', engine.child_cost(run.customer_id, run.run_id)),
        'diverged', run.diverged,
        'wake_at', case when run.status = 'waiting' and run.wake_at <> 'infinity'
            then api.show_time(run.wake_at) end,
        'created_at', api.show_time(run.created_at),
        'started_at', api.show_time(run.started_at),
        'finished_at', api.show_time(run.finished_at))
    from mb.packages p
    where p.customer_id = run.package_owner and p.package_id = run.package_id
$$;

ALTER FUNCTION api.run_json(run mb.runs) OWNER TO moonbase_owner;

-- Name: FUNCTION run_json(run mb.runs); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.run_json(run mb.runs) IS 'A run as customers see it, without its input.';

-- Name: run_pins_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.run_pins_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    run mb.runs;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, request -> 'params');
    return json_build_object('status', 200, 'body', json_build_object(
        'deployment_id', run.deployment_id,
        'package_owner', run.package_owner,
        'package_id', run.package_id,
        'package_name', (select p.name from mb.packages p
            where p.customer_id = run.package_owner and p.package_id = run.package_id),
        'config_revision', coalesce(run.config_revision, 0)));
end
$$;

ALTER FUNCTION api.run_pins_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION run_pins_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.run_pins_get(customer uuid, request json) IS 'For forks and replays: what the run was begun with.';

-- Name: runs_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.runs_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    since constant timestamptz := api.time_param(params, 'created_from');
    until constant timestamptz := api.time_param(params, 'created_to');
    deployment constant uuid := params ->> 'deployment';
    parent constant uuid := params ->> 'parent';
    statuses constant text[] := case when params ->> 'status' is not null
        then array(select json_array_elements_text(params -> 'status')) end;
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.run_json(r)), array_agg(api.cursor_pack(r.run_id::text))
    into items, cursors
    from (
        select r.*
        from mb.runs r
        where r.customer_id = customer
            and (after is null or r.run_id < after)
            and (deployment is null or r.deployment_id = deployment)
            and (parent is null or r.parent_run_id = parent)
            and (statuses is null or r.status = any (statuses))
            and (since is null or (r.created_at >= since
                and r.run_id >= engine.uuid_at(greatest(since - interval '1 second', 'epoch'))))
            and (until is null or (r.created_at < until
                and r.run_id < engine.uuid_at(greatest(until + interval '1 second', 'epoch'))))
        order by r.run_id desc
        limit size + 1
    ) r;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.runs_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION runs_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.runs_list(customer uuid, request json) IS 'GET /v1/runs';

-- Name: secret_create(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.secret_create(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    name_ constant text := request -> 'params' ->> 'name';
    secret mb.secrets;
begin
    perform api.begin_as(customer);
    insert into mb.secrets (customer_id, name, sealed)
    values (customer, name_, request -> 'body' ->> 'sealed')
    on conflict (customer_id, name) do nothing
    returning * into secret;
    if not found then
        perform api.fail(409, 'exists', format('there is a secret "%s"', name_), '/name');
    end if;
    perform pg_notify('mb_changed', 'customer ' || customer);
    return json_build_object('status', 201, 'body', api.secret_json(secret));
end
$$;

ALTER FUNCTION api.secret_create(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION secret_create(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.secret_create(customer uuid, request json) IS 'POST /v1/secrets';

-- Name: secret_delete(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.secret_delete(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    perform api.begin_as(customer);
    delete from mb.secrets
    where customer_id = customer and name = request -> 'params' ->> 'name';
    if not found then
        perform api.fail(404, 'not_found', 'there is no such secret');
    end if;
    perform pg_notify('mb_changed', 'customer ' || customer);
    return json_build_object('status', 204);
end
$$;

ALTER FUNCTION api.secret_delete(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION secret_delete(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.secret_delete(customer uuid, request json) IS 'DELETE /v1/secrets/{name}';

-- Name: secrets; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.secrets (
    customer_id uuid NOT NULL,
    name text NOT NULL,
    sealed text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY mb.secrets FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.secrets OWNER TO moonbase_owner;

-- Name: secret_json(mb.secrets); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.secret_json(secret mb.secrets) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_build_object('name', secret.name, 'created_at', api.show_time(secret.created_at),
        'updated_at', api.show_time(secret.updated_at))
$$;

ALTER FUNCTION api.secret_json(secret mb.secrets) OWNER TO moonbase_owner;

-- Name: FUNCTION secret_json(secret mb.secrets); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.secret_json(secret mb.secrets) IS 'A secret as customers see it: never its value.';

-- Name: secret_put(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.secret_put(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    secret mb.secrets;
begin
    perform api.begin_as(customer);
    insert into mb.secrets (customer_id, name, sealed)
    values (customer, request -> 'params' ->> 'name', request -> 'body' ->> 'sealed')
    on conflict (customer_id, name) do update set sealed = excluded.sealed, updated_at = now()
    returning * into strict secret;
    perform pg_notify('mb_changed', 'customer ' || customer);
    return json_build_object('status', 200, 'body', api.secret_json(secret));
end
$$;

ALTER FUNCTION api.secret_put(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION secret_put(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.secret_put(customer uuid, request json) IS 'PUT /v1/secrets/{name}';

-- Name: secrets_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.secrets_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant text := (api.cursor_unpack(params, 1))[1];
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.secret_json(s)), array_agg(api.cursor_pack(s.name))
    into items, cursors
    from (
        select s.*
        from mb.secrets s
        where s.customer_id = customer and (after is null or s.name > after)
        order by s.name
        limit size + 1
    ) s;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.secrets_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION secrets_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.secrets_list(customer uuid, request json) IS 'GET /v1/secrets';

-- Name: show_id(text, uuid); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.show_id(prefix text, id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select prefix || '_' || replace(id::text, '-', '')
$$;

ALTER FUNCTION api.show_id(prefix text, id uuid) OWNER TO moonbase_owner;

-- Name: FUNCTION show_id(prefix text, id uuid); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.show_id(prefix text, id uuid) IS 'An id as customers see it: its type and 32 hex digits.';

-- Name: show_time(timestamp with time zone); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.show_time(at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

ALTER FUNCTION api.show_time(at timestamp with time zone) OWNER TO moonbase_owner;

-- Name: FUNCTION show_time(at timestamp with time zone); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.show_time(at timestamp with time zone) IS 'A time as customers see it: RFC 3339, UTC, microseconds.';

-- Name: step_is_question(uuid, uuid, integer); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.step_is_question(customer uuid, run uuid, step integer) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select s.tool in ('approve', 'ask')
    from mb.steps s
    where s.customer_id = customer and s.run_id = run and s.seq = step and s.kind = 1
$$;

ALTER FUNCTION api.step_is_question(customer uuid, run uuid, step integer) OWNER TO moonbase_owner;

-- Name: FUNCTION step_is_question(customer uuid, run uuid, step integer); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.step_is_question(customer uuid, run uuid, step integer) IS 'Whether the step asks a person for a decision or an answer; null when there is none.';

-- Name: step_json(mb.steps); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.step_json(step mb.steps) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    with base as (select json_build_object(
        'seq', step.seq,
        'state', case step.state when 1 then 'begun' else 'done' end,
        'tool', case step.kind when 4 then 'run' else step.tool end,
        'args', step.args::json,
        'started_at', api.show_time(step.started_at),
        'duration_ms', round(step.duration_us / 1000.0, 3),
        'usage', json_build_object('cpu_us', step.cpu_us, 'tokens_in', step.tokens_in,
            'tokens_out', step.tokens_out, 'tokens_cached', step.tokens_cached,
            'tokens_reasoning', step.tokens_reasoning, 'bytes', step.bytes),
        'cost_micros', step.price_micros,
        'model', step.model,
        'provider_request_id', step.provider_request_id,
        'replayed', step.replayed) as members)
    select case
        when step.error is not null then api.json_with(members, 'error', step.error::json)
        when step.state = 1 then members
        else api.json_with(members, 'result', step.result::json) end
    from base
$$;

ALTER FUNCTION api.step_json(step mb.steps) OWNER TO moonbase_owner;

-- Name: FUNCTION step_json(step mb.steps); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.step_json(step mb.steps) IS 'A step as customers see it.';

-- Name: step_settle(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.step_settle(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    body constant json := request -> 'body';
    step constant integer := params ->> 'seq';
    run mb.runs;
    is_question boolean;
begin
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    is_question := api.step_is_question(customer, run.run_id, step);
    if is_question is null then
        perform api.fail(404, 'not_found', 'there is no such step');
    elsif is_question or not exists (
        select from mb.approvals a
        where a.customer_id = customer and a.run_id = run.run_id and a.seq = step
    ) then
        perform api.fail(409, 'conflict', 'it is not uncertain whether this step took effect');
    end if;
    return api.run_decide(customer, params,
        json_build_object('happened', body -> 'happened', 'result', body -> 'result'),
        api.show_id('key', (request -> 'caller' ->> 'key_id')::uuid));
end
$$;

ALTER FUNCTION api.step_settle(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION step_settle(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.step_settle(customer uuid, request json) IS 'POST /v1/runs/{run_id}/steps/{seq}/settle';

-- Name: steps_fit(uuid, uuid, integer, smallint[], integer); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.steps_fit(customer uuid, run uuid, after integer, kinds smallint[], size integer) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION api.steps_fit(customer uuid, run uuid, after integer, kinds smallint[], size integer) OWNER TO moonbase_owner;

-- Name: FUNCTION steps_fit(customer uuid, run uuid, after integer, kinds smallint[], size integer); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.steps_fit(customer uuid, run uuid, after integer, kinds smallint[], size integer) IS 'How many steps behind this one a page takes, of `size` at most.';

-- Name: steps_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.steps_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
    params constant json := request -> 'params';
    size integer := params ->> 'limit';
    cursor_ constant text[] := api.cursor_unpack(params, 1);
    after integer := -1;
    run mb.runs;
    items json[];
    cursors text[];
begin
    if cursor_ is not null then
        if (cursor_[1] ~ '^[0-9]{1,9}$') is not true then
            perform api.fail(400, 'invalid_request', 'the cursor is not one of this list',
                '?cursor');
        end if;
        after := cursor_[1];
    end if;
    perform api.begin_as(customer);
    run := api.run_find(customer, params);
    size := api.steps_fit(customer, run.run_id, after, '{1,4}', size);
    select array_agg(api.step_json(s)), array_agg(api.cursor_pack(s.seq::text))
    into items, cursors
    from engine.whole_steps(array(
        select s
        from mb.steps s
        where s.customer_id = customer and s.run_id = run.run_id and s.seq > after
            and s.kind in (1, 4)
        order by s.seq
        limit size + 1)) s;
    return api.page(items, cursors, size);
end
$_$;

ALTER FUNCTION api.steps_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION steps_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.steps_list(customer uuid, request json) IS 'GET /v1/runs/{run_id}/steps';

-- Name: time_param(json, text); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.time_param(params json, name text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
    return (params ->> name)::timestamptz;
exception when invalid_datetime_format or datetime_field_overflow
        or invalid_time_zone_displacement_value then
    perform api.fail(400, 'invalid_request', format('the parameter "%s" is not a time', name),
        '?' || name);
    return null;
end
$$;

ALTER FUNCTION api.time_param(params json, name text) OWNER TO moonbase_owner;

-- Name: FUNCTION time_param(params json, name text); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.time_param(params json, name text) IS 'A parameter that is a time; null when it is not given.';

-- Name: trigger_create(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.trigger_create(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    body constant json := request -> 'body';
    most constant integer := 1000;
    deployment mb.deployments;
    trigger_ mb.triggers;
begin
    perform api.begin_as(customer);
    -- One after the other for a customer, so that the count holds.
    perform pg_advisory_xact_lock(hashtextextended('mb.triggers ' || customer, 0));
    select d.* into deployment
    from mb.deployments d
    where d.customer_id = customer and d.deployment_id = (request ->> 'deployment_id')::uuid
        and d.deleted_at is null
    for key share;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such deployment', '/deployment_id');
    end if;
    if (select count(*) from mb.triggers t where t.customer_id = customer) >= most then
        perform api.fail(409, 'conflict', format('there are %s triggers, the most', most));
    end if;
    insert into mb.triggers (customer_id, trigger_id, deployment_id, name, kind, is_enabled, input,
        schedule, timezone, catch_up, next_at, scheme, sealed, headers)
    values (customer, (request ->> 'id')::uuid, deployment.deployment_id,
        coalesce(body ->> 'name', body ->> 'kind'), body ->> 'kind',
        coalesce((body ->> 'enabled')::boolean, true), coalesce((body -> 'input')::text, 'null'),
        body ->> 'schedule', coalesce(body ->> 'timezone', 'UTC'),
        coalesce(body ->> 'catch_up', 'one'),
        engine.time_of((request ->> 'next_us')::bigint), request ->> 'scheme',
        request ->> 'sealed',
        array(select json_array_elements_text(case json_typeof(body -> 'headers') when 'array'
            then body -> 'headers' else '[]' end)))
    on conflict (customer_id, deployment_id, name) do nothing
    returning * into trigger_;
    if not found then
        perform api.fail(409, 'exists', format('the deployment has a trigger "%s"',
            coalesce(body ->> 'name', body ->> 'kind')), '/name');
    end if;
    return json_build_object(
        'status', 201,
        'headers', json_build_object('location',
            '/v1/triggers/' || api.show_id('trg', trigger_.trigger_id)),
        'body', api.trigger_json(trigger_));
end
$$;

ALTER FUNCTION api.trigger_create(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION trigger_create(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.trigger_create(customer uuid, request json) IS 'POST /v1/triggers';

-- Name: trigger_delete(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.trigger_delete(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    perform api.begin_as(customer);
    delete from mb.triggers
    where customer_id = customer
        and trigger_id = (request -> 'params' ->> 'trigger_id')::uuid;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such trigger');
    end if;
    return json_build_object('status', 204);
end
$$;

ALTER FUNCTION api.trigger_delete(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION trigger_delete(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.trigger_delete(customer uuid, request json) IS 'DELETE /v1/triggers/{trigger_id}';

-- Name: triggers; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.triggers (
    customer_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    deployment_id uuid NOT NULL,
    name text NOT NULL,
    kind mb.trigger_kind NOT NULL,
    is_enabled boolean DEFAULT true NOT NULL,
    is_managed boolean DEFAULT false NOT NULL,
    input text DEFAULT 'null'::text NOT NULL,
    schedule text,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    catch_up mb.trigger_catch_up DEFAULT 'one'::text NOT NULL,
    next_at timestamp with time zone,
    scheme text,
    sealed text,
    headers text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    last_at timestamp with time zone,
    last_run_id uuid,
    last_error text,
    CONSTRAINT triggers_check CHECK ((((kind)::text <> 'cron'::text) OR (schedule IS NOT NULL))),
    CONSTRAINT triggers_check1 CHECK ((((kind)::text <> 'webhook'::text) OR (scheme IS NOT NULL)))
)
WITH (fillfactor='80');

ALTER TABLE ONLY mb.triggers FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.triggers OWNER TO moonbase_owner;

-- Name: trigger_find(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.trigger_find(customer uuid, params json) RETURNS mb.triggers
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
    trigger_ mb.triggers;
begin
    select t.* into trigger_
    from mb.triggers t
    where t.customer_id = customer and t.trigger_id = (params ->> 'trigger_id')::uuid;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such trigger');
    end if;
    return trigger_;
end
$$;

ALTER FUNCTION api.trigger_find(customer uuid, params json) OWNER TO moonbase_owner;

-- Name: FUNCTION trigger_find(customer uuid, params json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.trigger_find(customer uuid, params json) IS 'The trigger that the parameters name, or 404.';

-- Name: trigger_firings_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.trigger_firings_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    trigger_ mb.triggers;
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    trigger_ := api.trigger_find(customer, params);
    select array_agg(json_build_object(
            'key', f.key,
            'run_id', api.show_id('run', f.run_id),
            'scheduled_at', api.show_time(f.scheduled_at),
            'fired_at', api.show_time(f.fired_at))),
        array_agg(api.cursor_pack(f.run_id::text))
    into items, cursors
    from (
        select f.*
        from mb.trigger_firings f
        where f.customer_id = customer and f.trigger_id = trigger_.trigger_id
            and (after is null or f.run_id < after)
        order by f.run_id desc
        limit size + 1
    ) f;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.trigger_firings_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION trigger_firings_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.trigger_firings_list(customer uuid, request json) IS 'GET /v1/triggers/{trigger_id}/firings';

-- Name: trigger_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.trigger_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    perform api.begin_as(customer);
    return json_build_object('status', 200,
        'body', api.trigger_json(api.trigger_find(customer, request -> 'params')));
end
$$;

ALTER FUNCTION api.trigger_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION trigger_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.trigger_get(customer uuid, request json) IS 'GET /v1/triggers/{trigger_id}';

-- Name: trigger_json(mb.triggers); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.trigger_json(trigger_ mb.triggers) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_build_object(
        'id', api.show_id('trg', trigger_.trigger_id),
        'deployment_id', api.show_id('dep', trigger_.deployment_id),
        'name', trigger_.name,
        'kind', trigger_.kind,
        'enabled', trigger_.is_enabled,
        'managed', trigger_.is_managed,
        'input', trigger_.input::json,
        'schedule', trigger_.schedule,
        'timezone', case trigger_.kind when 'cron' then trigger_.timezone end,
        'catch_up', case trigger_.kind when 'cron' then trigger_.catch_up end,
        'next_at', api.show_time(trigger_.next_at),
        'scheme', trigger_.scheme,
        'headers', case trigger_.kind when 'webhook' then trigger_.headers end,
        'has_secret', case trigger_.kind when 'webhook' then trigger_.sealed is not null end,
        'path', case trigger_.kind when 'webhook'
            then '/v1/hooks/' || api.show_id('trg', trigger_.trigger_id) end,
        'last_at', api.show_time(trigger_.last_at),
        'last_run_id', api.show_id('run', trigger_.last_run_id),
        'last_error', trigger_.last_error::json,
        'created_at', api.show_time(trigger_.created_at),
        'updated_at', api.show_time(trigger_.updated_at))
$$;

ALTER FUNCTION api.trigger_json(trigger_ mb.triggers) OWNER TO moonbase_owner;

-- Name: FUNCTION trigger_json(trigger_ mb.triggers); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.trigger_json(trigger_ mb.triggers) IS 'A trigger as customers see it: never its secret.';

-- Name: trigger_update(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.trigger_update(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    body constant json := request -> 'body';
    trigger_ mb.triggers;
begin
    perform api.begin_as(customer);
    trigger_ := api.trigger_find(customer, request -> 'params');
    if (body ->> 'enabled')::boolean and not exists (
        select from mb.deployments d
        where d.customer_id = customer and d.deployment_id = trigger_.deployment_id
            and d.deleted_at is null
    ) then
        perform api.fail(409, 'conflict', 'the trigger''s deployment is deleted', '/enabled');
    end if;
    begin
        update mb.triggers t
        set name = coalesce(body ->> 'name', t.name),
            is_enabled = coalesce((body ->> 'enabled')::boolean, t.is_enabled),
            input = coalesce((body -> 'input')::text, t.input),
            schedule = coalesce(body ->> 'schedule', t.schedule),
            timezone = coalesce(body ->> 'timezone', t.timezone),
            catch_up = coalesce(body ->> 'catch_up', t.catch_up),
            scheme = coalesce(body ->> 'scheme', t.scheme),
            sealed = coalesce(request ->> 'sealed', t.sealed),
            headers = case json_typeof(body -> 'headers') when 'array'
                then array(select json_array_elements_text(body -> 'headers')) else t.headers end,
            last_error = case when body -> 'enabled' is null and body -> 'schedule' is null
                and body -> 'timezone' is null then t.last_error end,
            next_at = case
                when t.kind <> 'cron' or not coalesce((body ->> 'enabled')::boolean, t.is_enabled)
                    then null
                when body -> 'enabled' is null and body -> 'schedule' is null
                    and body -> 'timezone' is null then t.next_at
                when coalesce(body ->> 'schedule', t.schedule) = request ->> 'schedule'
                    and coalesce(body ->> 'timezone', t.timezone) = request ->> 'timezone'
                    then engine.time_of((request ->> 'next_us')::bigint)
                end,
            updated_at = now()
        where t.customer_id = customer and t.trigger_id = trigger_.trigger_id
        returning * into trigger_;
    exception when unique_violation then
        perform api.fail(409, 'exists', format('the deployment has a trigger "%s"',
            body ->> 'name'), '/name');
    end;
    return json_build_object('status', 200, 'body', api.trigger_json(trigger_));
end
$$;

ALTER FUNCTION api.trigger_update(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION trigger_update(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.trigger_update(customer uuid, request json) IS 'PATCH /v1/triggers/{trigger_id}';

-- Name: triggers_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.triggers_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.trigger_json(t)), array_agg(api.cursor_pack(t.trigger_id::text))
    into items, cursors
    from (
        select t.*
        from mb.triggers t
        where t.customer_id = customer and (after is null or t.trigger_id < after)
            and (params ->> 'deployment' is null
                or t.deployment_id = (params ->> 'deployment')::uuid)
            and (params ->> 'kind' is null or t.kind = params ->> 'kind')
        order by t.trigger_id desc
        limit size + 1
    ) t;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.triggers_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION triggers_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.triggers_list(customer uuid, request json) IS 'GET /v1/triggers';

-- Name: usage_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.usage_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    until constant timestamptz := date_trunc('hour', coalesce(api.time_param(params, 'to'), now())
        + interval '1 hour' - interval '1 microsecond', 'UTC');
    since constant timestamptz := date_trunc('hour',
        coalesce(api.time_param(params, 'from'), until - interval '24 hours'), 'UTC');
    grouped constant text[] := array(select json_array_elements_text(
        case when params ->> 'group_by' is null then '[]' else params -> 'group_by' end));
    data json;
    total json;
begin
    if since >= until or until - since > interval '366 days' then
        perform api.fail(400, 'invalid_request',
            '"from" is to be before "to", by 366 days at most', '?from');
    end if;
    perform api.begin_as(customer);
    with rows as (
        select case when 'hour' = any (grouped) then u.hour end as hour,
            case when 'deployment' = any (grouped) then u.deployment_id end as deployment,
            case when 'tool' = any (grouped) then u.tool end as tool,
            sum(u.calls) as calls, sum(u.tokens_in) as tokens_in, sum(u.tokens_out) as tokens_out,
            sum(u.cpu_us) as cpu_us, sum(u.bytes) as bytes, sum(u.price_micros) as cost_micros
        from mb.usage_hourly u
        where u.customer_id = customer and u.hour >= since and u.hour < until
        group by 1, 2, 3
        limit 10001
    )
    select coalesce(json_agg(json_strip_nulls(json_build_object(
            'hour', api.show_time(r.hour), 'deployment_id', api.show_id('dep', r.deployment),
            'tool', r.tool, 'calls', r.calls, 'tokens_in', r.tokens_in,
            'tokens_out', r.tokens_out, 'cpu_us', r.cpu_us, 'bytes', r.bytes,
            'cost_micros', r.cost_micros)) order by r.hour, r.deployment, r.tool), '[]'),
        json_build_object('calls', coalesce(sum(r.calls), 0),
            'tokens_in', coalesce(sum(r.tokens_in), 0),
            'tokens_out', coalesce(sum(r.tokens_out), 0), 'cpu_us', coalesce(sum(r.cpu_us), 0),
            'bytes', coalesce(sum(r.bytes), 0), 'cost_micros', coalesce(sum(r.cost_micros), 0))
    into data, total
    from rows r;
    if json_array_length(data) > 10000 then
        perform api.fail(400, 'invalid_request',
            'this is more than 10000 rows: ask for less time, or group by less', '?group_by');
    end if;
    return json_build_object('status', 200, 'body', json_build_object(
        'from', api.show_time(since), 'to', api.show_time(until), 'data', data, 'total', total));
end
$$;

ALTER FUNCTION api.usage_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION usage_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.usage_get(customer uuid, request json) IS 'GET /v1/usage';

-- Name: workflows; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.workflows (
    customer_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    document json NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    published integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid NOT NULL,
    deleted_at timestamp with time zone
);

ALTER TABLE ONLY mb.workflows FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.workflows OWNER TO moonbase_owner;

-- Name: workflow_answer(integer, mb.workflows); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_answer(status integer, workflow mb.workflows) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_build_object(
        'status', status,
        'headers', json_build_object('etag', '"' || workflow.revision || '"',
            'location', '/v1/workflows/' || api.show_id('wf', workflow.workflow_id)),
        'body', api.workflow_json(workflow))
$$;

ALTER FUNCTION api.workflow_answer(status integer, workflow mb.workflows) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_answer(status integer, workflow mb.workflows); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_answer(status integer, workflow mb.workflows) IS 'What an operation that changes a workflow answers.';

-- Name: workflow_change(uuid, uuid, integer, json, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_change(customer uuid, wanted uuid, based_on integer, document_ json, caller json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    workflow mb.workflows := api.workflow_find(customer, wanted, true);
begin
    if workflow.revision <> based_on then
        return json_build_object('status', 200,
            'body', json_build_object('conflict', true, 'revision', workflow.revision));
    end if;
    if workflow.document::text <> document_::text then
        update mb.workflows w
        set document = document_, revision = w.revision + 1, updated_at = now(),
            name = left(coalesce(document_ ->> 'name', ''), 64),
            title = left(coalesce(document_ ->> 'title', ''), 120),
            updated_by = (caller ->> 'key_id')::uuid
        where w.customer_id = customer and w.workflow_id = wanted
        returning * into strict workflow;
    end if;
    return api.workflow_answer(200, workflow);
end
$$;

ALTER FUNCTION api.workflow_change(customer uuid, wanted uuid, based_on integer, document_ json, caller json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_change(customer uuid, wanted uuid, based_on integer, document_ json, caller json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_change(customer uuid, wanted uuid, based_on integer, document_ json, caller json) IS 'Saves a draft, unless another has done so before.';

-- Name: workflow_create(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_create(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    document_ constant json := request -> 'body' -> 'document';
    most constant integer := 1000;
    workflow mb.workflows;
begin
    perform api.begin_as(customer);
    if (select count(*) from mb.workflows w
        where w.customer_id = customer and w.deleted_at is null) >= most then
        perform api.fail(422, 'storage_limit', format('there are %s workflows already', most));
    end if;
    insert into mb.workflows (customer_id, workflow_id, name, title, document, updated_by)
    values (customer, engine.new_id(), left(coalesce(document_ ->> 'name', ''), 64),
        left(coalesce(document_ ->> 'title', ''), 120), document_,
        (request -> 'caller' ->> 'key_id')::uuid)
    returning * into strict workflow;
    return api.workflow_answer(201, workflow);
end
$$;

ALTER FUNCTION api.workflow_create(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_create(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_create(customer uuid, request json) IS 'POST /v1/workflows';

-- Name: workflow_delete(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_delete(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    workflow constant mb.workflows :=
        api.workflow_find(customer, (request -> 'params' ->> 'workflow_id')::uuid, true);
begin
    update mb.workflows w
    set deleted_at = now()
    where w.customer_id = customer and w.workflow_id = workflow.workflow_id;
    return json_build_object('status', 204);
end
$$;

ALTER FUNCTION api.workflow_delete(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_delete(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_delete(customer uuid, request json) IS 'DELETE /v1/workflows/{workflow_id}';

-- Name: workflow_versions; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.workflow_versions (
    customer_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    document json NOT NULL,
    package_id uuid NOT NULL,
    cost json,
    note text DEFAULT ''::text NOT NULL,
    published_at timestamp with time zone DEFAULT now() NOT NULL,
    published_by uuid NOT NULL
);

ALTER TABLE ONLY mb.workflow_versions FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.workflow_versions OWNER TO moonbase_owner;

-- Name: workflow_deploy(uuid, mb.workflow_versions, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_deploy(customer uuid, version_ mb.workflow_versions, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    manifest constant json := request -> 'package' -> 'manifest';
    asked constant text[] := array(select json_array_elements_text(
        coalesce(manifest -> 'tools', '[]')));
    deployment mb.deployments;
    earlier json;
    made json;
begin
    if request ->> 'deployment' = 'new' then
        made := api.deployment_create(customer, json_build_object(
            'id', request ->> 'deployment_id', 'package_owner', customer,
            'package_id', version_.package_id, 'config', request -> 'config',
            'tools', manifest -> 'tools', 'secrets', '{}'::json)) -> 'body';
        perform engine.put_triggers(customer, (request ->> 'deployment_id')::uuid,
            api.workflow_triggers(version_.document));
        return made;
    end if;
    select d.* into deployment
    from mb.deployments d
    where d.customer_id = customer and d.deployment_id = (request ->> 'deployment')::uuid
        and d.deleted_at is null
    for update;
    if not found then
        perform api.fail(404, 'not_found', 'there is no such deployment', '/deployment');
    end if;
    if deployment.package_owner <> customer or not exists (select from mb.workflow_versions v
        where v.customer_id = customer and v.workflow_id = version_.workflow_id
            and v.package_id = deployment.package_id) then
        perform api.fail(409, 'conflict', 'the deployment does not run this workflow', '/deployment');
    end if;
    select p.manifest into strict earlier
    from mb.packages p
    where p.customer_id = customer and p.package_id = deployment.package_id;
    update mb.deployments d
    set package_id = version_.package_id, config = request -> 'config',
        tools = array(select tool from unnest(asked) tool
            where tool = any (d.tools) or tool not in (
                select json_array_elements_text(coalesce(earlier -> 'tools', '[]'))))
    where d.customer_id = customer and d.deployment_id = deployment.deployment_id
    returning * into strict deployment;
    perform engine.put_triggers(customer, deployment.deployment_id,
        api.workflow_triggers(version_.document));
    return api.deployment_json(deployment);
end
$$;

ALTER FUNCTION api.workflow_deploy(customer uuid, version_ mb.workflow_versions, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_deploy(customer uuid, version_ mb.workflow_versions, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_deploy(customer uuid, version_ mb.workflow_versions, request json) IS 'Has a deployment run a version that is being published.';

-- Name: workflow_find(uuid, uuid, boolean); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_find(customer uuid, wanted uuid, lock boolean DEFAULT false) RETURNS mb.workflows
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    workflow mb.workflows;
begin
    perform api.begin_as(customer);
    if lock then
        select w.* into workflow
        from mb.workflows w
        where w.customer_id = customer and w.workflow_id = wanted and w.deleted_at is null
        for update;
    else
        select w.* into workflow
        from mb.workflows w
        where w.customer_id = customer and w.workflow_id = wanted and w.deleted_at is null;
    end if;
    if workflow.workflow_id is null then
        perform api.fail(404, 'not_found', 'there is no such workflow');
    end if;
    return workflow;
end
$$;

ALTER FUNCTION api.workflow_find(customer uuid, wanted uuid, lock boolean) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_find(customer uuid, wanted uuid, lock boolean); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_find(customer uuid, wanted uuid, lock boolean) IS 'A workflow of the customer''s, or 404.';

-- Name: workflow_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    workflow constant mb.workflows :=
        api.workflow_find(customer, (request -> 'params' ->> 'workflow_id')::uuid);
begin
    return json_build_object(
        'status', 200,
        'headers', json_build_object('etag', '"' || workflow.revision || '"'),
        'body', api.json_with(api.workflow_json(workflow), 'document', workflow.document));
end
$$;

ALTER FUNCTION api.workflow_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_get(customer uuid, request json) IS 'GET /v1/workflows/{workflow_id}';

-- Name: workflow_hooks(uuid, uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_hooks(customer uuid, deployment uuid, document json) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_agg(json_build_object('trigger_id', t.trigger_id, 'name', s.name,
        'sealed', s.sealed))
    from json_array_elements(document -> 'nodes') n (v)
    join mb.triggers t on t.customer_id = customer and t.deployment_id = deployment
        and t.name = n.v ->> 'id' and t.kind = 'webhook' and t.is_managed
    join mb.secrets s on s.customer_id = customer and s.name = n.v -> 'params' ->> 'secret'
    where n.v ->> 'type' = 'trigger'
$$;

ALTER FUNCTION api.workflow_hooks(customer uuid, deployment uuid, document json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_hooks(customer uuid, deployment uuid, document json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_hooks(customer uuid, deployment uuid, document json) IS 'The webhooks that a document draws whose secrets are there; null when there are none.';

-- Name: workflow_hooks_put(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_hooks_put(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    perform api.begin_as(customer);
    update mb.triggers t
    set sealed = h.v ->> 'sealed', updated_at = now()
    from json_array_elements(request -> 'hooks') h (v)
    where t.customer_id = customer and t.trigger_id = (h.v ->> 'trigger_id')::uuid;
    return json_build_object('status', 200, 'body', '{}'::json);
end
$$;

ALTER FUNCTION api.workflow_hooks_put(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_hooks_put(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_hooks_put(customer uuid, request json) IS 'For POST /v1/workflows/{workflow_id}/publish: gives webhooks their secrets.';

-- Name: workflow_json(mb.workflows); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_json(workflow mb.workflows) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_build_object(
        'id', api.show_id('wf', workflow.workflow_id),
        'name', workflow.name,
        'title', workflow.title,
        'revision', workflow.revision,
        'published_version', nullif(workflow.published, 0),
        'created_at', api.show_time(workflow.created_at),
        'updated_at', api.show_time(workflow.updated_at),
        'updated_by', api.show_id('key', workflow.updated_by))
$$;

ALTER FUNCTION api.workflow_json(workflow mb.workflows) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_json(workflow mb.workflows); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_json(workflow mb.workflows) IS 'A workflow as lists show it.';

-- Name: workflow_publish(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_publish(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    wanted constant uuid := request -> 'params' ->> 'workflow_id';
    package constant json := request -> 'package';
    name_ constant text := package -> 'manifest' ->> 'name';
    workflow constant mb.workflows := api.workflow_find(customer, wanted, true);
    version_ mb.workflow_versions;
    body json;
    hooks json;
begin
    if workflow.revision <> (request ->> 'revision')::integer
        or workflow.published + 1 <> (request ->> 'version')::integer then
        perform api.fail(409, 'conflict',
            format('it was changed meanwhile: the draft is at revision %s', workflow.revision));
    end if;
    if exists (select from mb.workflow_versions v
        join mb.workflows w on w.customer_id = v.customer_id and w.workflow_id = v.workflow_id
        where v.customer_id = customer and v.name = name_ and v.workflow_id <> wanted
            and w.deleted_at is null) then
        perform api.fail(409, 'exists', format('another workflow is published as "%s"', name_));
    end if;
    body := api.package_create(customer, package) -> 'body';
    insert into mb.workflow_versions (customer_id, workflow_id, version, name, document, package_id,
        cost, note, published_by)
    values (customer, wanted, workflow.published + 1, name_, workflow.document,
        substr(body ->> 'id', 5)::uuid, request -> 'cost', coalesce(request ->> 'note', ''),
        (request -> 'caller' ->> 'key_id')::uuid)
    returning * into strict version_;
    update mb.workflows w
    set published = version_.version
    where w.customer_id = customer and w.workflow_id = wanted;
    body := api.workflow_version_json(version_);
    if request ->> 'deployment' is not null then
        body := api.json_with(body, 'deployment', api.workflow_deploy(customer, version_, request));
        hooks := api.workflow_hooks(customer, (case request ->> 'deployment' when 'new'
            then request ->> 'deployment_id' else request ->> 'deployment' end)::uuid,
            version_.document);
    end if;
    return json_build_object('status', 201,
        'headers', json_build_object('location', format('/v1/workflows/%s/versions/%s',
            api.show_id('wf', wanted), version_.version)),
        'body', body,
        'hooks', hooks);
end
$$;

ALTER FUNCTION api.workflow_publish(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_publish(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_publish(customer uuid, request json) IS 'POST /v1/workflows/{workflow_id}/publish';

-- Name: workflow_put(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_put(customer uuid, request json) RETURNS json
    LANGUAGE sql
    SET search_path TO ''
    AS $$
    select api.workflow_change(customer, (request -> 'params' ->> 'workflow_id')::uuid,
        (request ->> 'revision')::integer, request -> 'body' -> 'document', request -> 'caller')
$$;

ALTER FUNCTION api.workflow_put(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_put(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_put(customer uuid, request json) IS 'PUT /v1/workflows/{workflow_id}';

-- Name: workflow_restore(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_restore(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    wanted constant uuid := request -> 'params' ->> 'workflow_id';
    version_ constant mb.workflow_versions := api.workflow_version_find(customer, wanted,
        (request -> 'body' ->> 'version')::integer, '/version');
begin
    return api.workflow_change(customer, wanted, (request ->> 'revision')::integer,
        version_.document, request -> 'caller');
end
$$;

ALTER FUNCTION api.workflow_restore(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_restore(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_restore(customer uuid, request json) IS 'POST /v1/workflows/{workflow_id}/restore';

-- Name: workflow_source_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_source_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    workflow constant mb.workflows :=
        api.workflow_find(customer, (params ->> 'workflow_id')::uuid);
    document constant json := coalesce(request -> 'document', workflow.document);
    deployment mb.deployments;
    major integer;
begin
    if params ->> 'deployment_id' is not null then
        select d.* into deployment
        from mb.deployments d
        where d.customer_id = customer and d.deployment_id = (params ->> 'deployment_id')::uuid
            and d.deleted_at is null;
        if not found then
            perform api.fail(404, 'not_found', 'there is no such deployment', '/deployment');
        end if;
    end if;
    select greatest(workflow.published, max(substring(p.version from '^(\d{1,6})\.')::integer)) + 1
    into strict major
    from mb.packages p
    where p.customer_id = customer and p.name = document ->> 'name';
    return json_build_object('status', 200, 'body', json_build_object(
        'document', document,
        'revision', workflow.revision,
        'version', workflow.published + 1,
        'package_version', major || '.0.0',
        'workflows', api.workflows_known(customer, document),
        'config', deployment.config));
end
$$;

ALTER FUNCTION api.workflow_source_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_source_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_source_get(customer uuid, request json) IS 'For compile and publish: what the compiler gets.';

-- Name: workflow_triggers(json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_triggers(document json) RETURNS json
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select coalesce(json_agg(json_build_object(
        'name', n.v ->> 'id',
        'kind', n.v -> 'params' ->> 'kind',
        'schedule', n.v -> 'params' ->> 'schedule',
        'input', case n.v -> 'params' ->> 'kind' when 'cron'
            then json_build_array(coalesce(n.v -> 'params' -> 'input', '{}'))
            else '"{{body}}"' end)), '[]')
    from json_array_elements(document -> 'nodes') n (v)
    where n.v ->> 'type' = 'trigger' and n.v -> 'params' ->> 'kind' in ('cron', 'webhook')
$$;

ALTER FUNCTION api.workflow_triggers(document json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_triggers(document json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_triggers(document json) IS 'The triggers that a compiled document draws, as engine.put_triggers takes them.';

-- Name: workflow_version_find(uuid, uuid, integer, text); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_version_find(customer uuid, wanted uuid, number integer, place text DEFAULT NULL::text) RETURNS mb.workflow_versions
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    workflow constant mb.workflows := api.workflow_find(customer, wanted);
    version_ mb.workflow_versions;
begin
    select v.* into version_
    from mb.workflow_versions v
    where v.customer_id = customer and v.workflow_id = workflow.workflow_id and v.version = number;
    if not found then
        perform api.fail(404, 'not_found', format('the workflow has no version %s', number), place);
    end if;
    return version_;
end
$$;

ALTER FUNCTION api.workflow_version_find(customer uuid, wanted uuid, number integer, place text) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_version_find(customer uuid, wanted uuid, number integer, place text); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_version_find(customer uuid, wanted uuid, number integer, place text) IS 'A published version, or 404.';

-- Name: workflow_version_get(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_version_get(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    version_ constant mb.workflow_versions := api.workflow_version_find(customer,
        (params ->> 'workflow_id')::uuid, (params ->> 'version')::integer);
begin
    return json_build_object('status', 200, 'body',
        api.json_with(api.workflow_version_json(version_), 'document', version_.document));
end
$$;

ALTER FUNCTION api.workflow_version_get(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_version_get(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_version_get(customer uuid, request json) IS 'GET /v1/workflows/{workflow_id}/versions/{version}';

-- Name: workflow_version_json(mb.workflow_versions); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_version_json(version mb.workflow_versions) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    select json_build_object(
        'workflow_id', api.show_id('wf', version.workflow_id),
        'version', version.version,
        'package', json_build_object('id', api.show_id('pkg', p.package_id), 'name', p.name,
            'version', p.version),
        'cost', version.cost,
        'note', version.note,
        'published_at', api.show_time(version.published_at),
        'published_by', api.show_id('key', version.published_by))
    from mb.packages p
    where p.customer_id = version.customer_id and p.package_id = version.package_id
$$;

ALTER FUNCTION api.workflow_version_json(version mb.workflow_versions) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_version_json(version mb.workflow_versions); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_version_json(version mb.workflow_versions) IS 'A published version as lists show it.';

-- Name: workflow_versions_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflow_versions_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    cursor_ constant text := (api.cursor_unpack(params, 1))[1];
    after integer;
    workflow constant mb.workflows := api.workflow_find(customer, (params ->> 'workflow_id')::uuid);
    items json[];
    cursors text[];
begin
    if cursor_ !~ '^[0-9]{1,9}$' then
        perform api.fail(400, 'invalid_request', 'the cursor is not one of this list', '?cursor');
    end if;
    after := cursor_;
    select array_agg(api.workflow_version_json(v)), array_agg(api.cursor_pack(v.version::text))
    into items, cursors
    from (
        select *
        from mb.workflow_versions v
        where v.customer_id = customer and v.workflow_id = workflow.workflow_id
            and (after is null or v.version < after)
        order by v.version desc
        limit size + 1
    ) v;
    return api.page(items, cursors, size);
end
$_$;

ALTER FUNCTION api.workflow_versions_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflow_versions_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflow_versions_list(customer uuid, request json) IS 'GET /v1/workflows/{workflow_id}/versions';

-- Name: workflows_known(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflows_known(customer uuid, document json) RETURNS json
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    with named as (
        select n.v -> 'params' ->> 'workflow' as name
        from json_array_elements(case json_typeof(document -> 'nodes') when 'array'
            then document -> 'nodes' else '[]' end) n (v)
        where json_typeof(n.v) = 'object' and n.v ->> 'type' = 'subworkflow'
            and json_typeof(n.v -> 'params') = 'object'
    ), there as (
        select d.name, p.manifest, 1 as rank, d.deployment_id as id
        from mb.deployments d
        join mb.packages p on p.customer_id = d.package_owner and p.package_id = d.package_id
        where d.customer_id = customer and d.deleted_at is null
        union all
        select v.name, p.manifest, 2, p.package_id
        from mb.workflows w
        join mb.workflow_versions v on v.customer_id = w.customer_id
            and v.workflow_id = w.workflow_id and v.version = w.published
        join mb.packages p on p.customer_id = v.customer_id and p.package_id = v.package_id
        where w.customer_id = customer and w.deleted_at is null
    ), first as (
        select distinct on (t.name) t.name, t.manifest, t.name in (select name from named) as is_named
        from there t
        order by t.name, t.rank, t.id desc
    ), few as (
        select * from first order by is_named desc, name limit 500
    )
    select coalesce(json_object_agg(s.name, case when s.is_named then json_build_object(
        'input', coalesce(s.manifest -> 'input', 'true'),
        'output', coalesce(s.manifest -> 'output', 'true')) else '{}' end), '{}')
    from few s
$$;

ALTER FUNCTION api.workflows_known(customer uuid, document json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflows_known(customer uuid, document json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflows_known(customer uuid, document json) IS 'For the compiler: what sub-workflow nodes may name.';

-- Name: workflows_list(uuid, json); Type: FUNCTION; Schema: api; Owner: moonbase_owner

CREATE FUNCTION api.workflows_list(customer uuid, request json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    params constant json := request -> 'params';
    size constant integer := params ->> 'limit';
    after constant uuid := api.cursor_id(params);
    items json[];
    cursors text[];
begin
    perform api.begin_as(customer);
    select array_agg(api.workflow_json(w)), array_agg(api.cursor_pack(w.workflow_id::text))
    into items, cursors
    from (
        select *
        from mb.workflows w
        where w.customer_id = customer and w.deleted_at is null
            and (params ->> 'name' is null or w.name = params ->> 'name')
            and (after is null or w.workflow_id < after)
        order by w.workflow_id desc
        limit size + 1
    ) w;
    return api.page(items, cursors, size);
end
$$;

ALTER FUNCTION api.workflows_list(customer uuid, request json) OWNER TO moonbase_owner;

-- Name: FUNCTION workflows_list(customer uuid, request json); Type: COMMENT; Schema: api; Owner: moonbase_owner

COMMENT ON FUNCTION api.workflows_list(customer uuid, request json) IS 'GET /v1/workflows';

-- Name: add_approvals(json); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.add_approvals(approvals json) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    insert into mb.approvals as known (customer_id, run_id, seq, title, details, roles, form,
        deadline_at, escalate_at, escalate_to, reminded_at, reminders, escalated_at)
    select a.customer_id, a.run_id, a.seq, a.title, a.details, coalesce(a.roles, '{}'), a.form,
        engine.time_of(a.deadline_us), engine.time_of(a.escalate_us), coalesce(a.escalate_to, '{}'),
        engine.time_of(a.reminded_us), coalesce(a.reminders, 0), engine.time_of(a.escalated_us)
    from json_to_recordset(approvals) as a (customer_id uuid, run_id uuid, seq integer, title text,
        details json, roles text[], form json, deadline_us bigint, escalate_us bigint,
        escalate_to text[], reminded_us bigint, reminders integer, escalated_us bigint)
    on conflict (customer_id, run_id, seq) do update
    set reminded_at = coalesce(excluded.reminded_at, known.reminded_at),
        reminders = greatest(excluded.reminders, known.reminders),
        escalated_at = coalesce(excluded.escalated_at, known.escalated_at)
    where excluded.reminded_at is not null or excluded.escalated_at is not null
$$;

ALTER FUNCTION engine.add_approvals(approvals json) OWNER TO moonbase_engine;

-- Name: FUNCTION add_approvals(approvals json); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.add_approvals(approvals json) IS 'Records what people have to decide or answer.';

-- Name: add_storage(uuid, bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.add_storage(p_customer uuid, p_bytes bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    used bigint;
    cap bigint;
begin
    if p_bytes = 0 then
        return;
    end if;
    update mb.storage
    set bytes = bytes + p_bytes
    where customer_id = p_customer
    returning bytes into used;
    if p_bytes < 0 then
        return;
    end if;
    select coalesce((c.limits ->> 'storage_bytes')::bigint,
        nullif(current_setting('mb.storage_bytes', true), '')::bigint, 1073741824) into cap
    from mb.customers c
    where c.customer_id = p_customer;
    if used > cap then
        raise exception using errcode = 'MB422', detail = 'storage_limit',
            message = format('the customer''s storage of %s bytes is used up', cap);
    end if;
end
$$;

ALTER FUNCTION engine.add_storage(p_customer uuid, p_bytes bigint) OWNER TO moonbase_owner;

-- Name: FUNCTION add_storage(p_customer uuid, p_bytes bigint); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.add_storage(p_customer uuid, p_bytes bigint) IS 'Counts bytes of a customer''s data, and refuses with storage_limit when there are too many.';

-- Name: audit(); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.audit() RETURNS TABLE(customer_id uuid, credited_micros numeric, charged_micros numeric, balance_micros numeric, usage_micros numeric)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select c.customer_id, k.credited, s.charged, b.balance, u.used
    from mb.customers c
    cross join lateral (select coalesce(sum(x.amount_micros), 0) as credited
        from mb.credits x where x.customer_id = c.customer_id) k
    cross join lateral (select coalesce(sum(x.price_micros), 0) as charged
        from mb.steps x where x.customer_id = c.customer_id and x.state = 2) s
    cross join lateral (select
        coalesce((select x.balance_micros from mb.balances x
            where x.customer_id = c.customer_id), 0)
        - coalesce((select sum(x.spent_micros) from mb.balance_leases x
            where x.customer_id = c.customer_id), 0) as balance) b
    cross join lateral (select coalesce(sum(x.price_micros), 0) as used
        from mb.usage_hourly x where x.customer_id = c.customer_id) u
    where k.credited - s.charged <> b.balance or u.used <> s.charged
$$;

ALTER FUNCTION engine.audit() OWNER TO moonbase_engine;

-- Name: FUNCTION audit(); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.audit() IS 'Customers whose balance or usage does not agree with the journal; none when all is well.';

-- Name: auth(bytea); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.auth(p_key_sha256 bytea) RETURNS TABLE(customer_id uuid, key_id uuid, scopes text[], revoked boolean, customer_name text, customer_limits json, customer_disabled boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select k.customer_id, k.key_id, k.scopes, k.revoked_at is not null, c.name, c.limits,
        c.disabled_at is not null
    from mb.api_keys k
    join mb.customers c on c.customer_id = k.customer_id
    where k.key_sha256 = p_key_sha256
$$;

ALTER FUNCTION engine.auth(p_key_sha256 bytea) OWNER TO moonbase_engine;

-- Name: FUNCTION auth(p_key_sha256 bytea); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.auth(p_key_sha256 bytea) IS 'The key with this hash and its customer; no row when unknown.';

-- Name: bury(bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.bury(p_fence bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
declare
    freed integer;
begin
    update mb.cores set dead_at = now() where fence = p_fence;
    perform engine.settle_lease(l.customer_id, p_fence, true)
    from (
        select customer_id from mb.balance_leases where fence = p_fence order by customer_id
    ) l;
    update mb.runs r
    set fence = null,
        status = case when r.status = 'running' then 'queued' else r.status end,
        wake_at = case when r.status = 'waiting' and not r.cancel_requested then r.wake_at else now() end,
        steps = s.steps, tokens_in = s.tokens_in, tokens_out = s.tokens_out, cost_micros = s.micros
    from mb.runs o
    cross join lateral (
        select count(*) filter (where x.kind = 1) as steps, coalesce(sum(x.tokens_in), 0) as tokens_in,
            coalesce(sum(x.tokens_out), 0) as tokens_out, coalesce(sum(x.price_micros), 0) as micros
        from mb.steps x
        where x.customer_id = o.customer_id and x.run_id = o.run_id and x.state = 2
    ) s
    where o.fence = p_fence and r.customer_id = o.customer_id and r.run_id = o.run_id;
    get diagnostics freed = row_count;
    if freed > 0 then
        perform pg_notify('mb_queue', '');
    end if;
    return freed;
end
$$;

ALTER FUNCTION engine.bury(p_fence bigint) OWNER TO moonbase_engine;

-- Name: FUNCTION bury(p_fence bigint); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.bury(p_fence bigint) IS 'Declares a core dead, settles its leases and frees its runs; returns how many runs.';

-- Name: cancel(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.cancel(p_customer uuid, p_run uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
declare
    run record;
    child uuid;
begin
    perform engine.lock_families(array[p_customer], array[p_run]);
    select r.status, r.fence, r.finished_at into run
    from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run
    for update;
    if not found then
        return 'not_found';
    elsif run.finished_at is not null then
        return run.status;
    end if;
    for child in
        select r.run_id
        from mb.runs r
        where r.customer_id = p_customer and r.parent_run_id = p_run and r.finished_at is null
        order by 1
    loop
        perform engine.cancel(p_customer, child);
    end loop;
    if run.fence is not null then
        update mb.runs
        set cancel_requested = true
        where customer_id = p_customer and run_id = p_run;
        perform pg_notify('mb_run', format('%s %s cancel', p_customer, p_run));
        return 'cancelling';
    end if;
    update mb.runs
    set cancel_requested = true, status = 'cancelled', wait_reason = null, wake_at = null,
        finished_at = now(),
        error = '{"code": "cancelled", "message": "the run was cancelled", "retryable": false}'
    where customer_id = p_customer and run_id = p_run;
    perform pg_notify('mb_run', format('%s %s finish', p_customer, p_run));
    perform engine.wake_after_flush(array[p_customer], array[p_run]);
    return 'cancelled';
end
$$;

ALTER FUNCTION engine.cancel(p_customer uuid, p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION cancel(p_customer uuid, p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.cancel(p_customer uuid, p_run uuid) IS 'Stops a run: at once when nobody executes it, else by telling the core that does.';

-- Name: cancel_children(uuid, uuid, text); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.cancel_children(p_customer uuid, p_run uuid, p_status text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
declare
    child uuid;
begin
    for child in
        select r.run_id
        from mb.runs r
        where r.customer_id = p_customer and r.parent_run_id = p_run and r.finished_at is null
            and not r.cancel_requested
            and (p_status <> 'succeeded' or (r.limits::json ->> 'detached') is distinct from 'true')
        order by r.run_id
    loop
        perform engine.cancel(p_customer, child);
    end loop;
end
$$;

ALTER FUNCTION engine.cancel_children(p_customer uuid, p_run uuid, p_status text) OWNER TO moonbase_engine;

-- Name: FUNCTION cancel_children(p_customer uuid, p_run uuid, p_status text); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.cancel_children(p_customer uuid, p_run uuid, p_status text) IS 'Stops the child runs that nobody waits for any more.';

-- Name: cancels(bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.cancels(p_fence bigint) RETURNS TABLE(customer_id uuid, run_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select r.customer_id, r.run_id
    from mb.runs r
    where r.fence = p_fence and r.cancel_requested
$$;

ALTER FUNCTION engine.cancels(p_fence bigint) OWNER TO moonbase_engine;

-- Name: FUNCTION cancels(p_fence bigint); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.cancels(p_fence bigint) IS 'The runs of a core that are to be stopped.';

-- Name: change_customer(uuid, json, boolean); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.change_customer(p_customer uuid, p_limits json, p_disabled boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    update mb.customers
    set limits = coalesce(p_limits, limits),
        disabled_at = case
            when p_disabled then coalesce(disabled_at, now())
            when not p_disabled then null
            else disabled_at end
    where customer_id = p_customer;
    return found;
end
$$;

ALTER FUNCTION engine.change_customer(p_customer uuid, p_limits json, p_disabled boolean) OWNER TO moonbase_engine;

-- Name: FUNCTION change_customer(p_customer uuid, p_limits json, p_disabled boolean); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.change_customer(p_customer uuid, p_limits json, p_disabled boolean) IS 'Sets a customer''s limits or disables it; false when there is no such customer.';

-- Name: child_claim(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.child_claim(p_customer uuid, p_run uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    with recursive below (cost_micros, budget_micros, run_id) as (
        select 0::bigint, null::bigint, p_run
        union all
        select r.cost_micros,
            case when r.finished_at is null and not r.cancel_requested
                then (r.limits::json ->> 'budget_micros')::bigint end, r.run_id
        from below
        join mb.runs r on r.customer_id = p_customer and r.parent_run_id = below.run_id
        where below.budget_micros is null
    )
    select coalesce(sum(greatest(below.cost_micros, below.budget_micros)), 0)::bigint from below
$$;

ALTER FUNCTION engine.child_claim(p_customer uuid, p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION child_claim(p_customer uuid, p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.child_claim(p_customer uuid, p_run uuid) IS 'What the child runs of a run cost, and may still cost once it has ended, with their own children.';

-- Name: child_cost(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.child_cost(p_customer uuid, p_run uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    with recursive below (run_id, cost_micros) as (
        select r.run_id, r.cost_micros
        from mb.runs r
        where r.customer_id = p_customer and r.parent_run_id = p_run
        union all
        select r.run_id, r.cost_micros
        from below
        join mb.runs r on r.customer_id = p_customer and r.parent_run_id = below.run_id
    )
    select coalesce(sum(below.cost_micros), 0)::bigint from below
$$;

ALTER FUNCTION engine.child_cost(p_customer uuid, p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION child_cost(p_customer uuid, p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.child_cost(p_customer uuid, p_run uuid) IS 'What the child runs of a run have cost so far, with their own children.';

-- Name: child_plan(uuid, uuid, uuid, text); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.child_plan(p_customer uuid, p_parent uuid, p_deployment uuid, p_name text) RETURNS TABLE(deployment_id uuid, depth integer, open_children integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    with recursive line (run_id, above, depth) as (
        select r.run_id, r.parent_run_id, 0
        from mb.runs r
        where r.customer_id = p_customer and r.run_id = p_parent
        union all
        select r.run_id, r.parent_run_id, line.depth + 1
        from line
        join mb.runs r on r.customer_id = p_customer and r.run_id = line.above
        where line.depth < 100
    )
    select
        (select d.deployment_id
            from mb.deployments d
            where d.customer_id = p_customer and d.deleted_at is null
                and case when p_deployment is null then d.name = p_name
                    else d.deployment_id = p_deployment end
            order by d.deployment_id desc
            limit 1),
        coalesce((select max(line.depth) from line), 0),
        (select count(*)::integer
            from (
                select from mb.runs r
                where r.customer_id = p_customer and r.parent_run_id is not null
                    and r.finished_at is null
                limit 100000
            ) counted)
$$;

ALTER FUNCTION engine.child_plan(p_customer uuid, p_parent uuid, p_deployment uuid, p_name text) OWNER TO moonbase_engine;

-- Name: FUNCTION child_plan(p_customer uuid, p_parent uuid, p_deployment uuid, p_name text); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.child_plan(p_customer uuid, p_parent uuid, p_deployment uuid, p_name text) IS 'Which deployment a child run is of, how deep its parent lies, how many child runs are open.';

-- Name: child_state(uuid, uuid, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.child_state(p_customer uuid, p_parent uuid, p_run uuid) RETURNS TABLE(is_over boolean, status text, output text, error text, steps integer, tokens_in bigint, tokens_out bigint, cost_micros bigint, limits json)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select r.finished_at is not null, r.status::text, r.output, r.error, r.steps, r.tokens_in,
        r.tokens_out, r.cost_micros + engine.child_claim(p_customer, p_run), r.limits::json
    from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run and r.parent_run_id = p_parent
$$;

ALTER FUNCTION engine.child_state(p_customer uuid, p_parent uuid, p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION child_state(p_customer uuid, p_parent uuid, p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.child_state(p_customer uuid, p_parent uuid, p_run uuid) IS 'A child run as its parent is to know it.';

-- Name: claim(bigint, integer); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.claim(p_fence bigint, max_runs integer) RETURNS TABLE(customer_id uuid, run_id uuid, deployment_id uuid, package_owner uuid, package_id uuid, parent_run_id uuid, status text, wait_reason text, cancel_requested boolean, input json, limits json, seed bytea, diverged boolean, created_at timestamp with time zone, started_at timestamp with time zone, steps integer, cpu_us bigint, tokens_in bigint, tokens_out bigint, cost_micros bigint, decisions json, config_revision integer, clock_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
begin
    perform engine.hold_core(p_fence);
    return query
    with due as (
        select r.customer_id, r.run_id, r.status::text, r.wait_reason, r.wake_at
        from mb.runs r
        where r.fence is null and r.status in ('queued', 'waiting') and r.wake_at <= now()
        order by r.wake_at
        limit max_runs
        for update skip locked
    ), claimed as (
        update mb.runs r
        set fence = p_fence, status = 'running', wait_reason = null, wake_at = null,
            started_at = coalesce(r.started_at, now())
        from due
        where r.customer_id = due.customer_id and r.run_id = due.run_id
        returning r.customer_id, r.run_id, r.deployment_id, r.package_owner, r.package_id,
            r.parent_run_id, due.status, due.wait_reason, r.cancel_requested, r.input, r.limits,
            r.seed, r.diverged, r.created_at, r.started_at, r.steps, r.cpu_us, r.tokens_in,
            r.tokens_out, r.cost_micros, r.config_revision, r.clock_at, due.wake_at
    )
    select c.customer_id, c.run_id, c.deployment_id, c.package_owner, c.package_id,
        c.parent_run_id, c.status, c.wait_reason, c.cancel_requested, c.input::json,
        c.limits::json, c.seed, c.diverged, c.created_at, c.started_at, c.steps, c.cpu_us,
        c.tokens_in, c.tokens_out, c.cost_micros, engine.decisions(c.customer_id, c.run_id),
        c.config_revision, c.clock_at
    from claimed c
    order by c.wake_at;
end
$$;

ALTER FUNCTION engine.claim(p_fence bigint, max_runs integer) OWNER TO moonbase_engine;

-- Name: FUNCTION claim(p_fence bigint, max_runs integer); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.claim(p_fence bigint, max_runs integer) IS 'Takes runs that are due and that nobody executes, and makes this core their owner.';

-- Name: core_beat(bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.core_beat(p_fence bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    update mb.cores set beat_at = now() where fence = p_fence and dead_at is null;
    return found;
end
$$;

ALTER FUNCTION engine.core_beat(p_fence bigint) OWNER TO moonbase_engine;

-- Name: FUNCTION core_beat(p_fence bigint); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.core_beat(p_fence bigint) IS 'Says that a core is alive; false when it was declared dead and must register anew.';

-- Name: core_start(text, integer); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.core_start(p_node text, p_worker integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION engine.core_start(p_node text, p_worker integer) OWNER TO moonbase_engine;

-- Name: FUNCTION core_start(p_node text, p_worker integer); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.core_start(p_node text, p_worker integer) IS 'Registers a new life of a core, buries its earlier ones, and returns its fencing number.';

-- Name: core_stop(bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.core_stop(p_fence bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    perform from mb.cores where fence = p_fence and dead_at is null for update;
    if found then
        perform engine.bury(p_fence);
    end if;
end
$$;

ALTER FUNCTION engine.core_stop(p_fence bigint) OWNER TO moonbase_engine;

-- Name: FUNCTION core_stop(p_fence bigint); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.core_stop(p_fence bigint) IS 'Ends a core''s life in good order: its runs and leases are free for others.';

-- Name: create_customer(text, json, bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.create_customer(p_name text, p_limits json, p_micros bigint) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    customer constant uuid := engine.new_id();
begin
    insert into mb.customers (customer_id, name, limits)
    values (customer, p_name, coalesce(p_limits, '{}'));
    insert into mb.balances (customer_id) values (customer);
    insert into mb.storage (customer_id) values (customer);
    if p_micros <> 0 then
        perform engine.topup(customer, p_micros, 'opening balance');
    end if;
    return customer;
end
$$;

ALTER FUNCTION engine.create_customer(p_name text, p_limits json, p_micros bigint) OWNER TO moonbase_engine;

-- Name: FUNCTION create_customer(p_name text, p_limits json, p_micros bigint); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.create_customer(p_name text, p_limits json, p_micros bigint) IS 'Makes a customer with limits and a balance.';

-- Name: decide(uuid, uuid, integer, json, text); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.decide(p_customer uuid, p_run uuid, p_seq integer, p_decision json, p_by text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
begin
    perform from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run and r.finished_at is null
    for update;
    if not found then
        return case when exists (select from mb.approvals a where a.customer_id = p_customer
            and a.run_id = p_run and a.seq = p_seq) then 'closed' else 'not_found' end;
    end if;
    update mb.approvals
    set decision = p_decision, decided_by = p_by, decided_at = now()
    where customer_id = p_customer and run_id = p_run and seq = p_seq and decided_at is null
        and (deadline_at is null or deadline_at > now());
    if not found then
        return case when exists (select from mb.approvals a where a.customer_id = p_customer
            and a.run_id = p_run and a.seq = p_seq) then 'closed' else 'not_found' end;
    end if;
    update mb.runs
    set wake_at = now()
    where customer_id = p_customer and run_id = p_run;
    perform pg_notify('mb_run', format('%s %s decide', p_customer, p_run));
    perform pg_notify('mb_queue', '');
    return 'decided';
end
$$;

ALTER FUNCTION engine.decide(p_customer uuid, p_run uuid, p_seq integer, p_decision json, p_by text) OWNER TO moonbase_engine;

-- Name: FUNCTION decide(p_customer uuid, p_run uuid, p_seq integer, p_decision json, p_by text); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.decide(p_customer uuid, p_run uuid, p_seq integer, p_decision json, p_by text) IS 'Records a person''s decision and lets the run go on.';

-- Name: decisions(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.decisions(p_customer uuid, p_run uuid) RETURNS json
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select coalesce(json_agg(json_build_object('seq', a.seq, 'decision', a.decision,
        'by', a.decided_by, 'at_us', (extract(epoch from a.decided_at) * 1000000)::bigint)
        order by a.seq), '[]')
    from mb.approvals a
    where a.customer_id = p_customer and a.run_id = p_run and a.decided_at is not null
$$;

ALTER FUNCTION engine.decisions(p_customer uuid, p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION decisions(p_customer uuid, p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.decisions(p_customer uuid, p_run uuid) IS 'What people have decided in a run: [{"seq", "decision", "by", "at_us"}].';

-- Name: deployed_run(uuid, uuid, uuid, uuid, integer); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.deployed_run(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_config_revision integer DEFAULT NULL::integer) RETURNS TABLE(deployment_id uuid, name text, package_owner uuid, package_id uuid, config json, tools text[], limits json, budget_micros bigint, package_name text, package_version text, package_sha256 bytea, manifest json, files json, customer_limits json, customer_disabled boolean, config_revision integer, agents json)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select d.deployment_id, d.name, p.customer_id, p.package_id, v.config, d.tools, d.limits,
        d.budget_micros, p.name, p.version, p.sha256, p.manifest, p.files, c.limits,
        c.disabled_at is not null, v.revision, d.agents
    from mb.deployments d
    join mb.packages p on p.customer_id = p_package_owner and p.package_id = p_package
    join mb.deployment_configs v on v.customer_id = d.customer_id
        and v.deployment_id = d.deployment_id
        and v.revision = coalesce(p_config_revision, d.config_revision)
    join mb.customers c on c.customer_id = d.customer_id
    where d.customer_id = p_customer and d.deployment_id = p_deployment
$$;

ALTER FUNCTION engine.deployed_run(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_config_revision integer) OWNER TO moonbase_engine;

-- Name: FUNCTION deployed_run(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_config_revision integer); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.deployed_run(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_config_revision integer) IS 'The same as engine.deployment for a run that has begun: its pinned package, deleted or not.';

-- Name: deployment(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.deployment(p_customer uuid, p_deployment uuid) RETURNS TABLE(deployment_id uuid, name text, package_owner uuid, package_id uuid, config json, tools text[], limits json, budget_micros bigint, package_name text, package_version text, package_sha256 bytea, manifest json, files json, customer_limits json, customer_disabled boolean, config_revision integer, agents json)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select d.deployment_id, d.name, d.package_owner, d.package_id, d.config, d.tools, d.limits,
        d.budget_micros, p.name, p.version, p.sha256, p.manifest, p.files, c.limits,
        c.disabled_at is not null, d.config_revision, d.agents
    from mb.deployments d
    join mb.packages p on p.customer_id = d.package_owner and p.package_id = d.package_id
    join mb.customers c on c.customer_id = d.customer_id
    where d.customer_id = p_customer and d.deployment_id = p_deployment and d.deleted_at is null
$$;

ALTER FUNCTION engine.deployment(p_customer uuid, p_deployment uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION deployment(p_customer uuid, p_deployment uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.deployment(p_customer uuid, p_deployment uuid) IS 'A deployment with its package and its customer''s limits: all that starting a run needs.';

-- Name: ended_runs(uuid, uuid, text[], timestamp with time zone, integer, integer); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.ended_runs(p_customer uuid, p_deployment uuid, statuses text[], since timestamp with time zone, max_runs integer, scan_max integer) RETURNS TABLE(run_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select r.run_id
    from (
        select r.run_id, r.status
        from mb.runs r
        where r.customer_id = p_customer and r.deployment_id = p_deployment
            and (since is null or r.run_id >= engine.uuid_at(greatest(since, 'epoch')))
        order by r.run_id desc
        limit scan_max
    ) r
    where r.status = any (statuses)
    order by r.run_id desc
    limit max_runs
$$;

ALTER FUNCTION engine.ended_runs(p_customer uuid, p_deployment uuid, statuses text[], since timestamp with time zone, max_runs integer, scan_max integer) OWNER TO moonbase_engine;

-- Name: FUNCTION ended_runs(p_customer uuid, p_deployment uuid, statuses text[], since timestamp with time zone, max_runs integer, scan_max integer); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.ended_runs(p_customer uuid, p_deployment uuid, statuses text[], since timestamp with time zone, max_runs integer, scan_max integer) IS 'The last runs of a deployment that ended in one of these states, newest first.';

-- Name: ensure_partitions(); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.ensure_partitions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    parent text;
    era timestamptz;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('moonbase partitions'));
    foreach parent in array array['runs', 'steps'] loop
        for era in
            select e at time zone 'UTC'
            from generate_series(date_trunc('month', now() at time zone 'UTC'),
                date_trunc('month', now() at time zone 'UTC') + interval '1 month', '1 month') e
        loop
            made := made + engine.make_partition(parent, era)::integer;
        end loop;
    end loop;
    return made;
end
$$;

ALTER FUNCTION engine.ensure_partitions() OWNER TO moonbase_owner;

-- Name: FUNCTION ensure_partitions(); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.ensure_partitions() IS 'Makes the partitions of this month and the next; returns how many were missing.';

-- Name: file_list(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.file_list(p_customer uuid, p_deployment uuid, args json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    files json;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    select json_agg(json_build_object('path', f.path, 'bytes', f.bytes - octet_length(f.path),
        'content_type', f.content_type) order by f.path) into files
    from (
        select m.path, m.bytes, m.content_type
        from mb.files m
        where m.customer_id = p_customer and starts_with(m.path, coalesce(args ->> 'prefix', ''))
        order by m.path
        limit coalesce((args ->> 'limit')::integer, 100)
    ) f;
    return json_build_object('files', coalesce(files, '[]'));
end
$$;

ALTER FUNCTION engine.file_list(p_customer uuid, p_deployment uuid, args json) OWNER TO moonbase_owner;

-- Name: FUNCTION file_list(p_customer uuid, p_deployment uuid, args json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.file_list(p_customer uuid, p_deployment uuid, args json) IS 'The tool file.list: {prefix?, limit?} to {files: [{path, bytes, content_type}]}.';

-- Name: file_read(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.file_read(p_customer uuid, p_deployment uuid, args json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    file record;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    select f.path, f.content, f.content_type into file
    from mb.files f
    where f.customer_id = p_customer and f.path = args ->> 'path';
    if not found then
        raise exception using errcode = 'MB404', detail = 'not_found', hint = '/path',
            message = format('there is no file "%s"', args ->> 'path');
    end if;
    begin
        return json_build_object('path', file.path, 'content', convert_from(file.content, 'UTF8'),
            'content_type', file.content_type);
    exception when character_not_in_repertoire then
        return json_build_object('path', file.path, 'base64',
            translate(encode(file.content, 'base64'), e'\n', ''),
            'content_type', file.content_type);
    end;
end
$$;

ALTER FUNCTION engine.file_read(p_customer uuid, p_deployment uuid, args json) OWNER TO moonbase_owner;

-- Name: FUNCTION file_read(p_customer uuid, p_deployment uuid, args json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.file_read(p_customer uuid, p_deployment uuid, args json) IS 'The tool file.read: {path} to {path, content or base64, content_type}.';

-- Name: file_write(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.file_write(p_customer uuid, p_deployment uuid, args json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    to_path constant text := args ->> 'path';
    bytes_now bytea;
    size integer;
    size_before integer;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    begin
        bytes_now := case when args ->> 'content' is not null
            then convert_to(args ->> 'content', 'UTF8') else decode(args ->> 'base64', 'base64') end;
    exception when invalid_parameter_value then
        raise exception using errcode = 'MB422', detail = 'invalid_arguments', hint = '/base64',
            message = 'this is not base64';
    end;
    size := octet_length(to_path) + octet_length(bytes_now);
    perform engine.lock_storage(p_customer);
    select f.bytes into size_before
    from mb.files f
    where f.customer_id = p_customer and f.path = to_path;
    insert into mb.files (customer_id, path, content, content_type, bytes)
    values (p_customer, to_path, bytes_now, coalesce(args ->> 'content_type',
        case when args ->> 'content' is not null then 'text/plain; charset=utf-8'
            else 'application/octet-stream' end), size)
    on conflict (customer_id, path) do update
    set content = excluded.content, content_type = excluded.content_type, bytes = excluded.bytes,
        updated_at = now();
    perform engine.add_storage(p_customer, size - coalesce(size_before, 0));
    return json_build_object('path', to_path, 'bytes', octet_length(bytes_now));
end
$$;

ALTER FUNCTION engine.file_write(p_customer uuid, p_deployment uuid, args json) OWNER TO moonbase_owner;

-- Name: FUNCTION file_write(p_customer uuid, p_deployment uuid, args json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.file_write(p_customer uuid, p_deployment uuid, args json) IS 'The tool file.write: {path, content or base64, content_type?} to {path, bytes}.';

-- Name: find_deployment(uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.find_deployment(p_deployment uuid) RETURNS TABLE(customer_id uuid, package_name text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select d.customer_id, p.name
    from mb.deployments d
    join mb.packages p on p.customer_id = d.package_owner and p.package_id = d.package_id
    where d.deployment_id = p_deployment
$$;

ALTER FUNCTION engine.find_deployment(p_deployment uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION find_deployment(p_deployment uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.find_deployment(p_deployment uuid) IS 'Whose deployment this is, and of which package; no row when there is none.';

-- Name: find_documents(uuid, text, tsquery, jsonb, integer); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.find_documents(p_customer uuid, p_collection text, p_words tsquery, p_filter jsonb, p_limit integer) RETURNS TABLE(document_id text, score double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select m.document_id, ts_rank('{0.1, 0.2, 0.4, 1.0}', m.search, p_words, 33)::float8
    from mb.documents m
    where numnode(p_words) > 0 and m.customer_id = p_customer and m.collection = p_collection
        and m.search @@ (engine.quote_word('in:' || p_customer::text || '/' || p_collection)::tsquery
            && p_words)
        and (p_filter is null or m.metadata::jsonb @> p_filter)
    order by 2 desc, 1
    limit p_limit
$$;

ALTER FUNCTION engine.find_documents(p_customer uuid, p_collection text, p_words tsquery, p_filter jsonb, p_limit integer) OWNER TO moonbase_engine;

-- Name: FUNCTION find_documents(p_customer uuid, p_collection text, p_words tsquery, p_filter jsonb, p_limit integer); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.find_documents(p_customer uuid, p_collection text, p_words tsquery, p_filter jsonb, p_limit integer) IS 'The documents of a collection that fit a text search query best, with scores from 0 to 1.';

-- Name: find_package(uuid, text, text); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.find_package(p_customer uuid, p_package text, p_version text) RETURNS TABLE(package_owner uuid, package_id uuid, name text, version text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select p.customer_id, p.package_id, p.name, p.version
    from mb.packages p
    where p.customer_id in (p_customer, '00000000-0000-0000-0000-000000000000')
        and (p.name = p_package or 'pkg_' || replace(p.package_id::text, '-', '') = p_package)
        and (p_version is null or p.version = p_version)
    order by p.customer_id = p_customer desc, p.package_id desc
    limit 1
$$;

ALTER FUNCTION engine.find_package(p_customer uuid, p_package text, p_version text) OWNER TO moonbase_engine;

-- Name: FUNCTION find_package(p_customer uuid, p_package text, p_version text); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.find_package(p_customer uuid, p_package text, p_version text) IS 'The package that a customer means.';

-- Name: find_run(uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.find_run(p_run uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select r.customer_id
    from mb.runs r
    where r.run_id = p_run
$$;

ALTER FUNCTION engine.find_run(p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION find_run(p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.find_run(p_run uuid) IS 'Whose run this is; no row when there is none.';

-- Name: fire_trigger(uuid, uuid, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, uuid, uuid, uuid, integer, text, text, bytea); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.fire_trigger(p_customer uuid, p_trigger uuid, p_key text, p_scheduled timestamp with time zone, p_expected timestamp with time zone, p_next timestamp with time zone, p_run uuid, p_package_owner uuid, p_package uuid, p_config_revision integer, p_input text, p_limits text, p_seed bytea) RETURNS TABLE(outcome text, run_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
declare
    is_tick constant boolean := p_expected is not null;
    trigger_ mb.triggers;
    earlier uuid;
begin
    if is_tick then
        select t.* into trigger_
        from mb.triggers t
        where t.customer_id = p_customer and t.trigger_id = p_trigger and t.is_enabled
            and t.next_at = p_expected
        for no key update skip locked;
    else
        select t.* into trigger_
        from mb.triggers t
        where t.customer_id = p_customer and t.trigger_id = p_trigger;
    end if;
    if not found then
        return query select case when is_tick then 'busy' else 'gone' end, null::uuid;
        return;
    end if;
    if is_tick then
        perform set_config('mb.is_tick', 'on', true);
        update mb.triggers t
        set next_at = p_next
        where t.customer_id = p_customer and t.trigger_id = p_trigger;
        perform set_config('mb.is_tick', '', true);
    end if;

    insert into mb.trigger_firings (customer_id, trigger_id, key, run_id, scheduled_at)
    values (p_customer, p_trigger, p_key, p_run, p_scheduled)
    on conflict do nothing;
    if not found then
        select f.run_id into earlier
        from mb.trigger_firings f
        where f.customer_id = p_customer and f.trigger_id = p_trigger and f.key = p_key;
        return query select 'same', earlier;
        return;
    end if;
    if not exists (
        select from mb.deployments d
        join mb.customers c on c.customer_id = d.customer_id
        where d.customer_id = p_customer and d.deployment_id = trigger_.deployment_id
            and d.deleted_at is null and c.disabled_at is null
    ) or not (trigger_.is_enabled or p_key like 'manual %') then
        delete from mb.trigger_firings f
        where f.customer_id = p_customer and f.trigger_id = p_trigger and f.key = p_key;
        return query select 'gone', null::uuid;
        return;
    end if;

    insert into mb.runs (customer_id, run_id, deployment_id, package_owner, package_id, status,
        wake_at, input, limits, seed, created_at, config_revision)
    values (p_customer, p_run, trigger_.deployment_id, p_package_owner, p_package, 'queued', now(),
        p_input, p_limits, p_seed, now(), p_config_revision);
    -- Deliveries do not wait for each other to note the time.
    update mb.triggers t
    set last_at = now(), last_run_id = p_run, last_error = null
    from (
        select x.customer_id, x.trigger_id
        from mb.triggers x
        where x.customer_id = p_customer and x.trigger_id = p_trigger
            and (is_tick or x.last_at is null or x.last_error is not null
                or x.last_at < now() - interval '1 second')
        for no key update skip locked
    ) free
    where t.customer_id = free.customer_id and t.trigger_id = free.trigger_id;
    perform pg_notify('mb_queue', '');
    return query select 'fired', p_run;
end
$$;

ALTER FUNCTION engine.fire_trigger(p_customer uuid, p_trigger uuid, p_key text, p_scheduled timestamp with time zone, p_expected timestamp with time zone, p_next timestamp with time zone, p_run uuid, p_package_owner uuid, p_package uuid, p_config_revision integer, p_input text, p_limits text, p_seed bytea) OWNER TO moonbase_engine;

-- Name: FUNCTION fire_trigger(p_customer uuid, p_trigger uuid, p_key text, p_scheduled timestamp with time zone, p_expected timestamp with time zone, p_next timestamp with time zone, p_run uuid, p_package_owner uuid, p_package uuid, p_config_revision integer, p_input text, p_limits text, p_seed bytea); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.fire_trigger(p_customer uuid, p_trigger uuid, p_key text, p_scheduled timestamp with time zone, p_expected timestamp with time zone, p_next timestamp with time zone, p_run uuid, p_package_owner uuid, p_package uuid, p_config_revision integer, p_input text, p_limits text, p_seed bytea) IS 'Starts the one run of a tick, a delivery or a firing by hand.';

-- Name: fork_run(uuid, uuid, uuid, integer, text, text, text); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.fork_run(p_customer uuid, p_run uuid, p_new uuid, p_step integer, p_result text, p_error text, p_input text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
declare
    run mb.runs;
    deployment mb.deployments;
    edited constant boolean := p_result is not null or p_error is not null;
begin
    select r.* into run
    from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run
    for share;
    if not found then
        return 'not_found';
    elsif run.status in ('queued', 'running') then
        return 'running';
    end if;
    select d.* into deployment
    from mb.deployments d
    where d.customer_id = p_customer and d.deployment_id = run.deployment_id
        and d.deleted_at is null;
    if not found then
        return 'no_deployment';
    elsif not exists (
        select from mb.steps s
        where s.customer_id = p_customer and s.run_id = p_run and s.seq = p_step and s.kind = 1
    ) then
        return 'no_step';
    end if;

    insert into mb.steps (customer_id, run_id, seq, kind, state, key, tool, args, result, error,
        started_at, duration_us, model, provider_request_id, fence, replayed)
    select s.customer_id, p_new, s.seq, s.kind, 2, s.key, s.tool, s.args,
        case when s.seq = p_step then p_result else s.result end,
        case when s.seq = p_step then p_error else s.error end,
        s.started_at,
        case s.state when 2 then s.duration_us
            else (extract(epoch from now() - s.started_at) * 1000000)::bigint end,
        s.model, s.provider_request_id, s.fence, true
    from mb.steps s
    where s.customer_id = p_customer and s.run_id = p_run and s.kind <> 4
        and ((s.seq < p_step and s.state = 2) or (s.seq = p_step and edited));

    insert into mb.runs (customer_id, run_id, deployment_id, package_owner, package_id, status,
        wake_at, input, limits, seed, created_at, steps, config_revision, forked_from,
        forked_at_step, clock_at)
    select p_customer, p_new, run.deployment_id, run.package_owner, run.package_id, 'queued', now(),
        coalesce(p_input, run.input), run.limits, run.seed, now(),
        (select count(*) from mb.steps s
            where s.customer_id = p_customer and s.run_id = p_new and s.kind = 1),
        coalesce(run.config_revision, deployment.config_revision), p_run, p_step,
        coalesce(run.clock_at, run.created_at);
    perform pg_notify('mb_queue', '');
    return 'forked';
end
$$;

ALTER FUNCTION engine.fork_run(p_customer uuid, p_run uuid, p_new uuid, p_step integer, p_result text, p_error text, p_input text) OWNER TO moonbase_engine;

-- Name: FUNCTION fork_run(p_customer uuid, p_run uuid, p_new uuid, p_step integer, p_result text, p_error text, p_input text); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.fork_run(p_customer uuid, p_run uuid, p_new uuid, p_step integer, p_result text, p_error text, p_input text) IS 'Begins a run that has what another did before one of its steps already behind it.';

-- Name: hold_core(bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.hold_core(p_fence bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    perform from mb.cores where fence = p_fence and dead_at is null for key share;
    if not found then
        raise exception using errcode = 'MBFEN',
            message = format('core %s was declared dead', p_fence);
    end if;
end
$$;

ALTER FUNCTION engine.hold_core(p_fence bigint) OWNER TO moonbase_engine;

-- Name: FUNCTION hold_core(p_fence bigint); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.hold_core(p_fence bigint) IS 'Keeps a core from being declared dead until the transaction ends; raises MBFEN when it is dead.';

-- Name: hook(uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.hook(p_trigger uuid) RETURNS TABLE(customer_id uuid, deployment_id uuid, scheme text, sealed text, headers text[], input text, rate_per_minute bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select t.customer_id, t.deployment_id, t.scheme, t.sealed, t.headers, t.input,
        coalesce((c.limits ->> 'rate_per_minute')::bigint, -1)
    from mb.triggers t
    join mb.deployments d on d.customer_id = t.customer_id and d.deployment_id = t.deployment_id
    join mb.customers c on c.customer_id = t.customer_id
    where t.trigger_id = p_trigger and t.kind = 'webhook' and t.is_enabled and t.sealed is not null
        and d.deleted_at is null and c.disabled_at is null
$$;

ALTER FUNCTION engine.hook(p_trigger uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION hook(p_trigger uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.hook(p_trigger uuid) IS 'A webhook that takes deliveries: how they are signed, what they start.';

-- Name: idempotent(bigint, uuid, text, text, bytea, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.idempotent(p_fence bigint, p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea, p_run uuid) RETURNS TABLE(state text, run_id uuid, status integer, response json)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    held mb.idempotency_keys;
begin
    perform set_config('synchronous_commit', 'off', true);
    insert into mb.idempotency_keys (customer_id, scope, key, request_sha256, fence, run_id)
    values (p_customer, p_scope, p_key, p_request_sha256, p_fence, p_run)
    on conflict do nothing;
    if found then
        return query select 'new', p_run, null::integer, null::json;
        return;
    end if;
    select k.* into held
    from mb.idempotency_keys k
    where k.customer_id = p_customer and k.scope = p_scope and k.key = p_key
    for update;
    if not found then -- its holder gave it back just now
        return query select 'running', null::uuid, null::integer, null::json;
    elsif held.request_sha256 <> p_request_sha256 then
        return query select 'mismatch', null::uuid, null::integer, null::json;
    elsif held.status is not null or exists (
        select from mb.runs r where r.customer_id = p_customer and r.run_id = held.run_id
    ) then
        return query select 'same', held.run_id, held.status, held.response;
    elsif exists (select from mb.cores c where c.fence = held.fence and c.dead_at is null) then
        return query select 'running', held.run_id, null::integer, null::json;
    else
        update mb.idempotency_keys k
        set fence = p_fence, run_id = p_run, created_at = now()
        where k.customer_id = p_customer and k.scope = p_scope and k.key = p_key;
        return query select 'new', p_run, null::integer, null::json;
    end if;
end
$$;

ALTER FUNCTION engine.idempotent(p_fence bigint, p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea, p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION idempotent(p_fence bigint, p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea, p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.idempotent(p_fence bigint, p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea, p_run uuid) IS 'Claims an Idempotency-Key for a request, or says what became of the request that has it.';

-- Name: idempotent_begin(uuid, text, text, bytea); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.idempotent_begin(p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea) RETURNS TABLE(state text, status integer, response json)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
    held mb.idempotency_keys;
begin
    insert into mb.idempotency_keys (customer_id, scope, key, request_sha256, fence)
    values (p_customer, p_scope, p_key, p_request_sha256, 0)
    on conflict do nothing;
    if found then
        return query select 'new', null::integer, null::json;
        return;
    end if;
    select k.* into held
    from mb.idempotency_keys k
    where k.customer_id = p_customer and k.scope = p_scope and k.key = p_key;
    return query select case when held.request_sha256 = p_request_sha256 then 'same'
        else 'mismatch' end, held.status, held.response;
end
$$;

ALTER FUNCTION engine.idempotent_begin(p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea) OWNER TO moonbase_engine;

-- Name: FUNCTION idempotent_begin(p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.idempotent_begin(p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea) IS 'Claims an Idempotency-Key for the work of one transaction, or gives its earlier answer.';

-- Name: idempotent_done(uuid, text, text, integer, json); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.idempotent_done(p_customer uuid, p_scope text, p_key text, p_status integer, p_response json) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    update mb.idempotency_keys
    set status = p_status, response = p_response
    where customer_id = p_customer and scope = p_scope and key = p_key
$$;

ALTER FUNCTION engine.idempotent_done(p_customer uuid, p_scope text, p_key text, p_status integer, p_response json) OWNER TO moonbase_engine;

-- Name: FUNCTION idempotent_done(p_customer uuid, p_scope text, p_key text, p_status integer, p_response json); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.idempotent_done(p_customer uuid, p_scope text, p_key text, p_status integer, p_response json) IS 'Keeps the answer to a request under its key.';

-- Name: idempotent_drop(uuid, text, text, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.idempotent_drop(p_customer uuid, p_scope text, p_key text, p_run uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    delete from mb.idempotency_keys
    where customer_id = p_customer and scope = p_scope and key = p_key and status is null
        and run_id is not distinct from p_run
$$;

ALTER FUNCTION engine.idempotent_drop(p_customer uuid, p_scope text, p_key text, p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION idempotent_drop(p_customer uuid, p_scope text, p_key text, p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.idempotent_drop(p_customer uuid, p_scope text, p_key text, p_run uuid) IS 'Gives a key back whose request was refused, so that it may be tried again.';

-- Name: kv_delete(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.kv_delete(p_customer uuid, p_deployment uuid, args json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    gone record;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    perform engine.lock_storage(p_customer);
    delete from mb.kv
    where customer_id = p_customer and deployment_id = p_deployment and key = args ->> 'key'
    returning bytes, expires_at is null or expires_at > now() as was_there into gone;
    perform engine.add_storage(p_customer, -coalesce(gone.bytes, 0));
    return json_build_object('deleted', coalesce(gone.was_there, false));
end
$$;

ALTER FUNCTION engine.kv_delete(p_customer uuid, p_deployment uuid, args json) OWNER TO moonbase_owner;

-- Name: FUNCTION kv_delete(p_customer uuid, p_deployment uuid, args json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.kv_delete(p_customer uuid, p_deployment uuid, args json) IS 'The tool kv.delete: {key} to {deleted}.';

-- Name: kv_get(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.kv_get(p_customer uuid, p_deployment uuid, args json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    found_value json;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    select k.value into found_value
    from mb.kv k
    where k.customer_id = p_customer and k.deployment_id = p_deployment
        and k.key = args ->> 'key' and (k.expires_at is null or k.expires_at > now());
    return json_build_object('found', found, 'value', found_value);
end
$$;

ALTER FUNCTION engine.kv_get(p_customer uuid, p_deployment uuid, args json) OWNER TO moonbase_owner;

-- Name: FUNCTION kv_get(p_customer uuid, p_deployment uuid, args json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.kv_get(p_customer uuid, p_deployment uuid, args json) IS 'The tool kv.get: {key} to {found, value}.';

-- Name: kv_set(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.kv_set(p_customer uuid, p_deployment uuid, args json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    new_key constant text := args ->> 'key';
    new_value constant json := args -> 'value';
    size constant integer := octet_length(new_key) + octet_length(new_value::text);
    size_before integer;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    if octet_length(new_value::text) > 262144 then
        raise exception using errcode = 'MB422', detail = 'invalid_arguments', hint = '/value',
            message = 'the value is larger than 256 KiB';
    end if;
    perform engine.lock_storage(p_customer);
    select k.bytes into size_before
    from mb.kv k
    where k.customer_id = p_customer and k.deployment_id = p_deployment and k.key = new_key;
    insert into mb.kv (customer_id, deployment_id, key, value, bytes, expires_at)
    values (p_customer, p_deployment, new_key, new_value, size,
        now() + (args ->> 'ttl_s')::float8 * interval '1 second')
    on conflict (customer_id, deployment_id, key) do update
    set value = excluded.value, bytes = excluded.bytes, expires_at = excluded.expires_at,
        updated_at = now();
    perform engine.add_storage(p_customer, size - coalesce(size_before, 0));
    return json_build_object('ok', true);
end
$$;

ALTER FUNCTION engine.kv_set(p_customer uuid, p_deployment uuid, args json) OWNER TO moonbase_owner;

-- Name: FUNCTION kv_set(p_customer uuid, p_deployment uuid, args json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.kv_set(p_customer uuid, p_deployment uuid, args json) IS 'The tool kv.set: {key, value, ttl_s?} to {ok}.';

-- Name: lease_balance(bigint, uuid, bigint, bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.lease_balance(p_fence bigint, p_customer uuid, want_micros bigint, min_micros bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    granted bigint;
begin
    perform engine.hold_core(p_fence);
    perform engine.settle_lease(p_customer, p_fence, false);
    select least(want_micros, b.free_micros) into granted
    from mb.balances_now b
    where b.customer_id = p_customer;
    if granted < min_micros or granted <= 0 then
        return 0;
    end if;
    update mb.balances set leased_micros = leased_micros + granted where customer_id = p_customer;
    insert into mb.balance_leases as l (customer_id, fence, granted_micros)
    values (p_customer, p_fence, granted)
    on conflict (customer_id, fence) do update
    set granted_micros = l.granted_micros + excluded.granted_micros;
    return granted;
end
$$;

ALTER FUNCTION engine.lease_balance(p_fence bigint, p_customer uuid, want_micros bigint, min_micros bigint) OWNER TO moonbase_engine;

-- Name: FUNCTION lease_balance(p_fence bigint, p_customer uuid, want_micros bigint, min_micros bigint); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.lease_balance(p_fence bigint, p_customer uuid, want_micros bigint, min_micros bigint) IS 'Gives a core a slice of a customer''s balance to spend; returns its size, 0 when there is none.';

-- Name: list_customers(); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.list_customers() RETURNS TABLE(customer_id uuid, name text, created_at timestamp with time zone, limits json, disabled boolean, balance_micros bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select c.customer_id, c.name, c.created_at, c.limits, c.disabled_at is not null,
        coalesce(b.balance_micros, 0)
    from mb.customers c
    left join mb.balances_now b on b.customer_id = c.customer_id
    where c.customer_id <> '00000000-0000-0000-0000-000000000000'
    order by c.customer_id
$$;

ALTER FUNCTION engine.list_customers() OWNER TO moonbase_engine;

-- Name: FUNCTION list_customers(); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.list_customers() IS 'All customers with what they have left.';

-- Name: load_run(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.load_run(p_customer uuid, p_run uuid) RETURNS TABLE(customer_id uuid, run_id uuid, deployment_id uuid, package_owner uuid, package_id uuid, parent_run_id uuid, status text, wait_reason text, wake_at timestamp with time zone, fence bigint, cancel_requested boolean, input json, output json, error json, limits json, seed bytea, diverged boolean, created_at timestamp with time zone, started_at timestamp with time zone, finished_at timestamp with time zone, steps integer, cpu_us bigint, tokens_in bigint, tokens_out bigint, cost_micros bigint, decisions json, config_revision integer, clock_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select r.customer_id, r.run_id, r.deployment_id, r.package_owner, r.package_id,
        r.parent_run_id, r.status::text, r.wait_reason, r.wake_at, r.fence, r.cancel_requested, r.input::json,
        r.output::json, r.error::json, r.limits::json, r.seed, r.diverged, r.created_at, r.started_at, r.finished_at,
        r.steps, r.cpu_us, r.tokens_in, r.tokens_out, r.cost_micros,
        engine.decisions(r.customer_id, r.run_id), r.config_revision, r.clock_at
    from mb.runs r
    where r.customer_id = p_customer and r.run_id = p_run
$$;

ALTER FUNCTION engine.load_run(p_customer uuid, p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION load_run(p_customer uuid, p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.load_run(p_customer uuid, p_run uuid) IS 'One run with all that is needed to execute or show it.';

-- Name: load_steps(uuid, uuid, boolean); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.load_steps(p_customer uuid, p_run uuid, with_events boolean) RETURNS TABLE(seq integer, kind smallint, state smallint, key bytea, tool text, args json, result json, error json, started_at timestamp with time zone, ended_at timestamp with time zone, duration_us bigint, cpu_us bigint, tokens_in integer, tokens_out integer, tokens_cached integer, tokens_reasoning integer, bytes bigint, cost_micros bigint, price_micros bigint, model text, provider_request_id text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select s.seq, s.kind, s.state, s.key, s.tool, s.args::json, s.result::json, s.error::json, s.started_at,
        s.started_at + s.duration_us * interval '1 microsecond', s.duration_us, s.cpu_us,
        s.tokens_in, s.tokens_out, s.tokens_cached, s.tokens_reasoning, s.bytes, s.cost_micros,
        s.price_micros, s.model, s.provider_request_id
    from mb.steps s
    where s.customer_id = p_customer and s.run_id = p_run and (with_events or s.kind in (1, 4))
    order by s.seq
$$;

ALTER FUNCTION engine.load_steps(p_customer uuid, p_run uuid, with_events boolean) OWNER TO moonbase_engine;

-- Name: FUNCTION load_steps(p_customer uuid, p_run uuid, with_events boolean); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.load_steps(p_customer uuid, p_run uuid, with_events boolean) IS 'The journal of one run, for replay.';

-- Name: lock_families(uuid[], uuid[]); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.lock_families(customers uuid[], runs uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
begin
    perform from mb.runs r
    join (
        select own.customer_id, own.run_id
        from generate_subscripts(runs, 1) i
        join mb.runs own on own.customer_id = customers[i] and own.run_id = runs[i]
        union
        select own.customer_id, own.parent_run_id
        from generate_subscripts(runs, 1) i
        join mb.runs own on own.customer_id = customers[i] and own.run_id = runs[i]
        where own.parent_run_id is not null
        union
        select child.customer_id, child.run_id
        from generate_subscripts(runs, 1) i
        join mb.runs child on child.customer_id = customers[i] and child.parent_run_id = runs[i]
        where child.finished_at is null
    ) family on r.customer_id = family.customer_id and r.run_id = family.run_id
    order by r.run_id
    for no key update of r;
end
$$;

ALTER FUNCTION engine.lock_families(customers uuid[], runs uuid[]) OWNER TO moonbase_engine;

-- Name: FUNCTION lock_families(customers uuid[], runs uuid[]); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.lock_families(customers uuid[], runs uuid[]) IS 'Locks runs with their parents and open children, in the order of their ids.';

-- Name: lock_storage(uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.lock_storage(p_customer uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    insert into mb.storage (customer_id) values (p_customer) on conflict do nothing;
    perform from mb.storage where customer_id = p_customer for update;
end
$$;

ALTER FUNCTION engine.lock_storage(p_customer uuid) OWNER TO moonbase_owner;

-- Name: FUNCTION lock_storage(p_customer uuid); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.lock_storage(p_customer uuid) IS 'Lets one writer at a time at a customer''s data.';

-- Name: look_triggers(integer); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.look_triggers(max_triggers integer) RETURNS TABLE(customer_id uuid, trigger_id uuid, deployment_id uuid, schedule text, timezone text, catch_up text, input text, next_at timestamp with time zone, due_us bigint, at_us bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
    select f.customer_id, f.trigger_id, f.deployment_id, f.schedule, f.timezone, f.catch_up, f.input,
        f.next_at, (extract(epoch from f.next_at - statement_timestamp()) * 1000000)::bigint,
        (extract(epoch from statement_timestamp()) * 1000000)::bigint
    from (
        select t.*, coalesce(lag(t.next_at) over (order by t.next_at nulls first) <= now(), true)
            as is_first
        from (
            select * from mb.triggers t
            where t.is_enabled and t.kind = 'cron'
            order by t.next_at nulls first
            limit max_triggers
        ) t
    ) f
    where f.next_at is null or f.next_at <= statement_timestamp() or f.is_first
    order by f.next_at nulls first
$$;

ALTER FUNCTION engine.look_triggers(max_triggers integer) OWNER TO moonbase_engine;

-- Name: FUNCTION look_triggers(max_triggers integer); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.look_triggers(max_triggers integer) IS 'The schedules that are due, and the next one.';

-- Name: make_partition(text, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.make_partition(parent text, era timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION engine.make_partition(parent text, era timestamp with time zone) OWNER TO moonbase_owner;

-- Name: FUNCTION make_partition(parent text, era timestamp with time zone); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.make_partition(parent text, era timestamp with time zone) IS 'Makes one month''s partition of mb.runs or mb.steps; false when it is there.';

-- Name: memory_delete(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.memory_delete(p_customer uuid, p_deployment uuid, args json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    gone record;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    perform engine.lock_storage(p_customer);
    with deleted as (
        delete from mb.documents m
        where m.customer_id = p_customer and m.collection = args ->> 'collection'
            and m.document_id in (select json_array_elements_text(args -> 'ids'))
        returning m.bytes
    )
    select count(*) as documents, coalesce(sum(d.bytes), 0) as bytes into gone from deleted d;
    perform engine.add_storage(p_customer, -gone.bytes);
    return json_build_object('deleted', gone.documents);
end
$$;

ALTER FUNCTION engine.memory_delete(p_customer uuid, p_deployment uuid, args json) OWNER TO moonbase_owner;

-- Name: FUNCTION memory_delete(p_customer uuid, p_deployment uuid, args json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.memory_delete(p_customer uuid, p_deployment uuid, args json) IS 'The tool memory.delete: {collection, ids} to {deleted}.';

-- Name: memory_search(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.memory_search(p_customer uuid, p_deployment uuid, args json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    in_collection constant text := args ->> 'collection';
    query constant tsquery := engine.words(args ->> 'query');
    documents json;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    select json_agg(json_build_object('id', m.document_id, 'title', m.title, 'body', m.body,
        'snippet', ts_headline('pg_catalog.english', left(m.body, 20000), query,
            'StartSel="", StopSel="", MaxWords=40, MinWords=15, MaxFragments=1'),
        'score', round(f.score::numeric, 6), 'metadata', m.metadata)
        order by f.score desc, m.document_id) into documents
    from engine.find_documents(p_customer, in_collection, query, (args ->> 'filter')::jsonb,
        coalesce((args ->> 'limit')::integer, 5)) f
    join mb.documents m on m.customer_id = p_customer and m.collection = in_collection
        and m.document_id = f.document_id;
    return json_build_object('documents', coalesce(documents, '[]'));
end
$$;

ALTER FUNCTION engine.memory_search(p_customer uuid, p_deployment uuid, args json) OWNER TO moonbase_owner;

-- Name: FUNCTION memory_search(p_customer uuid, p_deployment uuid, args json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.memory_search(p_customer uuid, p_deployment uuid, args json) IS 'The tool memory.search: {collection, query, limit?, filter?} to {documents: [{id, title, body, snippet, score, metadata}]}.';

-- Name: memory_upsert(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.memory_upsert(p_customer uuid, p_deployment uuid, args json) RETURNS json
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    into_collection constant text := args ->> 'collection';
    grown bigint;
begin
    perform set_config('mb.customer_id', p_customer::text, true);
    perform engine.lock_storage(p_customer);
    with given as (
        select distinct on (d.value ->> 'id') d.value ->> 'id' as id,
            coalesce(d.value ->> 'title', '') as title, d.value ->> 'body' as body,
            coalesce(d.value -> 'metadata', '{}') as metadata
        from json_array_elements(args -> 'documents') with ordinality as d (value, position)
        order by d.value ->> 'id', d.position desc
    ), before as (
        select coalesce(sum(m.bytes), 0) as bytes
        from mb.documents m
        where m.customer_id = p_customer and m.collection = into_collection
            and m.document_id in (select g.id from given g)
    ), written as (
        insert into mb.documents (customer_id, collection, document_id, title, body, metadata,
            bytes)
        select p_customer, into_collection, g.id, g.title, g.body, g.metadata,
            octet_length(g.id) + octet_length(g.title) + octet_length(g.body)
                + octet_length(g.metadata::text)
        from given g
        order by g.id
        on conflict (customer_id, collection, document_id) do update
        set title = excluded.title, body = excluded.body, metadata = excluded.metadata,
            bytes = excluded.bytes, updated_at = now()
        returning bytes
    )
    select coalesce(sum(w.bytes), 0) - (select b.bytes from before b) into grown from written w;
    perform engine.add_storage(p_customer, grown);
    return json_build_object('upserted', json_array_length(args -> 'documents'));
exception when program_limit_exceeded then
    raise exception using errcode = 'MB422', detail = 'invalid_arguments', hint = '/documents',
        message = 'a document has too many different words';
end
$$;

ALTER FUNCTION engine.memory_upsert(p_customer uuid, p_deployment uuid, args json) OWNER TO moonbase_owner;

-- Name: FUNCTION memory_upsert(p_customer uuid, p_deployment uuid, args json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.memory_upsert(p_customer uuid, p_deployment uuid, args json) IS 'The tool memory.upsert: {collection, documents: [{id, title?, body, metadata?}]} to {upserted}.';

-- Name: move_trigger(uuid, uuid, timestamp with time zone, timestamp with time zone, text); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.move_trigger(p_customer uuid, p_trigger uuid, p_expected timestamp with time zone, p_next timestamp with time zone, p_error text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    perform from mb.triggers t
    where t.customer_id = p_customer and t.trigger_id = p_trigger and t.is_enabled
        and t.next_at is not distinct from p_expected
    for no key update skip locked;
    if not found then
        return false;
    end if;
    perform set_config('mb.is_tick', 'on', true);
    update mb.triggers t
    set next_at = p_next, is_enabled = p_next is not null,
        last_error = coalesce(p_error, t.last_error)
    where t.customer_id = p_customer and t.trigger_id = p_trigger;
    perform set_config('mb.is_tick', '', true);
    return true;
end
$$;

ALTER FUNCTION engine.move_trigger(p_customer uuid, p_trigger uuid, p_expected timestamp with time zone, p_next timestamp with time zone, p_error text) OWNER TO moonbase_engine;

-- Name: FUNCTION move_trigger(p_customer uuid, p_trigger uuid, p_expected timestamp with time zone, p_next timestamp with time zone, p_error text); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.move_trigger(p_customer uuid, p_trigger uuid, p_expected timestamp with time zone, p_next timestamp with time zone, p_error text) IS 'Sets when a schedule is due next, without a run.';

-- Name: new_id(); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.new_id() RETURNS uuid
    LANGUAGE sql
    SET search_path TO ''
    AS $$
    select (substr(engine.uuid_at(clock_timestamp())::text, 1, 14) || '7'
        || substr(gen_random_uuid()::text, 16))::uuid
$$;

ALTER FUNCTION engine.new_id() OWNER TO moonbase_owner;

-- Name: FUNCTION new_id(); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.new_id() IS 'A new id: a UUIDv7 of this moment (RFC 9562).';

-- Name: package(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.package(p_owner uuid, p_package uuid) RETURNS TABLE(package_id uuid, name text, version text, sha256 bytea, manifest json, files json)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select p.package_id, p.name, p.version, p.sha256, p.manifest, p.files
    from mb.packages p
    where p.customer_id = p_owner and p.package_id = p_package
$$;

ALTER FUNCTION engine.package(p_owner uuid, p_package uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION package(p_owner uuid, p_package uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.package(p_owner uuid, p_package uuid) IS 'One package with its files.';

-- Name: prune(); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.prune() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    keys integer;
    entries integer := 0;
    gone record;
    owner uuid;
begin
    delete from mb.idempotency_keys
    where ctid = any (array(
        select ctid from mb.idempotency_keys
        where created_at < now() - interval '24 hours'
        limit 1000
        for update skip locked));
    get diagnostics keys = row_count;
    -- As everywhere, the storage's row is locked before what it counts.
    for owner in
        select s.customer_id
        from mb.storage s
        where s.customer_id in (select k.customer_id from mb.kv k where k.expires_at < now())
        order by 1
        limit 20
        for update skip locked
    loop
        with deleted as (
            delete from mb.kv k
            where k.customer_id = owner and k.expires_at < now()
            returning k.bytes
        )
        select count(*) as entries, coalesce(sum(d.bytes), 0) as bytes into gone from deleted d;
        update mb.storage set bytes = bytes - gone.bytes where customer_id = owner;
        entries := entries + gone.entries;
    end loop;
    return keys + entries;
end
$$;

ALTER FUNCTION engine.prune() OWNER TO moonbase_engine;

-- Name: FUNCTION prune(); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.prune() IS 'Deletes some old idempotency keys and expired entries; returns how many, 0 when all are gone.';

-- Name: prune_firings(); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.prune_firings() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    n integer;
begin
    delete from mb.trigger_firings
    where ctid = any (array(
        select ctid from mb.trigger_firings
        where fired_at < now() - interval '30 days'
        order by fired_at
        limit 5000
        for update skip locked));
    get diagnostics n = row_count;
    return n;
end
$$;

ALTER FUNCTION engine.prune_firings() OWNER TO moonbase_engine;

-- Name: FUNCTION prune_firings(); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.prune_firings() IS 'Deletes some firings older than 30 days; returns how many, 0 when all are gone.';

-- Name: put_deployment(uuid, uuid, uuid, uuid, text, json, text[], json, bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.put_deployment(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_name text, p_config json, p_tools text[], p_limits json, p_budget_micros bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    insert into mb.deployments as d (customer_id, deployment_id, package_owner, package_id, name,
        config, tools, limits, budget_micros)
    values (p_customer, p_deployment, p_package_owner, p_package, p_name, coalesce(p_config, '{}'),
        p_tools, coalesce(p_limits, '{}'), p_budget_micros)
    on conflict (customer_id, deployment_id) do update
    set package_owner = excluded.package_owner, package_id = excluded.package_id,
        name = excluded.name, config = excluded.config, tools = excluded.tools,
        limits = excluded.limits, budget_micros = excluded.budget_micros, deleted_at = null
$$;

ALTER FUNCTION engine.put_deployment(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_name text, p_config json, p_tools text[], p_limits json, p_budget_micros bigint) OWNER TO moonbase_engine;

-- Name: FUNCTION put_deployment(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_name text, p_config json, p_tools text[], p_limits json, p_budget_micros bigint); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.put_deployment(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_name text, p_config json, p_tools text[], p_limits json, p_budget_micros bigint) IS 'Makes a deployment, or changes the one with this id.';

-- Name: put_key(uuid, uuid, text, bytea, text, text[]); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.put_key(p_customer uuid, p_key uuid, p_name text, p_key_sha256 bytea, p_prefix text, p_scopes text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    insert into mb.api_keys (customer_id, key_id, name, key_sha256, prefix, scopes)
    values (p_customer, p_key, p_name, p_key_sha256, p_prefix, p_scopes)
    on conflict (key_sha256) do nothing
$$;

ALTER FUNCTION engine.put_key(p_customer uuid, p_key uuid, p_name text, p_key_sha256 bytea, p_prefix text, p_scopes text[]) OWNER TO moonbase_engine;

-- Name: FUNCTION put_key(p_customer uuid, p_key uuid, p_name text, p_key_sha256 bytea, p_prefix text, p_scopes text[]); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.put_key(p_customer uuid, p_key uuid, p_name text, p_key_sha256 bytea, p_prefix text, p_scopes text[]) IS 'Adds an API key by its hash; the same key again is no error.';

-- Name: put_package(uuid, uuid, text, text, bytea, json, json); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.put_package(p_owner uuid, p_package uuid, p_name text, p_version text, p_sha256 bytea, p_manifest json, p_files json) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    there record;
begin
    insert into mb.packages (customer_id, package_id, name, version, sha256, manifest, files)
    values (p_owner, p_package, p_name, p_version, p_sha256, p_manifest, p_files)
    on conflict (customer_id, name, version) do nothing;
    select p.package_id, p.sha256 into there
    from mb.packages p
    where p.customer_id = p_owner and p.name = p_name and p.version = p_version;
    if there.sha256 <> p_sha256 then
        raise exception using errcode = 'MB409', detail = 'exists',
            message = format('package %s %s is there with other contents', p_name, p_version);
    end if;
    return there.package_id;
end
$$;

ALTER FUNCTION engine.put_package(p_owner uuid, p_package uuid, p_name text, p_version text, p_sha256 bytea, p_manifest json, p_files json) OWNER TO moonbase_engine;

-- Name: FUNCTION put_package(p_owner uuid, p_package uuid, p_name text, p_version text, p_sha256 bytea, p_manifest json, p_files json); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.put_package(p_owner uuid, p_package uuid, p_name text, p_version text, p_sha256 bytea, p_manifest json, p_files json) IS 'Adds a package, of a customer or of the platform (nil).';

-- Name: put_triggers(uuid, uuid, json); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.put_triggers(p_customer uuid, p_deployment uuid, p_triggers json) RETURNS SETOF mb.triggers
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    delete from mb.triggers t
    where t.customer_id = p_customer and t.deployment_id = p_deployment and t.is_managed
        and not exists (
            select from json_array_elements(p_triggers) j
            where j ->> 'name' = t.name and j ->> 'kind' = t.kind);
    return query
    insert into mb.triggers as t (customer_id, trigger_id, deployment_id, name, kind, is_enabled,
        is_managed, input, schedule, timezone, catch_up, scheme, sealed, headers)
    select p_customer, engine.new_id(), p_deployment, j ->> 'name', j ->> 'kind',
        coalesce((j ->> 'is_enabled')::boolean, true), true, coalesce((j -> 'input')::text, 'null'),
        j ->> 'schedule', coalesce(j ->> 'timezone', 'UTC'), coalesce(j ->> 'catch_up', 'one'),
        case j ->> 'kind' when 'webhook' then coalesce(j ->> 'scheme', 'moonbase') end,
        j ->> 'sealed',
        array(select json_array_elements_text(
            case json_typeof(j -> 'headers') when 'array' then j -> 'headers' else '[]' end))
    from json_array_elements(p_triggers) j
    on conflict (customer_id, deployment_id, name) do update
    set kind = excluded.kind, is_enabled = excluded.is_enabled, is_managed = true,
        input = excluded.input, schedule = excluded.schedule, timezone = excluded.timezone,
        catch_up = excluded.catch_up, scheme = excluded.scheme,
        sealed = coalesce(excluded.sealed, t.sealed), headers = excluded.headers,
        updated_at = now(),
        next_at = case when (t.schedule, t.timezone, t.is_enabled)
            is not distinct from (excluded.schedule, excluded.timezone, excluded.is_enabled)
            then t.next_at end
    returning t.*;
end
$$;

ALTER FUNCTION engine.put_triggers(p_customer uuid, p_deployment uuid, p_triggers json) OWNER TO moonbase_engine;

-- Name: FUNCTION put_triggers(p_customer uuid, p_deployment uuid, p_triggers json); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.put_triggers(p_customer uuid, p_deployment uuid, p_triggers json) IS 'Makes, changes and deletes the triggers that a deployment''s workflow names.';

-- Name: quote_word(text); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.quote_word(word text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select '''' || replace(replace(word, '\', '\\'), '''', '''''') || ''''
$$;

ALTER FUNCTION engine.quote_word(word text) OWNER TO moonbase_owner;

-- Name: FUNCTION quote_word(word text); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.quote_word(word text) IS 'A word as the text form of a tsquery takes it.';

-- Name: reap(bigint, integer); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.reap(p_fence bigint, lease_ms integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    silent bigint;
    freed integer := 0;
begin
    for silent in
        select c.fence
        from mb.cores c
        where c.dead_at is null and c.fence <> p_fence
            and c.beat_at < now() - lease_ms * interval '1 millisecond'
        order by c.fence
        for update skip locked
    loop
        freed := freed + engine.bury(silent);
    end loop;
    delete from mb.cores c
    where c.dead_at < now() - interval '7 days'
        and not exists (select from mb.balance_leases l where l.fence = c.fence);
    return freed;
end
$$;

ALTER FUNCTION engine.reap(p_fence bigint, lease_ms integer) OWNER TO moonbase_engine;

-- Name: FUNCTION reap(p_fence bigint, lease_ms integer); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.reap(p_fence bigint, lease_ms integer) IS 'Declares cores dead that have not been heard of for lease_ms, and frees what they held.';

-- Name: rebuild_usage(uuid, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.rebuild_usage(p_customer uuid, p_from timestamp with time zone, p_to timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    first constant timestamptz := date_bin('1 hour', p_from, '2000-01-01 00:00:00+00');
    after_last constant timestamptz := date_bin('1 hour', p_to, '2000-01-01 00:00:00+00');
    made integer;
begin
    lock table mb.usage_hourly in share row exclusive mode;
    delete from mb.usage_hourly u
    where u.customer_id = p_customer and u.hour >= first and u.hour < after_last;
    insert into mb.usage_hourly (customer_id, hour, deployment_id, tool, shard, calls, tokens_in,
        tokens_out, cpu_us, bytes, cost_micros, price_micros)
    select s.customer_id, date_bin('1 hour', s.started_at, '2000-01-01 00:00:00+00'),
        r.deployment_id, s.tool, 0, count(*), sum(s.tokens_in), sum(s.tokens_out), sum(s.cpu_us),
        sum(s.bytes), sum(s.cost_micros), sum(s.price_micros)
    from mb.steps s
    join mb.runs r on r.customer_id = s.customer_id and r.run_id = s.run_id
    where s.customer_id = p_customer and s.started_at >= first and s.started_at < after_last
        and s.state = 2 and not s.replayed and (s.kind in (1, 4) or s.price_micros <> 0)
    group by 1, 2, 3, 4;
    get diagnostics made = row_count;
    return made;
end
$$;

ALTER FUNCTION engine.rebuild_usage(p_customer uuid, p_from timestamp with time zone, p_to timestamp with time zone) OWNER TO moonbase_engine;

-- Name: FUNCTION rebuild_usage(p_customer uuid, p_from timestamp with time zone, p_to timestamp with time zone); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.rebuild_usage(p_customer uuid, p_from timestamp with time zone, p_to timestamp with time zone) IS 'Derives a customer''s usage of some hours from the journal anew; returns the number of rows.';

-- Name: record_bytes(uuid, uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.record_bytes(p_customer uuid, p_run uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select coalesce(sum(octet_length(coalesce(s.args, '')) + octet_length(coalesce(s.result, ''))
        + octet_length(coalesce(s.error, ''))), 0)::bigint
    from mb.steps s
    where s.customer_id = p_customer and s.run_id = p_run
$$;

ALTER FUNCTION engine.record_bytes(p_customer uuid, p_run uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION record_bytes(p_customer uuid, p_run uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.record_bytes(p_customer uuid, p_run uuid) IS 'How long the texts are that the journal holds of a run.';

-- Name: return_balance(bigint, uuid, bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.return_balance(p_fence bigint, p_customer uuid, p_micros bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    returned bigint;
begin
    perform engine.hold_core(p_fence);
    perform engine.settle_lease(p_customer, p_fence, false);
    update mb.balance_leases l
    set granted_micros = l.granted_micros - least(l.granted_micros, greatest(p_micros, 0))
    from mb.balance_leases before
    where before.customer_id = p_customer and before.fence = p_fence
        and l.customer_id = before.customer_id and l.fence = before.fence
    returning before.granted_micros - l.granted_micros into returned;
    update mb.balances
    set leased_micros = leased_micros - coalesce(returned, 0)
    where customer_id = p_customer;
end
$$;

ALTER FUNCTION engine.return_balance(p_fence bigint, p_customer uuid, p_micros bigint) OWNER TO moonbase_engine;

-- Name: FUNCTION return_balance(p_fence bigint, p_customer uuid, p_micros bigint); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.return_balance(p_fence bigint, p_customer uuid, p_micros bigint) IS 'Gives an unspent part of a core''s slice back to the customer''s balance.';

-- Name: secrets(uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.secrets(p_customer uuid) RETURNS json
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
    select coalesce(json_object_agg(s.name, s.sealed), '{}')
    from mb.secrets s
    where s.customer_id = p_customer
$$;

ALTER FUNCTION engine.secrets(p_customer uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION secrets(p_customer uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.secrets(p_customer uuid) IS 'A customer''s secrets, sealed: {name: text}.';

-- Name: settle_lease(uuid, bigint, boolean); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.settle_lease(p_customer uuid, p_fence bigint, give_back boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    lease record;
    released bigint; -- of the grant: what was spent within it, and what goes back unspent
begin
    insert into mb.balances (customer_id) values (p_customer) on conflict do nothing;
    perform from mb.balances where customer_id = p_customer for update;
    select granted_micros, spent_micros into lease
    from mb.balance_leases
    where customer_id = p_customer and fence = p_fence
    for update;
    if not found then
        return;
    end if;
    if give_back then
        released := lease.granted_micros;
        delete from mb.balance_leases where customer_id = p_customer and fence = p_fence;
    else
        released := least(lease.granted_micros, lease.spent_micros);
        update mb.balance_leases
        set granted_micros = granted_micros - released, spent_micros = 0
        where customer_id = p_customer and fence = p_fence;
    end if;
    update mb.balances
    set balance_micros = balance_micros - lease.spent_micros,
        leased_micros = leased_micros - released
    where customer_id = p_customer;
end
$$;

ALTER FUNCTION engine.settle_lease(p_customer uuid, p_fence bigint, give_back boolean) OWNER TO moonbase_engine;

-- Name: FUNCTION settle_lease(p_customer uuid, p_fence bigint, give_back boolean); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.settle_lease(p_customer uuid, p_fence bigint, give_back boolean) IS 'Takes what a core has spent out of the customer''s balance, and with give_back ends its lease.';

-- Name: time_of(bigint); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.time_of(unix_us bigint) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select timestamptz '1970-01-01 00:00:00+00' + unix_us * interval '1 microsecond'
$$;

ALTER FUNCTION engine.time_of(unix_us bigint) OWNER TO moonbase_owner;

-- Name: FUNCTION time_of(unix_us bigint); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.time_of(unix_us bigint) IS 'The time of Unix microseconds; null of null.';

-- Name: topup(uuid, bigint, text); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.topup(p_customer uuid, p_micros bigint, p_note text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    left_micros bigint;
begin
    if not exists (select from mb.customers c where c.customer_id = p_customer) then
        raise exception using errcode = 'MB404', detail = 'not_found',
            message = 'there is no such customer';
    end if;
    insert into mb.credits (customer_id, credit_id, amount_micros, note)
    values (p_customer, engine.new_id(), p_micros, p_note);
    insert into mb.balances as b (customer_id, balance_micros) values (p_customer, p_micros)
    on conflict (customer_id) do update
    set balance_micros = b.balance_micros + excluded.balance_micros;
    perform engine.wake_budget(p_customer);
    select b.balance_micros into left_micros
    from mb.balances_now b
    where b.customer_id = p_customer;
    return left_micros;
end
$$;

ALTER FUNCTION engine.topup(p_customer uuid, p_micros bigint, p_note text) OWNER TO moonbase_engine;

-- Name: FUNCTION topup(p_customer uuid, p_micros bigint, p_note text); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.topup(p_customer uuid, p_micros bigint, p_note text) IS 'Books money in, lets runs that waited for it go on, and returns the new balance.';

-- Name: touch_keys(uuid[], uuid[]); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.touch_keys(p_customers uuid[], p_keys uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
    update mb.api_keys k
    set last_used_at = now()
    from (
        select customer_id, key_id
        from unnest(p_customers, p_keys) as u (customer_id, key_id)
        order by 1, 2
    ) u
    where k.customer_id = u.customer_id and k.key_id = u.key_id
$$;

ALTER FUNCTION engine.touch_keys(p_customers uuid[], p_keys uuid[]) OWNER TO moonbase_engine;

-- Name: FUNCTION touch_keys(p_customers uuid[], p_keys uuid[]); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.touch_keys(p_customers uuid[], p_keys uuid[]) IS 'Notes the last use of a batch of API keys.';

-- Name: uuid_at(timestamp with time zone); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.uuid_at(at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
    select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0')
        || '00000000000000000000')::uuid
$$;

ALTER FUNCTION engine.uuid_at(at timestamp with time zone) OWNER TO moonbase_owner;

-- Name: FUNCTION uuid_at(at timestamp with time zone); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.uuid_at(at timestamp with time zone) IS 'The smallest UUIDv7 of a moment, as a bound for ids.';

-- Name: wake_after_flush(uuid[], uuid[]); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.wake_after_flush(customers uuid[], runs uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
declare
    child record;
    ended record;
begin
    if exists (
        select
        from generate_subscripts(runs, 1) i
        join mb.runs r on r.customer_id = customers[i] and r.run_id = runs[i]
        where r.fence is null and r.status in ('queued', 'waiting') and r.wake_at <= now()
    ) then
        perform pg_notify('mb_queue', '');
    end if;

    for child in
        select r.customer_id, r.run_id, r.parent_run_id
        from generate_subscripts(runs, 1) i
        join mb.runs r on r.customer_id = customers[i] and r.run_id = runs[i]
        where r.finished_at is not null and r.parent_run_id is not null
        order by r.customer_id, r.parent_run_id
    loop
        -- Whatever the parent is doing: if it is just being parked, flush keeps the earlier wake_at.
        update mb.runs r
        set wake_at = now()
        where r.customer_id = child.customer_id and r.run_id = child.parent_run_id
            and r.finished_at is null;
        perform pg_notify('mb_queue', '');
        perform pg_notify('mb_run', format('%s %s finish', child.customer_id, child.run_id));
        perform pg_notify('mb_run', format('%s %s child %s', child.customer_id, child.parent_run_id,
            child.run_id));
    end loop;

    for ended in
        select r.customer_id, r.run_id, r.status::text
        from generate_subscripts(runs, 1) i
        join mb.runs r on r.customer_id = customers[i] and r.run_id = runs[i]
        where r.finished_at is not null
            and exists (
                select from mb.runs c
                where c.customer_id = r.customer_id and c.parent_run_id = r.run_id
                    and c.finished_at is null)
        order by r.run_id
    loop
        perform engine.cancel_children(ended.customer_id, ended.run_id, ended.status);
    end loop;
end
$$;

ALTER FUNCTION engine.wake_after_flush(customers uuid[], runs uuid[]) OWNER TO moonbase_engine;

-- Name: FUNCTION wake_after_flush(customers uuid[], runs uuid[]); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.wake_after_flush(customers uuid[], runs uuid[]) IS 'Notifies cores of runs that a batch queued; wakes parents and stops children of those it ended.';

-- Name: wake_budget(uuid); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.wake_budget(p_customer uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    AS $$
declare
    woken integer;
begin
    update mb.runs
    set wake_at = now()
    where customer_id = p_customer and fence is null and status = 'waiting'
        and wait_reason = 'budget';
    get diagnostics woken = row_count;
    if woken > 0 then
        perform pg_notify('mb_queue', '');
    end if;
    return woken;
end
$$;

ALTER FUNCTION engine.wake_budget(p_customer uuid) OWNER TO moonbase_engine;

-- Name: FUNCTION wake_budget(p_customer uuid); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.wake_budget(p_customer uuid) IS 'Lets a customer''s runs that wait for money go on; returns how many.';

-- Name: whole_args(uuid, uuid, integer[]); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.whole_args(p_customer uuid, p_run uuid, p_seqs integer[]) RETURNS TABLE(seq integer, args text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $_$
    with recursive wanted as materialized (
        select s.seq, s.args::json -> 0 as members
        from mb.steps s
        where s.customer_id = p_customer and s.run_id = p_run and s.seq = any (p_seqs)
            and s.args like '[%' and json_typeof(s.args::json -> 0) = 'object'
    ), lists as materialized (
        select w.seq, m.key as member
        from wanted w
        cross join lateral json_each(w.members) m
        where json_typeof(m.value) = 'object' and m.value -> '$list' is not null
    ), links as ( -- a step, and the one whose first messages go before its own
        select l.seq, l.member, null::integer as before, 0 as n_before, false as is_read
        from lists l
        union
        select case when l.is_read then l.before else l.seq end, l.member,
            case when l.is_read then null else f.before end,
            case when l.is_read or f.before is null then 0 else f.n end, not l.is_read
        from links l
        left join lateral (
            select case when s.args like '[%' then s.args::json -> 0 -> l.member -> '$list' -> 0
                end as item
            from mb.steps s
            where s.customer_id = p_customer and s.run_id = p_run and s.seq = l.seq
                and not l.is_read
            offset 0) s on true
        left join lateral (
            select case when (s.item ->> '$messages')::integer < l.seq
                    then (s.item ->> '$messages')::integer end as before,
                (s.item ->> 'n')::integer as n
            where s.item ->> 'from' is null and s.item ->> '$messages' ~ '^[0-9]{1,9}$'
                and s.item ->> 'n' ~ '^[0-9]{1,9}$'
            offset 0) f on true
        where not l.is_read or l.before is not null
    ), stored as materialized (
        select l.seq, l.member, l.before, l.n_before, k.is_whole or k.items is null as is_whole,
            coalesce(k.items, json_build_array(json_build_object('$missing', l.seq))) as items
        from links l
        left join lateral (
            select s.args::json as args
            from mb.steps s
            where s.customer_id = p_customer and s.run_id = p_run and s.seq = l.seq
            offset 0) s on true
        left join lateral (
            select case json_typeof(s.args) when 'array' then s.args -> 0 else s.args end
                -> l.member as value offset 0) v on true
        left join lateral (
            select json_typeof(v.value) = 'array' as is_whole,
                case when json_typeof(v.value) = 'array' then v.value
                    when json_typeof(s.args) = 'array' and json_typeof(v.value) = 'object'
                        and json_typeof(v.value -> '$list') = 'array'
                    then v.value -> '$list' end as items offset 0) k on true
        where l.is_read
    ), messages as materialized (
        select l.seq, l.member, l.n_before + i.at - case when l.before is null then 0 else 1 end as at,
            case when l.is_whole then i.item::text
                when i.at = 1 and i.item ->> '$messages' is not null and i.item ->> 'from' is null
                    then json_build_object('$missing', i.item -> '$messages')::text
                else engine.whole_message(p_customer, p_run, l.seq, l.member, i.item) end as text
        from stored l
        cross join lateral json_array_elements(l.items) with ordinality i (item, at)
        where not (i.at = 1 and l.before is not null)
    ), paths as (
        select l.seq as wanted, l.member, l.seq, 2147483647 as most from lists l
        union all
        select p.wanted, p.member, l.before, least(p.most, l.n_before)
        from paths p
        join stored l on l.seq = p.seq and l.member = p.member
        where l.before is not null
    ), conversations as materialized (
        select p.wanted, p.member, string_agg(m.text, ',' order by m.at, m.seq) as text
        from paths p
        join messages m on m.seq = p.seq and m.member = p.member
        where m.at <= p.most
        group by p.wanted, p.member
    )
    select w.seq, '{' || string_agg(to_json(m.key)::text || ':' || case
            when l.member is not null then '[' || coalesce(c.text, '') || ']'
            else engine.whole_member(p_customer, p_run, w.seq, m.key, m.value) end, ','
            order by m.at) || '}'
    from wanted w
    cross join lateral json_each(w.members) with ordinality m (key, value, at)
    left join lists l on l.seq = w.seq and l.member = m.key
    left join conversations c on c.wanted = w.seq and c.member = m.key
    group by w.seq
$_$;

ALTER FUNCTION engine.whole_args(p_customer uuid, p_run uuid, p_seqs integer[]) OWNER TO moonbase_owner;

-- Name: FUNCTION whole_args(p_customer uuid, p_run uuid, p_seqs integer[]); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.whole_args(p_customer uuid, p_run uuid, p_seqs integer[]) IS 'The whole arguments of steps of one run whose stored ones refer to other steps.';

-- Name: whole_member(uuid, uuid, integer, text, json); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.whole_member(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_value json) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
    value json := p_value;
    below integer := p_seq;
    told text;
    stored json;
begin
    while json_typeof(value) = 'object' and value -> '$same' is not null loop
        told := value ->> '$same';
        stored := null;
        if told ~ '^[0-9]{1,9}$' and told::integer < below then
            below := told;
            select s.args into stored
            from mb.steps s
            where s.customer_id = p_customer and s.run_id = p_run and s.seq = below;
        end if;
        if json_typeof(stored) = 'array' then
            value := coalesce(stored -> 0 -> p_member, json_build_object('$missing', below));
        else
            return coalesce(stored -> p_member, json_build_object('$missing', value -> '$same'))::text;
        end if;
    end loop;
    if json_typeof(value) = 'object' and value -> '$value' is not null then
        return (value -> '$value')::text;
    end if;
    return value::text;
end
$_$;

ALTER FUNCTION engine.whole_member(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_value json) OWNER TO moonbase_owner;

-- Name: FUNCTION whole_member(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_value json); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.whole_member(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_value json) IS 'One member of a step''s arguments, but a conversation, from what the journal stores for it.';

-- Name: whole_message(uuid, uuid, integer, text, json, integer); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.whole_message(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_item json, p_depth integer DEFAULT 0) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
    about json := p_item;
    kind text;
    told text;
    step integer;
    result text;
    error text;
    found text;
begin
    if json_typeof(p_item) <> 'object' or position('"$' in p_item::text) = 0 then
        return p_item::text;
    elsif p_item -> '$value' is not null then
        return (p_item -> '$value')::text;
    elsif json_typeof(p_item -> 'content') = 'object' and p_item -> '$message' is null
        and p_item -> '$messages' is null then
        about := p_item -> 'content';
    end if;
    kind := case when about -> '$message' is not null then '$message'
        when about -> '$messages' is not null then '$messages'
        when about -> '$result' is not null then '$result'
        when about -> '$stripped' is not null then '$stripped' end;
    if kind is null then
        return p_item::text;
    end if;
    told := about ->> kind;
    step := case when told ~ '^[0-9]{1,9}$' then told::integer end;
    if step >= p_seq or p_depth >= 16 then
        step := null;
    end if;

    if kind = '$messages' then
        found := case when about ->> 'from' ~ '^[0-9]{1,9}$' then
            engine.whole_message_at(p_customer, p_run, step, p_member,
                (about ->> 'from')::integer, p_depth + 1) end;
        return coalesce(found, json_build_object('$missing', about -> kind)::text);
    end if;
    select s.result, s.error into result, error
    from mb.steps s
    where s.customer_id = p_customer and s.run_id = p_run and s.seq = step;
    if kind = '$message' then
        return coalesce((result::json -> 'message')::text,
            json_build_object('$missing', about -> kind)::text);
    end if;
    found := case
        when kind = '$stripped' then json_strip_nulls(result::json)::text
        when error is not null then error
        when left(result, 1) = '"' then result::json #>> '{}'
        else result end;
    found := coalesce(to_json(found)::text, json_build_object('$missing', about -> kind)::text);
    return (
        select '{' || string_agg(to_json(m.key)::text || ':'
            || case m.key when 'content' then found else m.value::text end, ',' order by m.at)
            || '}'
        from json_each(p_item) with ordinality m (key, value, at));
end
$_$;

ALTER FUNCTION engine.whole_message(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_item json, p_depth integer) OWNER TO moonbase_owner;

-- Name: FUNCTION whole_message(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_item json, p_depth integer); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.whole_message(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_item json, p_depth integer) IS 'One message of a conversation, from what the journal stores for it.';

-- Name: whole_message_at(uuid, uuid, integer, text, integer, integer); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.whole_message_at(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_at integer, p_depth integer) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
    at integer := p_at;
    step integer := p_seq;
    args json;
    items json;
    before integer;
begin
    loop
        select s.args into args
        from mb.steps s
        where s.customer_id = p_customer and s.run_id = p_run and s.seq = step;
        if json_typeof(args) = 'object' then
            return args -> p_member -> at;
        end if;
        items := args -> 0 -> p_member;
        if json_typeof(items) is distinct from 'object' then
            return items -> at;
        end if;
        items := items -> '$list';
        before := case when items -> 0 ->> 'from' is null
            and items -> 0 ->> '$messages' ~ '^[0-9]{1,9}$' then items -> 0 ->> '$messages' end;
        if before >= step or (items -> 0 ->> 'n' ~ '^[0-9]{1,9}$') is not true then
            before := null;
        end if;
        if before is null or at >= (items -> 0 ->> 'n')::integer then
            return engine.whole_message(p_customer, p_run, step, p_member, items
                -> case when before is null then at else at - (items -> 0 ->> 'n')::integer + 1 end,
                p_depth);
        end if;
        step := before;
    end loop;
end
$_$;

ALTER FUNCTION engine.whole_message_at(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_at integer, p_depth integer) OWNER TO moonbase_owner;

-- Name: FUNCTION whole_message_at(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_at integer, p_depth integer); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.whole_message_at(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_at integer, p_depth integer) IS 'The message at a position (from 0) of the conversation in a step''s arguments; null when it has none.';

-- Name: whole_steps(mb.steps[]); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.whole_steps(steps mb.steps[]) RETURNS SETOF mb.steps
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
    seqs integer[];
    texts text[];
    step mb.steps;
begin
    select array_agg(w.seq), array_agg(w.args) into seqs, texts
    from engine.whole_args(steps[1].customer_id, steps[1].run_id, array(
        select s.seq from unnest(steps) s where s.args like '[%')) w;
    foreach step in array steps loop
        if step.args like '[%' then
            step.args := coalesce(texts[array_position(seqs, step.seq)], step.args);
        end if;
        return next step;
    end loop;
end
$$;

ALTER FUNCTION engine.whole_steps(steps mb.steps[]) OWNER TO moonbase_owner;

-- Name: FUNCTION whole_steps(steps mb.steps[]); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.whole_steps(steps mb.steps[]) IS 'Steps as they were asked for: with their whole arguments, which the journal stores in parts.';

-- Name: words(text); Type: FUNCTION; Schema: engine; Owner: moonbase_owner

CREATE FUNCTION engine.words(query text) RETURNS tsquery
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
    with words as (
        select w.lexeme, to_tsvector('pg_catalog.english', w.lexeme) = '' as is_stop_word
        from unnest(to_tsvector('pg_catalog.simple', query)) w
    ), chosen as (
        select w.lexeme from words w
        where not w.is_stop_word or not exists (select from words o where not o.is_stop_word)
        union
        select w.lexeme from unnest(to_tsvector('pg_catalog.english', query)) w
    )
    select coalesce(string_agg(engine.quote_word(c.lexeme), ' | '), '')::tsquery
    from chosen c
$$;

ALTER FUNCTION engine.words(query text) OWNER TO moonbase_owner;

-- Name: FUNCTION words(query text); Type: COMMENT; Schema: engine; Owner: moonbase_owner

COMMENT ON FUNCTION engine.words(query text) IS 'A text search query for documents that have any of the words, as they are or by their stems.';

-- Name: write_batch(bigint, bigint, mb.batch_run[], mb.batch_step[], mb.batch_change[], mb.batch_usage[], mb.batch_charge[], json, boolean, boolean); Type: FUNCTION; Schema: engine; Owner: moonbase_engine

CREATE FUNCTION engine.write_batch(p_fence bigint, p_batch bigint, runs mb.batch_run[], steps mb.batch_step[], changes mb.batch_change[], usage mb.batch_usage[], charges mb.batch_charge[], questions json, completes boolean, wakes boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
declare
    core record;
    changed_wakes boolean;
begin
    update mb.cores
    set flush_no = p_batch, beat_at = now()
    where fence = p_fence and dead_at is null and flush_no = p_batch - 1;
    if not found then
        select c.dead_at, c.flush_no into core from mb.cores c where c.fence = p_fence;
        if not found or core.dead_at is not null then
            raise exception using errcode = 'MBFEN',
                message = format('core %s was declared dead', p_fence);
        elsif core.flush_no >= p_batch then
            return false;
        end if;
        raise exception using errcode = 'MBSEQ',
            message = format('batch %s of core %s came after %s', p_batch, p_fence, core.flush_no);
    end if;

    if cardinality(runs) > 0 then
        insert into mb.runs (customer_id, run_id, deployment_id, package_owner, package_id,
            parent_run_id, status, wait_reason, wake_at, fence, input, output, error, limits, seed,
            diverged, created_at, started_at, finished_at, steps, cpu_us, tokens_in, tokens_out,
            cost_micros, config_revision)
        select r.customer_id, r.run_id, r.deployment_id, r.package_owner, r.package_id,
            r.parent_run_id, r.status, r.wait_reason,
            case when r.status = 'queued' then coalesce(r.wake_at, now()) else r.wake_at end,
            case when r.owned then p_fence end, r.input, r.output, r.error, r.limits, r.seed,
            r.diverged, r.created_at, r.started_at, r.finished_at, r.steps, r.cpu_us, r.tokens_in,
            r.tokens_out, r.cost_micros, r.config_revision
        from unnest(runs) r;
    end if;

    if cardinality(steps) > 0 then
        insert into mb.steps (customer_id, run_id, seq, kind, state, key, tool, args, result, error,
            started_at, duration_us, cpu_us, tokens_in, tokens_out, tokens_cached,
            tokens_reasoning, bytes, cost_micros, price_micros, model, provider_request_id, fence)
        select s.customer_id, s.run_id, s.seq, s.kind, s.state, s.key, s.tool, s.args, s.result,
            s.error, s.started_at, s.duration_us, s.cpu_us, s.tokens_in, s.tokens_out,
            s.tokens_cached, s.tokens_reasoning, s.bytes, s.cost_micros, s.price_micros, s.model,
            s.provider_request_id, p_fence
        from unnest(steps) s
        where not s.completes;

        if completes then
            update mb.steps t
            set state = s.state, result = s.result, error = s.error, duration_us = s.duration_us,
                cpu_us = s.cpu_us, tokens_in = s.tokens_in, tokens_out = s.tokens_out,
                tokens_cached = s.tokens_cached, tokens_reasoning = s.tokens_reasoning,
                bytes = s.bytes, cost_micros = s.cost_micros, price_micros = s.price_micros,
                model = s.model, provider_request_id = s.provider_request_id, fence = p_fence
            from unnest(steps) s
            where s.completes and t.customer_id = s.customer_id and t.run_id = s.run_id
                and t.seq = s.seq and t.state = 1;
        end if;
    end if;

    if cardinality(charges) > 0 then
        insert into mb.balance_leases as l (customer_id, fence, spent_micros)
        select c.customer_id, p_fence, c.micros
        from unnest(charges) c
        on conflict (customer_id, fence) do update
        set spent_micros = l.spent_micros + excluded.spent_micros;
    end if;

    if cardinality(usage) > 0 then
        insert into mb.usage_hourly as h (customer_id, hour, deployment_id, tool, shard, calls,
            tokens_in, tokens_out, cpu_us, bytes, cost_micros, price_micros)
        select u.customer_id, u.hour, u.deployment_id, u.tool, (p_fence % 8)::smallint, u.calls,
            u.tokens_in, u.tokens_out, u.cpu_us, u.bytes, u.cost_micros, u.price_micros
        from unnest(usage) u
        on conflict (customer_id, hour, deployment_id, tool, shard) do update
        set calls = h.calls + excluded.calls, tokens_in = h.tokens_in + excluded.tokens_in,
            tokens_out = h.tokens_out + excluded.tokens_out, cpu_us = h.cpu_us + excluded.cpu_us,
            bytes = h.bytes + excluded.bytes, cost_micros = h.cost_micros + excluded.cost_micros,
            price_micros = h.price_micros + excluded.price_micros;
    end if;

    if cardinality(changes) > 0 then
        if wakes then
            perform engine.lock_families(array(select c.customer_id from unnest(changes) c),
                array(select c.run_id from unnest(changes) c));
        end if;
        -- What happened meanwhile to a run that is given up (a decision, a cancel, a child that
        -- ended) has set wake_at or cancel_requested, and must not be slept through.
        with changed as (
            update mb.runs r
            set status = c.status, wait_reason = c.wait_reason,
                wake_at = case
                    when c.finished_at is not null then null
                    when c.owned then r.wake_at
                    when r.cancel_requested or c.status = 'queued' then now()
                    else least(r.wake_at, c.wake_at) end,
                fence = case when c.owned then p_fence end, output = c.output, error = c.error,
                diverged = c.diverged, started_at = coalesce(c.started_at, r.started_at),
                finished_at = c.finished_at, steps = c.steps, cpu_us = c.cpu_us,
                tokens_in = c.tokens_in, tokens_out = c.tokens_out, cost_micros = c.cost_micros
            from unnest(changes) c
            where r.customer_id = c.customer_id and r.run_id = c.run_id
                and r.fence is not distinct from p_fence -- not by the index of owners
            returning r.status in ('queued', 'waiting') or r.parent_run_id is not null as wakes
        )
        select bool_or(c.wakes) into changed_wakes from changed c;
    end if;

    if questions is not null then
        perform engine.add_approvals(questions);
    end if;
    if wakes or changed_wakes then
        perform engine.wake_after_flush(
            array(select r.customer_id from unnest(runs) r
                union all select c.customer_id from unnest(changes) c),
            array(select r.run_id from unnest(runs) r
                union all select c.run_id from unnest(changes) c));
    end if;
    return true;
end
$$;

ALTER FUNCTION engine.write_batch(p_fence bigint, p_batch bigint, runs mb.batch_run[], steps mb.batch_step[], changes mb.batch_change[], usage mb.batch_usage[], charges mb.batch_charge[], questions json, completes boolean, wakes boolean) OWNER TO moonbase_engine;

-- Name: FUNCTION write_batch(p_fence bigint, p_batch bigint, runs mb.batch_run[], steps mb.batch_step[], changes mb.batch_change[], usage mb.batch_usage[], charges mb.batch_charge[], questions json, completes boolean, wakes boolean); Type: COMMENT; Schema: engine; Owner: moonbase_engine

COMMENT ON FUNCTION engine.write_batch(p_fence bigint, p_batch bigint, runs mb.batch_run[], steps mb.batch_step[], changes mb.batch_change[], usage mb.batch_usage[], charges mb.batch_charge[], questions json, completes boolean, wakes boolean) IS 'Writes one batch of a core''s journal: new runs, steps, changes of runs, money and usage.';

-- Name: count_config(); Type: FUNCTION; Schema: mb; Owner: moonbase_owner

CREATE FUNCTION mb.count_config() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    if new.config::text is distinct from old.config::text then
        new.config_revision := old.config_revision + 1;
    end if;
    return new;
end
$$;

ALTER FUNCTION mb.count_config() OWNER TO moonbase_owner;

-- Name: FUNCTION count_config(); Type: COMMENT; Schema: mb; Owner: moonbase_owner

COMMENT ON FUNCTION mb.count_config() IS 'Counts the changes of a deployment''s configuration.';

-- Name: keep_config(); Type: FUNCTION; Schema: mb; Owner: moonbase_engine

CREATE FUNCTION mb.keep_config() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    insert into mb.deployment_configs (customer_id, deployment_id, revision, config)
    values (new.customer_id, new.deployment_id, new.config_revision, new.config)
    on conflict do nothing;
    return null;
end
$$;

ALTER FUNCTION mb.keep_config() OWNER TO moonbase_engine;

-- Name: FUNCTION keep_config(); Type: COMMENT; Schema: mb; Owner: moonbase_engine

COMMENT ON FUNCTION mb.keep_config() IS 'Keeps every configuration that a deployment had.';

-- Name: secure_functions(); Type: FUNCTION; Schema: mb; Owner: moonbase_owner

CREATE FUNCTION mb.secure_functions() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

ALTER FUNCTION mb.secure_functions() OWNER TO moonbase_owner;

-- Name: FUNCTION secure_functions(); Type: COMMENT; Schema: mb; Owner: moonbase_owner

COMMENT ON FUNCTION mb.secure_functions() IS 'Sets owners and execute rights of all functions in the schemas engine and api.';

-- Name: secure_table(regclass); Type: FUNCTION; Schema: mb; Owner: moonbase_owner

CREATE FUNCTION mb.secure_table(target regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    SET client_min_messages TO 'warning'
    AS $$
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

ALTER FUNCTION mb.secure_table(target regclass) OWNER TO moonbase_owner;

-- Name: FUNCTION secure_table(target regclass); Type: COMMENT; Schema: mb; Owner: moonbase_owner

COMMENT ON FUNCTION mb.secure_table(target regclass) IS 'Gives a tenant table to moonbase_owner, forces row-level security on it and adds its policies.';

-- Name: stop_triggers(); Type: FUNCTION; Schema: mb; Owner: moonbase_owner

CREATE FUNCTION mb.stop_triggers() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    update mb.triggers
    set is_enabled = false, next_at = null, updated_at = now()
    where customer_id = new.customer_id and deployment_id = new.deployment_id and is_enabled;
    return null;
end
$$;

ALTER FUNCTION mb.stop_triggers() OWNER TO moonbase_owner;

-- Name: FUNCTION stop_triggers(); Type: COMMENT; Schema: mb; Owner: moonbase_owner

COMMENT ON FUNCTION mb.stop_triggers() IS 'Disables the triggers of a deployment that is deleted.';

-- Name: tell_changed(); Type: FUNCTION; Schema: mb; Owner: moonbase_owner

CREATE FUNCTION mb.tell_changed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    changed constant jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
    perform pg_notify('mb_changed', tg_argv[0] || ' ' || (changed ->> tg_argv[1]));
    return null;
end
$$;

ALTER FUNCTION mb.tell_changed() OWNER TO moonbase_owner;

-- Name: FUNCTION tell_changed(); Type: COMMENT; Schema: mb; Owner: moonbase_owner

COMMENT ON FUNCTION mb.tell_changed() IS 'Notifies the cores that a row they may have in memory has changed.';

-- Name: tell_trigger(); Type: FUNCTION; Schema: mb; Owner: moonbase_owner

CREATE FUNCTION mb.tell_trigger() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    if new.is_enabled and new.kind = 'cron'
        and current_setting('mb.is_tick', true) is distinct from 'on' then
        perform pg_notify('mb_trigger', '');
    end if;
    return null;
end
$$;

ALTER FUNCTION mb.tell_trigger() OWNER TO moonbase_owner;

-- Name: FUNCTION tell_trigger(); Type: COMMENT; Schema: mb; Owner: moonbase_owner

COMMENT ON FUNCTION mb.tell_trigger() IS 'Tells the cores that there is another tick to wait for.';

-- Name: api_keys; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.api_keys (
    customer_id uuid NOT NULL,
    key_id uuid NOT NULL,
    name text NOT NULL,
    key_sha256 bytea NOT NULL,
    prefix text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    roles text[] DEFAULT '{*}'::text[] NOT NULL
);

ALTER TABLE ONLY mb.api_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.api_keys OWNER TO moonbase_owner;

-- Name: balance_leases; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.balance_leases (
    customer_id uuid NOT NULL,
    fence bigint NOT NULL,
    granted_micros mb.amount DEFAULT 0 NOT NULL,
    spent_micros mb.amount DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE ONLY mb.balance_leases FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.balance_leases OWNER TO moonbase_owner;

-- Name: balances; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.balances (
    customer_id uuid NOT NULL,
    balance_micros bigint DEFAULT 0 NOT NULL,
    leased_micros mb.amount DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY mb.balances FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.balances OWNER TO moonbase_owner;

-- Name: balances_now; Type: VIEW; Schema: mb; Owner: moonbase_owner

CREATE VIEW mb.balances_now WITH (security_invoker='true') AS
 SELECT b.customer_id,
    (((b.balance_micros)::numeric - COALESCE(l.spent, (0)::numeric)))::bigint AS balance_micros,
    ((((b.balance_micros - (b.leased_micros)::bigint))::numeric - COALESCE(l.over, (0)::numeric)))::bigint AS free_micros
   FROM (mb.balances b
     LEFT JOIN LATERAL ( SELECT sum((l_1.spent_micros)::bigint) AS spent,
            sum(GREATEST(((l_1.spent_micros)::bigint - (l_1.granted_micros)::bigint), (0)::bigint)) AS over
           FROM mb.balance_leases l_1
          WHERE (l_1.customer_id = b.customer_id)) l ON (true));

ALTER TABLE mb.balances_now OWNER TO moonbase_owner;

-- Name: core_fences; Type: SEQUENCE; Schema: mb; Owner: moonbase_owner

CREATE SEQUENCE mb.core_fences
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE mb.core_fences OWNER TO moonbase_owner;

-- Name: cores; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.cores (
    fence bigint DEFAULT nextval('mb.core_fences'::regclass) NOT NULL,
    node text NOT NULL,
    worker integer NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    beat_at timestamp with time zone DEFAULT now() NOT NULL,
    dead_at timestamp with time zone,
    flush_no bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE mb.cores OWNER TO moonbase_owner;

-- Name: credits; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.credits (
    customer_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    amount_micros bigint NOT NULL,
    note text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY mb.credits FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.credits OWNER TO moonbase_owner;

-- Name: customers; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.customers (
    customer_id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    limits json DEFAULT '{}'::json NOT NULL,
    disabled_at timestamp with time zone
);

ALTER TABLE ONLY mb.customers FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.customers OWNER TO moonbase_owner;

-- Name: deployment_configs; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.deployment_configs (
    customer_id uuid NOT NULL,
    deployment_id uuid NOT NULL,
    revision integer NOT NULL,
    config json NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY mb.deployment_configs FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.deployment_configs OWNER TO moonbase_owner;

-- Name: files; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.files (
    customer_id uuid NOT NULL,
    path text NOT NULL,
    content bytea NOT NULL,
    content_type text DEFAULT 'application/octet-stream'::text NOT NULL,
    bytes integer NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY mb.files FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.files OWNER TO moonbase_owner;

-- Name: idempotency_keys; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.idempotency_keys (
    customer_id uuid NOT NULL,
    scope text NOT NULL,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    fence bigint NOT NULL,
    run_id uuid,
    status integer,
    response json,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY mb.idempotency_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.idempotency_keys OWNER TO moonbase_owner;

-- Name: kv; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.kv (
    customer_id uuid NOT NULL,
    deployment_id uuid NOT NULL,
    key text NOT NULL,
    value json NOT NULL,
    bytes integer NOT NULL,
    expires_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY mb.kv FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.kv OWNER TO moonbase_owner;

-- Name: runs_default; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.runs_default (
    customer_id uuid NOT NULL,
    run_id uuid NOT NULL,
    deployment_id uuid NOT NULL,
    package_owner uuid NOT NULL,
    package_id uuid NOT NULL,
    parent_run_id uuid,
    status mb.run_status NOT NULL,
    wait_reason text,
    wake_at timestamp with time zone,
    fence bigint,
    cancel_requested boolean DEFAULT false NOT NULL,
    input text NOT NULL,
    output text,
    error text,
    limits text NOT NULL,
    seed bytea NOT NULL,
    diverged boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    steps integer DEFAULT 0 NOT NULL,
    cpu_us bigint DEFAULT 0 NOT NULL,
    tokens_in bigint DEFAULT 0 NOT NULL,
    tokens_out bigint DEFAULT 0 NOT NULL,
    cost_micros bigint DEFAULT 0 NOT NULL,
    config_revision integer,
    forked_from uuid,
    forked_at_step integer,
    clock_at timestamp with time zone
);

ALTER TABLE ONLY mb.runs_default FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.runs_default OWNER TO moonbase_owner;

-- Name: steps_default; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.steps_default (
    customer_id uuid NOT NULL,
    run_id uuid NOT NULL,
    seq integer NOT NULL,
    kind smallint NOT NULL,
    state smallint NOT NULL,
    key bytea NOT NULL,
    tool text NOT NULL,
    args text,
    result text,
    error text,
    started_at timestamp with time zone NOT NULL,
    duration_us bigint DEFAULT 0 NOT NULL,
    cpu_us bigint DEFAULT 0 NOT NULL,
    tokens_in integer DEFAULT 0 NOT NULL,
    tokens_out integer DEFAULT 0 NOT NULL,
    tokens_cached integer DEFAULT 0 NOT NULL,
    tokens_reasoning integer DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    cost_micros bigint DEFAULT 0 NOT NULL,
    price_micros bigint DEFAULT 0 NOT NULL,
    model text,
    provider_request_id text,
    fence bigint NOT NULL,
    replayed boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY mb.steps_default FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.steps_default OWNER TO moonbase_owner;

-- Name: storage; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.storage (
    customer_id uuid NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY mb.storage FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.storage OWNER TO moonbase_owner;

-- Name: trigger_firings; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.trigger_firings (
    customer_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    key text NOT NULL,
    run_id uuid NOT NULL,
    scheduled_at timestamp with time zone,
    fired_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY mb.trigger_firings FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.trigger_firings OWNER TO moonbase_owner;

-- Name: usage_hourly; Type: TABLE; Schema: mb; Owner: moonbase_owner

CREATE TABLE mb.usage_hourly (
    customer_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    deployment_id uuid NOT NULL,
    tool text NOT NULL,
    shard smallint NOT NULL,
    calls bigint DEFAULT 0 NOT NULL,
    tokens_in bigint DEFAULT 0 NOT NULL,
    tokens_out bigint DEFAULT 0 NOT NULL,
    cpu_us bigint DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    cost_micros bigint DEFAULT 0 NOT NULL,
    price_micros bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE ONLY mb.usage_hourly FORCE ROW LEVEL SECURITY;

ALTER TABLE mb.usage_hourly OWNER TO moonbase_owner;

-- Name: runs_default; Type: TABLE ATTACH; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.runs ATTACH PARTITION mb.runs_default DEFAULT;

-- Name: steps_default; Type: TABLE ATTACH; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.steps ATTACH PARTITION mb.steps_default DEFAULT;

-- Name: api_keys api_keys_key_sha256_key; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.api_keys
    ADD CONSTRAINT api_keys_key_sha256_key UNIQUE (key_sha256);

-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (customer_id, key_id);

-- Name: approvals approvals_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.approvals
    ADD CONSTRAINT approvals_pkey PRIMARY KEY (customer_id, run_id, seq);

-- Name: balance_leases balance_leases_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.balance_leases
    ADD CONSTRAINT balance_leases_pkey PRIMARY KEY (customer_id, fence);

-- Name: balances balances_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.balances
    ADD CONSTRAINT balances_pkey PRIMARY KEY (customer_id);

-- Name: cores cores_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.cores
    ADD CONSTRAINT cores_pkey PRIMARY KEY (fence);

-- Name: credits credits_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.credits
    ADD CONSTRAINT credits_pkey PRIMARY KEY (customer_id, credit_id);

-- Name: customers customers_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (customer_id);

-- Name: deployment_configs deployment_configs_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.deployment_configs
    ADD CONSTRAINT deployment_configs_pkey PRIMARY KEY (customer_id, deployment_id, revision);

-- Name: deployments deployments_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.deployments
    ADD CONSTRAINT deployments_pkey PRIMARY KEY (customer_id, deployment_id);

-- Name: documents documents_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (customer_id, collection, document_id);

-- Name: files files_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (customer_id, path);

-- Name: idempotency_keys idempotency_keys_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (customer_id, scope, key);

-- Name: kv kv_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.kv
    ADD CONSTRAINT kv_pkey PRIMARY KEY (customer_id, deployment_id, key);

-- Name: packages packages_customer_id_name_version_key; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.packages
    ADD CONSTRAINT packages_customer_id_name_version_key UNIQUE (customer_id, name, version);

-- Name: packages packages_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.packages
    ADD CONSTRAINT packages_pkey PRIMARY KEY (customer_id, package_id);

-- Name: runs runs_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (customer_id, run_id);

-- Name: runs_default runs_default_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.runs_default
    ADD CONSTRAINT runs_default_pkey PRIMARY KEY (customer_id, run_id);

-- Name: secrets secrets_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (customer_id, name);

-- Name: steps steps_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.steps
    ADD CONSTRAINT steps_pkey PRIMARY KEY (customer_id, run_id, seq);

-- Name: steps_default steps_default_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.steps_default
    ADD CONSTRAINT steps_default_pkey PRIMARY KEY (customer_id, run_id, seq);

-- Name: storage storage_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.storage
    ADD CONSTRAINT storage_pkey PRIMARY KEY (customer_id);

-- Name: trigger_firings trigger_firings_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.trigger_firings
    ADD CONSTRAINT trigger_firings_pkey PRIMARY KEY (customer_id, trigger_id, key);

-- Name: triggers triggers_customer_id_deployment_id_name_key; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.triggers
    ADD CONSTRAINT triggers_customer_id_deployment_id_name_key UNIQUE (customer_id, deployment_id, name);

-- Name: triggers triggers_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.triggers
    ADD CONSTRAINT triggers_pkey PRIMARY KEY (customer_id, trigger_id);

-- Name: usage_hourly usage_hourly_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.usage_hourly
    ADD CONSTRAINT usage_hourly_pkey PRIMARY KEY (customer_id, hour, deployment_id, tool, shard);

-- Name: workflow_versions workflow_versions_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.workflow_versions
    ADD CONSTRAINT workflow_versions_pkey PRIMARY KEY (customer_id, workflow_id, version);

-- Name: workflows workflows_pkey; Type: CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.workflows
    ADD CONSTRAINT workflows_pkey PRIMARY KEY (customer_id, workflow_id);

-- Name: approvals_open; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX approvals_open ON mb.approvals USING btree (customer_id, created_at) WHERE (decided_at IS NULL);

-- Name: documents_search; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX documents_search ON mb.documents USING gin (search);

-- Name: kv_expiring; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX kv_expiring ON mb.kv USING btree (expires_at) WHERE (expires_at IS NOT NULL);

-- Name: runs_by_deployment; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_by_deployment ON ONLY mb.runs USING btree (deployment_id, run_id);

-- Name: runs_by_parent; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_by_parent ON ONLY mb.runs USING btree (customer_id, parent_run_id) WHERE (parent_run_id IS NOT NULL);

-- Name: runs_children_open; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_children_open ON ONLY mb.runs USING btree (customer_id) WHERE ((parent_run_id IS NOT NULL) AND (finished_at IS NULL));

-- Name: runs_default_customer_id_idx; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_default_customer_id_idx ON mb.runs_default USING btree (customer_id) WHERE ((parent_run_id IS NOT NULL) AND (finished_at IS NULL));

-- Name: runs_default_customer_id_parent_run_id_idx; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_default_customer_id_parent_run_id_idx ON mb.runs_default USING btree (customer_id, parent_run_id) WHERE (parent_run_id IS NOT NULL);

-- Name: runs_default_deployment_id_run_id_idx; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_default_deployment_id_run_id_idx ON mb.runs_default USING btree (deployment_id, run_id);

-- Name: runs_owned; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_owned ON ONLY mb.runs USING btree (fence) WHERE (fence IS NOT NULL);

-- Name: runs_default_fence_idx; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_default_fence_idx ON mb.runs_default USING btree (fence) WHERE (fence IS NOT NULL);

-- Name: runs_open; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_open ON ONLY mb.runs USING btree (wake_at) WHERE (((status)::text = ANY (ARRAY['queued'::text, 'waiting'::text])) AND (fence IS NULL));

-- Name: runs_default_wake_at_idx; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX runs_default_wake_at_idx ON mb.runs_default USING btree (wake_at) WHERE (((status)::text = ANY (ARRAY['queued'::text, 'waiting'::text])) AND (fence IS NULL));

-- Name: trigger_firings_latest; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX trigger_firings_latest ON mb.trigger_firings USING btree (customer_id, trigger_id, run_id);

-- Name: trigger_firings_old; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX trigger_firings_old ON mb.trigger_firings USING btree (fired_at);

-- Name: triggers_by_id; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE UNIQUE INDEX triggers_by_id ON mb.triggers USING btree (trigger_id);

-- Name: triggers_due; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX triggers_due ON mb.triggers USING btree (next_at NULLS FIRST) WHERE (is_enabled AND ((kind)::text = 'cron'::text));

-- Name: workflow_versions_by_package; Type: INDEX; Schema: mb; Owner: moonbase_owner

CREATE INDEX workflow_versions_by_package ON mb.workflow_versions USING btree (customer_id, package_id);

-- Name: runs_default_customer_id_idx; Type: INDEX ATTACH; Schema: mb; Owner: moonbase_owner

ALTER INDEX mb.runs_children_open ATTACH PARTITION mb.runs_default_customer_id_idx;

-- Name: runs_default_customer_id_parent_run_id_idx; Type: INDEX ATTACH; Schema: mb; Owner: moonbase_owner

ALTER INDEX mb.runs_by_parent ATTACH PARTITION mb.runs_default_customer_id_parent_run_id_idx;

-- Name: runs_default_deployment_id_run_id_idx; Type: INDEX ATTACH; Schema: mb; Owner: moonbase_owner

ALTER INDEX mb.runs_by_deployment ATTACH PARTITION mb.runs_default_deployment_id_run_id_idx;

-- Name: runs_default_fence_idx; Type: INDEX ATTACH; Schema: mb; Owner: moonbase_owner

ALTER INDEX mb.runs_owned ATTACH PARTITION mb.runs_default_fence_idx;

-- Name: runs_default_pkey; Type: INDEX ATTACH; Schema: mb; Owner: moonbase_owner

ALTER INDEX mb.runs_pkey ATTACH PARTITION mb.runs_default_pkey;

-- Name: runs_default_wake_at_idx; Type: INDEX ATTACH; Schema: mb; Owner: moonbase_owner

ALTER INDEX mb.runs_open ATTACH PARTITION mb.runs_default_wake_at_idx;

-- Name: steps_default_pkey; Type: INDEX ATTACH; Schema: mb; Owner: moonbase_owner

ALTER INDEX mb.steps_pkey ATTACH PARTITION mb.steps_default_pkey;

-- Name: deployments count_config; Type: TRIGGER; Schema: mb; Owner: moonbase_owner

CREATE TRIGGER count_config BEFORE UPDATE ON mb.deployments FOR EACH ROW EXECUTE FUNCTION mb.count_config();

-- Name: deployments keep_config; Type: TRIGGER; Schema: mb; Owner: moonbase_owner

CREATE TRIGGER keep_config AFTER INSERT OR UPDATE ON mb.deployments FOR EACH ROW EXECUTE FUNCTION mb.keep_config();

-- Name: deployments stop_triggers; Type: TRIGGER; Schema: mb; Owner: moonbase_owner

CREATE TRIGGER stop_triggers AFTER UPDATE OF deleted_at ON mb.deployments FOR EACH ROW WHEN (((old.deleted_at IS NULL) AND (new.deleted_at IS NOT NULL))) EXECUTE FUNCTION mb.stop_triggers();

-- Name: api_keys tell_changed; Type: TRIGGER; Schema: mb; Owner: moonbase_owner

CREATE TRIGGER tell_changed AFTER DELETE OR UPDATE OF revoked_at, scopes, roles ON mb.api_keys FOR EACH ROW EXECUTE FUNCTION mb.tell_changed('key', 'key_id');

-- Name: customers tell_changed; Type: TRIGGER; Schema: mb; Owner: moonbase_owner

CREATE TRIGGER tell_changed AFTER DELETE OR UPDATE ON mb.customers FOR EACH ROW EXECUTE FUNCTION mb.tell_changed('customer', 'customer_id');

-- Name: deployments tell_changed; Type: TRIGGER; Schema: mb; Owner: moonbase_owner

CREATE TRIGGER tell_changed AFTER DELETE OR UPDATE ON mb.deployments FOR EACH ROW EXECUTE FUNCTION mb.tell_changed('deployment', 'deployment_id');

-- Name: secrets tell_changed; Type: TRIGGER; Schema: mb; Owner: moonbase_owner

CREATE TRIGGER tell_changed AFTER INSERT OR DELETE OR UPDATE ON mb.secrets FOR EACH ROW EXECUTE FUNCTION mb.tell_changed('customer', 'customer_id');

-- Name: triggers tell_trigger; Type: TRIGGER; Schema: mb; Owner: moonbase_owner

CREATE TRIGGER tell_trigger AFTER INSERT OR UPDATE OF next_at, is_enabled ON mb.triggers FOR EACH ROW EXECUTE FUNCTION mb.tell_trigger();

-- Name: api_keys api_keys_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.api_keys
    ADD CONSTRAINT api_keys_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: balance_leases balance_leases_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.balance_leases
    ADD CONSTRAINT balance_leases_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: balance_leases balance_leases_fence_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.balance_leases
    ADD CONSTRAINT balance_leases_fence_fkey FOREIGN KEY (fence) REFERENCES mb.cores(fence);

-- Name: balances balances_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.balances
    ADD CONSTRAINT balances_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: credits credits_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.credits
    ADD CONSTRAINT credits_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: deployment_configs deployment_configs_customer_id_deployment_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.deployment_configs
    ADD CONSTRAINT deployment_configs_customer_id_deployment_id_fkey FOREIGN KEY (customer_id, deployment_id) REFERENCES mb.deployments(customer_id, deployment_id);

-- Name: deployments deployments_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.deployments
    ADD CONSTRAINT deployments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: deployments deployments_package_owner_package_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.deployments
    ADD CONSTRAINT deployments_package_owner_package_id_fkey FOREIGN KEY (package_owner, package_id) REFERENCES mb.packages(customer_id, package_id);

-- Name: documents documents_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.documents
    ADD CONSTRAINT documents_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: files files_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.files
    ADD CONSTRAINT files_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: idempotency_keys idempotency_keys_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.idempotency_keys
    ADD CONSTRAINT idempotency_keys_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: kv kv_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.kv
    ADD CONSTRAINT kv_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: packages packages_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.packages
    ADD CONSTRAINT packages_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: secrets secrets_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.secrets
    ADD CONSTRAINT secrets_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: storage storage_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.storage
    ADD CONSTRAINT storage_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: trigger_firings trigger_firings_customer_id_trigger_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.trigger_firings
    ADD CONSTRAINT trigger_firings_customer_id_trigger_id_fkey FOREIGN KEY (customer_id, trigger_id) REFERENCES mb.triggers(customer_id, trigger_id) ON DELETE CASCADE;

-- Name: triggers triggers_customer_id_deployment_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.triggers
    ADD CONSTRAINT triggers_customer_id_deployment_id_fkey FOREIGN KEY (customer_id, deployment_id) REFERENCES mb.deployments(customer_id, deployment_id);

-- Name: usage_hourly usage_hourly_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.usage_hourly
    ADD CONSTRAINT usage_hourly_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: workflow_versions workflow_versions_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.workflow_versions
    ADD CONSTRAINT workflow_versions_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: workflow_versions workflow_versions_customer_id_package_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.workflow_versions
    ADD CONSTRAINT workflow_versions_customer_id_package_id_fkey FOREIGN KEY (customer_id, package_id) REFERENCES mb.packages(customer_id, package_id);

-- Name: workflow_versions workflow_versions_customer_id_workflow_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.workflow_versions
    ADD CONSTRAINT workflow_versions_customer_id_workflow_id_fkey FOREIGN KEY (customer_id, workflow_id) REFERENCES mb.workflows(customer_id, workflow_id);

-- Name: workflows workflows_customer_id_fkey; Type: FK CONSTRAINT; Schema: mb; Owner: moonbase_owner

ALTER TABLE ONLY mb.workflows
    ADD CONSTRAINT workflows_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES mb.customers(customer_id);

-- Name: api_keys; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.api_keys ENABLE ROW LEVEL SECURITY;

-- Name: approvals; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.approvals ENABLE ROW LEVEL SECURITY;

-- Name: balance_leases; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.balance_leases ENABLE ROW LEVEL SECURITY;

-- Name: balances; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.balances ENABLE ROW LEVEL SECURITY;

-- Name: credits; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.credits ENABLE ROW LEVEL SECURITY;

-- Name: customers; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.customers ENABLE ROW LEVEL SECURITY;

-- Name: deployment_configs; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.deployment_configs ENABLE ROW LEVEL SECURITY;

-- Name: deployments; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.deployments ENABLE ROW LEVEL SECURITY;

-- Name: documents; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.documents ENABLE ROW LEVEL SECURITY;

-- Name: api_keys engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.api_keys TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: approvals engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.approvals TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: balance_leases engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.balance_leases TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: balances engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.balances TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: credits engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.credits TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: customers engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.customers TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: deployment_configs engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.deployment_configs TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: deployments engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.deployments TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: documents engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.documents TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: files engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.files TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: idempotency_keys engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.idempotency_keys TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: kv engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.kv TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: packages engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.packages TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: runs engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.runs TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: runs_default engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.runs_default TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: secrets engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.secrets TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: steps engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.steps TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: steps_default engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.steps_default TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: storage engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.storage TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: trigger_firings engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.trigger_firings TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: triggers engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.triggers TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: usage_hourly engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.usage_hourly TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: workflow_versions engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.workflow_versions TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: workflows engine; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY engine ON mb.workflows TO moonbase_engine USING (true) WITH CHECK (true);

-- Name: files; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.files ENABLE ROW LEVEL SECURITY;

-- Name: idempotency_keys; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.idempotency_keys ENABLE ROW LEVEL SECURITY;

-- Name: kv; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.kv ENABLE ROW LEVEL SECURITY;

-- Name: packages; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.packages ENABLE ROW LEVEL SECURITY;

-- Name: packages platform; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY platform ON mb.packages FOR SELECT TO moonbase_core USING ((customer_id = '00000000-0000-0000-0000-000000000000'::uuid));

-- Name: runs; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.runs ENABLE ROW LEVEL SECURITY;

-- Name: runs_default; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.runs_default ENABLE ROW LEVEL SECURITY;

-- Name: secrets; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.secrets ENABLE ROW LEVEL SECURITY;

-- Name: steps; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.steps ENABLE ROW LEVEL SECURITY;

-- Name: steps_default; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.steps_default ENABLE ROW LEVEL SECURITY;

-- Name: storage; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.storage ENABLE ROW LEVEL SECURITY;

-- Name: api_keys tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.api_keys TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: approvals tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.approvals TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: balance_leases tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.balance_leases TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: balances tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.balances TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: credits tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.credits TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: customers tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.customers TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: deployment_configs tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.deployment_configs TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: deployments tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.deployments TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: documents tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.documents TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: files tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.files TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: idempotency_keys tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.idempotency_keys TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: kv tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.kv TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: packages tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.packages TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: runs tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.runs TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: runs_default tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.runs_default TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: secrets tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.secrets TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: steps tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.steps TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: steps_default tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.steps_default TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: storage tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.storage TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: trigger_firings tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.trigger_firings TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: triggers tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.triggers TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: usage_hourly tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.usage_hourly TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: workflow_versions tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.workflow_versions TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: workflows tenant; Type: POLICY; Schema: mb; Owner: moonbase_owner

CREATE POLICY tenant ON mb.workflows TO moonbase_owner, moonbase_core USING ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('mb.customer_id'::text, true), ''::text))::uuid));

-- Name: trigger_firings; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.trigger_firings ENABLE ROW LEVEL SECURITY;

-- Name: triggers; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.triggers ENABLE ROW LEVEL SECURITY;

-- Name: usage_hourly; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.usage_hourly ENABLE ROW LEVEL SECURITY;

-- Name: workflow_versions; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.workflow_versions ENABLE ROW LEVEL SECURITY;

-- Name: workflows; Type: ROW SECURITY; Schema: mb; Owner: moonbase_owner

ALTER TABLE mb.workflows ENABLE ROW LEVEL SECURITY;

-- Name: SCHEMA api; Type: ACL; Schema: -; Owner: moonbase_owner

GRANT ALL ON SCHEMA api TO moonbase_engine;
GRANT USAGE ON SCHEMA api TO moonbase_core;

-- Name: SCHEMA engine; Type: ACL; Schema: -; Owner: moonbase_owner

GRANT ALL ON SCHEMA engine TO moonbase_engine;
GRANT USAGE ON SCHEMA engine TO moonbase_core;

-- Name: SCHEMA mb; Type: ACL; Schema: -; Owner: moonbase_owner

GRANT USAGE ON SCHEMA mb TO moonbase_engine;
GRANT USAGE ON SCHEMA mb TO moonbase_core;

-- Name: FUNCTION agents_check(customer uuid, agents json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.agents_check(customer uuid, agents json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.agents_check(customer uuid, agents json) TO moonbase_core;
GRANT ALL ON FUNCTION api.agents_check(customer uuid, agents json) TO moonbase_engine;

-- Name: FUNCTION approval_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.approval_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.approval_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.approval_get(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE approvals; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.approvals TO moonbase_engine;
GRANT SELECT ON TABLE mb.approvals TO moonbase_core;

-- Name: FUNCTION approval_is_for(approval mb.approvals, roles text[]); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.approval_is_for(approval mb.approvals, roles text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION api.approval_is_for(approval mb.approvals, roles text[]) TO moonbase_core;
GRANT ALL ON FUNCTION api.approval_is_for(approval mb.approvals, roles text[]) TO moonbase_engine;

-- Name: FUNCTION approval_is_open(approval mb.approvals); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.approval_is_open(approval mb.approvals) FROM PUBLIC;
GRANT ALL ON FUNCTION api.approval_is_open(approval mb.approvals) TO moonbase_core;
GRANT ALL ON FUNCTION api.approval_is_open(approval mb.approvals) TO moonbase_engine;

-- Name: FUNCTION approvals_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.approvals_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.approvals_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.approvals_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION balance_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.balance_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.balance_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.balance_get(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION begin_as(customer uuid); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.begin_as(customer uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION api.begin_as(customer uuid) TO moonbase_core;
GRANT ALL ON FUNCTION api.begin_as(customer uuid) TO moonbase_engine;

-- Name: FUNCTION collections_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.collections_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.collections_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.collections_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION cursor_id(params json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.cursor_id(params json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.cursor_id(params json) TO moonbase_core;
GRANT ALL ON FUNCTION api.cursor_id(params json) TO moonbase_engine;

-- Name: FUNCTION cursor_pack(VARIADIC parts text[]); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.cursor_pack(VARIADIC parts text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION api.cursor_pack(VARIADIC parts text[]) TO moonbase_core;
GRANT ALL ON FUNCTION api.cursor_pack(VARIADIC parts text[]) TO moonbase_engine;

-- Name: FUNCTION cursor_unpack(params json, n integer); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.cursor_unpack(params json, n integer) FROM PUBLIC;
GRANT ALL ON FUNCTION api.cursor_unpack(params json, n integer) TO moonbase_core;
GRANT ALL ON FUNCTION api.cursor_unpack(params json, n integer) TO moonbase_engine;

-- Name: FUNCTION deployable_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.deployable_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.deployable_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.deployable_get(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION deployment_create(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.deployment_create(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.deployment_create(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.deployment_create(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION deployment_delete(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.deployment_delete(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.deployment_delete(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.deployment_delete(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION deployment_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.deployment_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.deployment_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.deployment_get(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE deployments; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.deployments TO moonbase_engine;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.deployments TO moonbase_core;

-- Name: FUNCTION deployment_json(deployment mb.deployments); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.deployment_json(deployment mb.deployments) FROM PUBLIC;
GRANT ALL ON FUNCTION api.deployment_json(deployment mb.deployments) TO moonbase_core;
GRANT ALL ON FUNCTION api.deployment_json(deployment mb.deployments) TO moonbase_engine;

-- Name: FUNCTION deployments_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.deployments_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.deployments_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.deployments_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION document_delete(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.document_delete(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.document_delete(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.document_delete(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION document_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.document_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.document_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.document_get(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE documents; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.documents TO moonbase_engine;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.documents TO moonbase_core;

-- Name: FUNCTION document_json(document mb.documents); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.document_json(document mb.documents) FROM PUBLIC;
GRANT ALL ON FUNCTION api.document_json(document mb.documents) TO moonbase_core;
GRANT ALL ON FUNCTION api.document_json(document mb.documents) TO moonbase_engine;

-- Name: FUNCTION documents_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.documents_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.documents_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.documents_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION documents_search(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.documents_search(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.documents_search(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.documents_search(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION documents_write(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.documents_write(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.documents_write(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.documents_write(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION fail(status integer, code text, message text, pointer text); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.fail(status integer, code text, message text, pointer text) FROM PUBLIC;
GRANT ALL ON FUNCTION api.fail(status integer, code text, message text, pointer text) TO moonbase_core;
GRANT ALL ON FUNCTION api.fail(status integer, code text, message text, pointer text) TO moonbase_engine;

-- Name: FUNCTION fork_wrong(customer uuid, run uuid, step integer, is_given boolean, key uuid); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.fork_wrong(customer uuid, run uuid, step integer, is_given boolean, key uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION api.fork_wrong(customer uuid, run uuid, step integer, is_given boolean, key uuid) TO moonbase_core;
GRANT ALL ON FUNCTION api.fork_wrong(customer uuid, run uuid, step integer, is_given boolean, key uuid) TO moonbase_engine;

-- Name: FUNCTION history_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.history_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.history_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.history_list(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE steps; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.steps TO moonbase_engine;
GRANT SELECT ON TABLE mb.steps TO moonbase_core;

-- Name: FUNCTION history_step_json(step mb.steps); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.history_step_json(step mb.steps) FROM PUBLIC;
GRANT ALL ON FUNCTION api.history_step_json(step mb.steps) TO moonbase_core;
GRANT ALL ON FUNCTION api.history_step_json(step mb.steps) TO moonbase_engine;

-- Name: FUNCTION json_with(object json, name text, value json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.json_with(object json, name text, value json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.json_with(object json, name text, value json) TO moonbase_core;
GRANT ALL ON FUNCTION api.json_with(object json, name text, value json) TO moonbase_engine;

-- Name: FUNCTION key_create(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.key_create(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.key_create(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.key_create(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION key_revoke(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.key_revoke(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.key_revoke(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.key_revoke(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION key_roles(customer uuid, key uuid); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.key_roles(customer uuid, key uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION api.key_roles(customer uuid, key uuid) TO moonbase_core;
GRANT ALL ON FUNCTION api.key_roles(customer uuid, key uuid) TO moonbase_engine;

-- Name: FUNCTION keys_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.keys_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.keys_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.keys_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION once(customer uuid, operation text, key text, request_sha256 bytea, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.once(customer uuid, operation text, key text, request_sha256 bytea, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.once(customer uuid, operation text, key text, request_sha256 bytea, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.once(customer uuid, operation text, key text, request_sha256 bytea, request json) TO moonbase_engine;

-- Name: FUNCTION package_create(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.package_create(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.package_create(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.package_create(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION package_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.package_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.package_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.package_get(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE packages; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.packages TO moonbase_engine;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.packages TO moonbase_core;

-- Name: FUNCTION package_json(package mb.packages); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.package_json(package mb.packages) FROM PUBLIC;
GRANT ALL ON FUNCTION api.package_json(package mb.packages) TO moonbase_core;
GRANT ALL ON FUNCTION api.package_json(package mb.packages) TO moonbase_engine;

-- Name: FUNCTION package_source_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.package_source_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.package_source_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.package_source_get(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION packages_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.packages_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.packages_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.packages_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION page(items json[], cursors text[], size integer); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.page(items json[], cursors text[], size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION api.page(items json[], cursors text[], size integer) TO moonbase_core;
GRANT ALL ON FUNCTION api.page(items json[], cursors text[], size integer) TO moonbase_engine;

-- Name: FUNCTION run_approve(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.run_approve(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.run_approve(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.run_approve(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION run_cancel(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.run_cancel(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.run_cancel(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.run_cancel(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION run_decide(customer uuid, params json, decision json, by_ text); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.run_decide(customer uuid, params json, decision json, by_ text) FROM PUBLIC;
GRANT ALL ON FUNCTION api.run_decide(customer uuid, params json, decision json, by_ text) TO moonbase_core;
GRANT ALL ON FUNCTION api.run_decide(customer uuid, params json, decision json, by_ text) TO moonbase_engine;

-- Name: FUNCTION run_events(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.run_events(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.run_events(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.run_events(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE runs; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.runs TO moonbase_engine;
GRANT SELECT ON TABLE mb.runs TO moonbase_core;

-- Name: FUNCTION run_find(customer uuid, params json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.run_find(customer uuid, params json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.run_find(customer uuid, params json) TO moonbase_core;
GRANT ALL ON FUNCTION api.run_find(customer uuid, params json) TO moonbase_engine;

-- Name: FUNCTION run_fork(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.run_fork(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.run_fork(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.run_fork(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION run_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.run_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.run_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.run_get(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION run_json(run mb.runs); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.run_json(run mb.runs) FROM PUBLIC;
GRANT ALL ON FUNCTION api.run_json(run mb.runs) TO moonbase_core;
GRANT ALL ON FUNCTION api.run_json(run mb.runs) TO moonbase_engine;

-- Name: FUNCTION run_pins_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.run_pins_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.run_pins_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.run_pins_get(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION runs_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.runs_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.runs_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.runs_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION secret_create(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.secret_create(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.secret_create(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.secret_create(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION secret_delete(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.secret_delete(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.secret_delete(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.secret_delete(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE secrets; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.secrets TO moonbase_engine;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.secrets TO moonbase_core;

-- Name: FUNCTION secret_json(secret mb.secrets); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.secret_json(secret mb.secrets) FROM PUBLIC;
GRANT ALL ON FUNCTION api.secret_json(secret mb.secrets) TO moonbase_core;
GRANT ALL ON FUNCTION api.secret_json(secret mb.secrets) TO moonbase_engine;

-- Name: FUNCTION secret_put(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.secret_put(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.secret_put(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.secret_put(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION secrets_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.secrets_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.secrets_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.secrets_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION show_id(prefix text, id uuid); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.show_id(prefix text, id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION api.show_id(prefix text, id uuid) TO moonbase_core;
GRANT ALL ON FUNCTION api.show_id(prefix text, id uuid) TO moonbase_engine;

-- Name: FUNCTION show_time(at timestamp with time zone); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.show_time(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION api.show_time(at timestamp with time zone) TO moonbase_core;
GRANT ALL ON FUNCTION api.show_time(at timestamp with time zone) TO moonbase_engine;

-- Name: FUNCTION step_is_question(customer uuid, run uuid, step integer); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.step_is_question(customer uuid, run uuid, step integer) FROM PUBLIC;
GRANT ALL ON FUNCTION api.step_is_question(customer uuid, run uuid, step integer) TO moonbase_core;
GRANT ALL ON FUNCTION api.step_is_question(customer uuid, run uuid, step integer) TO moonbase_engine;

-- Name: FUNCTION step_json(step mb.steps); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.step_json(step mb.steps) FROM PUBLIC;
GRANT ALL ON FUNCTION api.step_json(step mb.steps) TO moonbase_core;
GRANT ALL ON FUNCTION api.step_json(step mb.steps) TO moonbase_engine;

-- Name: FUNCTION step_settle(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.step_settle(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.step_settle(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.step_settle(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION steps_fit(customer uuid, run uuid, after integer, kinds smallint[], size integer); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.steps_fit(customer uuid, run uuid, after integer, kinds smallint[], size integer) FROM PUBLIC;
GRANT ALL ON FUNCTION api.steps_fit(customer uuid, run uuid, after integer, kinds smallint[], size integer) TO moonbase_core;
GRANT ALL ON FUNCTION api.steps_fit(customer uuid, run uuid, after integer, kinds smallint[], size integer) TO moonbase_engine;

-- Name: FUNCTION steps_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.steps_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.steps_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.steps_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION time_param(params json, name text); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.time_param(params json, name text) FROM PUBLIC;
GRANT ALL ON FUNCTION api.time_param(params json, name text) TO moonbase_core;
GRANT ALL ON FUNCTION api.time_param(params json, name text) TO moonbase_engine;

-- Name: FUNCTION trigger_create(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.trigger_create(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.trigger_create(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.trigger_create(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION trigger_delete(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.trigger_delete(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.trigger_delete(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.trigger_delete(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE triggers; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.triggers TO moonbase_engine;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.triggers TO moonbase_core;

-- Name: FUNCTION trigger_find(customer uuid, params json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.trigger_find(customer uuid, params json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.trigger_find(customer uuid, params json) TO moonbase_core;
GRANT ALL ON FUNCTION api.trigger_find(customer uuid, params json) TO moonbase_engine;

-- Name: FUNCTION trigger_firings_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.trigger_firings_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.trigger_firings_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.trigger_firings_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION trigger_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.trigger_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.trigger_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.trigger_get(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION trigger_json(trigger_ mb.triggers); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.trigger_json(trigger_ mb.triggers) FROM PUBLIC;
GRANT ALL ON FUNCTION api.trigger_json(trigger_ mb.triggers) TO moonbase_core;
GRANT ALL ON FUNCTION api.trigger_json(trigger_ mb.triggers) TO moonbase_engine;

-- Name: FUNCTION trigger_update(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.trigger_update(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.trigger_update(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.trigger_update(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION triggers_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.triggers_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.triggers_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.triggers_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION usage_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.usage_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.usage_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.usage_get(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE workflows; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.workflows TO moonbase_engine;
GRANT SELECT,INSERT,UPDATE ON TABLE mb.workflows TO moonbase_core;

-- Name: FUNCTION workflow_answer(status integer, workflow mb.workflows); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_answer(status integer, workflow mb.workflows) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_answer(status integer, workflow mb.workflows) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_answer(status integer, workflow mb.workflows) TO moonbase_engine;

-- Name: FUNCTION workflow_change(customer uuid, wanted uuid, based_on integer, document_ json, caller json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_change(customer uuid, wanted uuid, based_on integer, document_ json, caller json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_change(customer uuid, wanted uuid, based_on integer, document_ json, caller json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_change(customer uuid, wanted uuid, based_on integer, document_ json, caller json) TO moonbase_engine;

-- Name: FUNCTION workflow_create(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_create(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_create(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_create(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION workflow_delete(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_delete(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_delete(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_delete(customer uuid, request json) TO moonbase_engine;

-- Name: TABLE workflow_versions; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.workflow_versions TO moonbase_engine;
GRANT SELECT,INSERT ON TABLE mb.workflow_versions TO moonbase_core;

-- Name: FUNCTION workflow_deploy(customer uuid, version_ mb.workflow_versions, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_deploy(customer uuid, version_ mb.workflow_versions, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_deploy(customer uuid, version_ mb.workflow_versions, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_deploy(customer uuid, version_ mb.workflow_versions, request json) TO moonbase_engine;

-- Name: FUNCTION workflow_find(customer uuid, wanted uuid, lock boolean); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_find(customer uuid, wanted uuid, lock boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_find(customer uuid, wanted uuid, lock boolean) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_find(customer uuid, wanted uuid, lock boolean) TO moonbase_engine;

-- Name: FUNCTION workflow_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_get(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION workflow_hooks(customer uuid, deployment uuid, document json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_hooks(customer uuid, deployment uuid, document json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_hooks(customer uuid, deployment uuid, document json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_hooks(customer uuid, deployment uuid, document json) TO moonbase_engine;

-- Name: FUNCTION workflow_hooks_put(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_hooks_put(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_hooks_put(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_hooks_put(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION workflow_json(workflow mb.workflows); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_json(workflow mb.workflows) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_json(workflow mb.workflows) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_json(workflow mb.workflows) TO moonbase_engine;

-- Name: FUNCTION workflow_publish(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_publish(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_publish(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_publish(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION workflow_put(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_put(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_put(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_put(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION workflow_restore(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_restore(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_restore(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_restore(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION workflow_source_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_source_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_source_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_source_get(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION workflow_triggers(document json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_triggers(document json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_triggers(document json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_triggers(document json) TO moonbase_engine;

-- Name: FUNCTION workflow_version_find(customer uuid, wanted uuid, number integer, place text); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_version_find(customer uuid, wanted uuid, number integer, place text) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_version_find(customer uuid, wanted uuid, number integer, place text) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_version_find(customer uuid, wanted uuid, number integer, place text) TO moonbase_engine;

-- Name: FUNCTION workflow_version_get(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_version_get(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_version_get(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_version_get(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION workflow_version_json(version mb.workflow_versions); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_version_json(version mb.workflow_versions) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_version_json(version mb.workflow_versions) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_version_json(version mb.workflow_versions) TO moonbase_engine;

-- Name: FUNCTION workflow_versions_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflow_versions_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflow_versions_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflow_versions_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION workflows_known(customer uuid, document json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflows_known(customer uuid, document json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflows_known(customer uuid, document json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflows_known(customer uuid, document json) TO moonbase_engine;

-- Name: FUNCTION workflows_list(customer uuid, request json); Type: ACL; Schema: api; Owner: moonbase_owner

REVOKE ALL ON FUNCTION api.workflows_list(customer uuid, request json) FROM PUBLIC;
GRANT ALL ON FUNCTION api.workflows_list(customer uuid, request json) TO moonbase_core;
GRANT ALL ON FUNCTION api.workflows_list(customer uuid, request json) TO moonbase_engine;

-- Name: FUNCTION add_approvals(approvals json); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.add_approvals(approvals json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.add_approvals(approvals json) TO moonbase_core;

-- Name: FUNCTION add_storage(p_customer uuid, p_bytes bigint); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.add_storage(p_customer uuid, p_bytes bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.add_storage(p_customer uuid, p_bytes bigint) TO moonbase_core;
GRANT ALL ON FUNCTION engine.add_storage(p_customer uuid, p_bytes bigint) TO moonbase_engine;

-- Name: FUNCTION audit(); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.audit() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.audit() TO moonbase_core;

-- Name: FUNCTION auth(p_key_sha256 bytea); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.auth(p_key_sha256 bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.auth(p_key_sha256 bytea) TO moonbase_core;

-- Name: FUNCTION bury(p_fence bigint); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.bury(p_fence bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.bury(p_fence bigint) TO moonbase_core;

-- Name: FUNCTION cancel(p_customer uuid, p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.cancel(p_customer uuid, p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.cancel(p_customer uuid, p_run uuid) TO moonbase_core;

-- Name: FUNCTION cancel_children(p_customer uuid, p_run uuid, p_status text); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.cancel_children(p_customer uuid, p_run uuid, p_status text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.cancel_children(p_customer uuid, p_run uuid, p_status text) TO moonbase_core;

-- Name: FUNCTION cancels(p_fence bigint); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.cancels(p_fence bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.cancels(p_fence bigint) TO moonbase_core;

-- Name: FUNCTION change_customer(p_customer uuid, p_limits json, p_disabled boolean); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.change_customer(p_customer uuid, p_limits json, p_disabled boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.change_customer(p_customer uuid, p_limits json, p_disabled boolean) TO moonbase_core;

-- Name: FUNCTION child_claim(p_customer uuid, p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.child_claim(p_customer uuid, p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.child_claim(p_customer uuid, p_run uuid) TO moonbase_core;

-- Name: FUNCTION child_cost(p_customer uuid, p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.child_cost(p_customer uuid, p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.child_cost(p_customer uuid, p_run uuid) TO moonbase_core;

-- Name: FUNCTION child_plan(p_customer uuid, p_parent uuid, p_deployment uuid, p_name text); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.child_plan(p_customer uuid, p_parent uuid, p_deployment uuid, p_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.child_plan(p_customer uuid, p_parent uuid, p_deployment uuid, p_name text) TO moonbase_core;

-- Name: FUNCTION child_state(p_customer uuid, p_parent uuid, p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.child_state(p_customer uuid, p_parent uuid, p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.child_state(p_customer uuid, p_parent uuid, p_run uuid) TO moonbase_core;

-- Name: FUNCTION claim(p_fence bigint, max_runs integer); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.claim(p_fence bigint, max_runs integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.claim(p_fence bigint, max_runs integer) TO moonbase_core;

-- Name: FUNCTION core_beat(p_fence bigint); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.core_beat(p_fence bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.core_beat(p_fence bigint) TO moonbase_core;

-- Name: FUNCTION core_start(p_node text, p_worker integer); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.core_start(p_node text, p_worker integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.core_start(p_node text, p_worker integer) TO moonbase_core;

-- Name: FUNCTION core_stop(p_fence bigint); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.core_stop(p_fence bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.core_stop(p_fence bigint) TO moonbase_core;

-- Name: FUNCTION create_customer(p_name text, p_limits json, p_micros bigint); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.create_customer(p_name text, p_limits json, p_micros bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.create_customer(p_name text, p_limits json, p_micros bigint) TO moonbase_core;

-- Name: FUNCTION decide(p_customer uuid, p_run uuid, p_seq integer, p_decision json, p_by text); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.decide(p_customer uuid, p_run uuid, p_seq integer, p_decision json, p_by text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.decide(p_customer uuid, p_run uuid, p_seq integer, p_decision json, p_by text) TO moonbase_core;

-- Name: FUNCTION decisions(p_customer uuid, p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.decisions(p_customer uuid, p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.decisions(p_customer uuid, p_run uuid) TO moonbase_core;

-- Name: FUNCTION deployed_run(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_config_revision integer); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.deployed_run(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_config_revision integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.deployed_run(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_config_revision integer) TO moonbase_core;

-- Name: FUNCTION deployment(p_customer uuid, p_deployment uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.deployment(p_customer uuid, p_deployment uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.deployment(p_customer uuid, p_deployment uuid) TO moonbase_core;

-- Name: FUNCTION ended_runs(p_customer uuid, p_deployment uuid, statuses text[], since timestamp with time zone, max_runs integer, scan_max integer); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.ended_runs(p_customer uuid, p_deployment uuid, statuses text[], since timestamp with time zone, max_runs integer, scan_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.ended_runs(p_customer uuid, p_deployment uuid, statuses text[], since timestamp with time zone, max_runs integer, scan_max integer) TO moonbase_core;

-- Name: FUNCTION ensure_partitions(); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.ensure_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.ensure_partitions() TO moonbase_core;
GRANT ALL ON FUNCTION engine.ensure_partitions() TO moonbase_engine;

-- Name: FUNCTION file_list(p_customer uuid, p_deployment uuid, args json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.file_list(p_customer uuid, p_deployment uuid, args json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.file_list(p_customer uuid, p_deployment uuid, args json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.file_list(p_customer uuid, p_deployment uuid, args json) TO moonbase_engine;

-- Name: FUNCTION file_read(p_customer uuid, p_deployment uuid, args json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.file_read(p_customer uuid, p_deployment uuid, args json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.file_read(p_customer uuid, p_deployment uuid, args json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.file_read(p_customer uuid, p_deployment uuid, args json) TO moonbase_engine;

-- Name: FUNCTION file_write(p_customer uuid, p_deployment uuid, args json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.file_write(p_customer uuid, p_deployment uuid, args json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.file_write(p_customer uuid, p_deployment uuid, args json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.file_write(p_customer uuid, p_deployment uuid, args json) TO moonbase_engine;

-- Name: FUNCTION find_deployment(p_deployment uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.find_deployment(p_deployment uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.find_deployment(p_deployment uuid) TO moonbase_core;

-- Name: FUNCTION find_documents(p_customer uuid, p_collection text, p_words tsquery, p_filter jsonb, p_limit integer); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.find_documents(p_customer uuid, p_collection text, p_words tsquery, p_filter jsonb, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.find_documents(p_customer uuid, p_collection text, p_words tsquery, p_filter jsonb, p_limit integer) TO moonbase_core;

-- Name: FUNCTION find_package(p_customer uuid, p_package text, p_version text); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.find_package(p_customer uuid, p_package text, p_version text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.find_package(p_customer uuid, p_package text, p_version text) TO moonbase_core;

-- Name: FUNCTION find_run(p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.find_run(p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.find_run(p_run uuid) TO moonbase_core;

-- Name: FUNCTION fire_trigger(p_customer uuid, p_trigger uuid, p_key text, p_scheduled timestamp with time zone, p_expected timestamp with time zone, p_next timestamp with time zone, p_run uuid, p_package_owner uuid, p_package uuid, p_config_revision integer, p_input text, p_limits text, p_seed bytea); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.fire_trigger(p_customer uuid, p_trigger uuid, p_key text, p_scheduled timestamp with time zone, p_expected timestamp with time zone, p_next timestamp with time zone, p_run uuid, p_package_owner uuid, p_package uuid, p_config_revision integer, p_input text, p_limits text, p_seed bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.fire_trigger(p_customer uuid, p_trigger uuid, p_key text, p_scheduled timestamp with time zone, p_expected timestamp with time zone, p_next timestamp with time zone, p_run uuid, p_package_owner uuid, p_package uuid, p_config_revision integer, p_input text, p_limits text, p_seed bytea) TO moonbase_core;

-- Name: FUNCTION fork_run(p_customer uuid, p_run uuid, p_new uuid, p_step integer, p_result text, p_error text, p_input text); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.fork_run(p_customer uuid, p_run uuid, p_new uuid, p_step integer, p_result text, p_error text, p_input text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.fork_run(p_customer uuid, p_run uuid, p_new uuid, p_step integer, p_result text, p_error text, p_input text) TO moonbase_core;

-- Name: FUNCTION hold_core(p_fence bigint); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.hold_core(p_fence bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.hold_core(p_fence bigint) TO moonbase_core;

-- Name: FUNCTION hook(p_trigger uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.hook(p_trigger uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.hook(p_trigger uuid) TO moonbase_core;

-- Name: FUNCTION idempotent(p_fence bigint, p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea, p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.idempotent(p_fence bigint, p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea, p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.idempotent(p_fence bigint, p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea, p_run uuid) TO moonbase_core;

-- Name: FUNCTION idempotent_begin(p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.idempotent_begin(p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.idempotent_begin(p_customer uuid, p_scope text, p_key text, p_request_sha256 bytea) TO moonbase_core;

-- Name: FUNCTION idempotent_done(p_customer uuid, p_scope text, p_key text, p_status integer, p_response json); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.idempotent_done(p_customer uuid, p_scope text, p_key text, p_status integer, p_response json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.idempotent_done(p_customer uuid, p_scope text, p_key text, p_status integer, p_response json) TO moonbase_core;

-- Name: FUNCTION idempotent_drop(p_customer uuid, p_scope text, p_key text, p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.idempotent_drop(p_customer uuid, p_scope text, p_key text, p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.idempotent_drop(p_customer uuid, p_scope text, p_key text, p_run uuid) TO moonbase_core;

-- Name: FUNCTION kv_delete(p_customer uuid, p_deployment uuid, args json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.kv_delete(p_customer uuid, p_deployment uuid, args json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.kv_delete(p_customer uuid, p_deployment uuid, args json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.kv_delete(p_customer uuid, p_deployment uuid, args json) TO moonbase_engine;

-- Name: FUNCTION kv_get(p_customer uuid, p_deployment uuid, args json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.kv_get(p_customer uuid, p_deployment uuid, args json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.kv_get(p_customer uuid, p_deployment uuid, args json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.kv_get(p_customer uuid, p_deployment uuid, args json) TO moonbase_engine;

-- Name: FUNCTION kv_set(p_customer uuid, p_deployment uuid, args json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.kv_set(p_customer uuid, p_deployment uuid, args json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.kv_set(p_customer uuid, p_deployment uuid, args json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.kv_set(p_customer uuid, p_deployment uuid, args json) TO moonbase_engine;

-- Name: FUNCTION lease_balance(p_fence bigint, p_customer uuid, want_micros bigint, min_micros bigint); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.lease_balance(p_fence bigint, p_customer uuid, want_micros bigint, min_micros bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.lease_balance(p_fence bigint, p_customer uuid, want_micros bigint, min_micros bigint) TO moonbase_core;

-- Name: FUNCTION list_customers(); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.list_customers() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.list_customers() TO moonbase_core;

-- Name: FUNCTION load_run(p_customer uuid, p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.load_run(p_customer uuid, p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.load_run(p_customer uuid, p_run uuid) TO moonbase_core;

-- Name: FUNCTION load_steps(p_customer uuid, p_run uuid, with_events boolean); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.load_steps(p_customer uuid, p_run uuid, with_events boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.load_steps(p_customer uuid, p_run uuid, with_events boolean) TO moonbase_core;

-- Name: FUNCTION lock_families(customers uuid[], runs uuid[]); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.lock_families(customers uuid[], runs uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.lock_families(customers uuid[], runs uuid[]) TO moonbase_core;

-- Name: FUNCTION lock_storage(p_customer uuid); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.lock_storage(p_customer uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.lock_storage(p_customer uuid) TO moonbase_core;
GRANT ALL ON FUNCTION engine.lock_storage(p_customer uuid) TO moonbase_engine;

-- Name: FUNCTION look_triggers(max_triggers integer); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.look_triggers(max_triggers integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.look_triggers(max_triggers integer) TO moonbase_core;

-- Name: FUNCTION make_partition(parent text, era timestamp with time zone); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.make_partition(parent text, era timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.make_partition(parent text, era timestamp with time zone) TO moonbase_core;
GRANT ALL ON FUNCTION engine.make_partition(parent text, era timestamp with time zone) TO moonbase_engine;

-- Name: FUNCTION memory_delete(p_customer uuid, p_deployment uuid, args json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.memory_delete(p_customer uuid, p_deployment uuid, args json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.memory_delete(p_customer uuid, p_deployment uuid, args json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.memory_delete(p_customer uuid, p_deployment uuid, args json) TO moonbase_engine;

-- Name: FUNCTION memory_search(p_customer uuid, p_deployment uuid, args json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.memory_search(p_customer uuid, p_deployment uuid, args json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.memory_search(p_customer uuid, p_deployment uuid, args json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.memory_search(p_customer uuid, p_deployment uuid, args json) TO moonbase_engine;

-- Name: FUNCTION memory_upsert(p_customer uuid, p_deployment uuid, args json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.memory_upsert(p_customer uuid, p_deployment uuid, args json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.memory_upsert(p_customer uuid, p_deployment uuid, args json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.memory_upsert(p_customer uuid, p_deployment uuid, args json) TO moonbase_engine;

-- Name: FUNCTION move_trigger(p_customer uuid, p_trigger uuid, p_expected timestamp with time zone, p_next timestamp with time zone, p_error text); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.move_trigger(p_customer uuid, p_trigger uuid, p_expected timestamp with time zone, p_next timestamp with time zone, p_error text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.move_trigger(p_customer uuid, p_trigger uuid, p_expected timestamp with time zone, p_next timestamp with time zone, p_error text) TO moonbase_core;

-- Name: FUNCTION new_id(); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.new_id() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.new_id() TO moonbase_core;
GRANT ALL ON FUNCTION engine.new_id() TO moonbase_engine;

-- Name: FUNCTION package(p_owner uuid, p_package uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.package(p_owner uuid, p_package uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.package(p_owner uuid, p_package uuid) TO moonbase_core;

-- Name: FUNCTION prune(); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.prune() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.prune() TO moonbase_core;

-- Name: FUNCTION prune_firings(); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.prune_firings() FROM PUBLIC;
GRANT ALL ON FUNCTION engine.prune_firings() TO moonbase_core;

-- Name: FUNCTION put_deployment(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_name text, p_config json, p_tools text[], p_limits json, p_budget_micros bigint); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.put_deployment(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_name text, p_config json, p_tools text[], p_limits json, p_budget_micros bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.put_deployment(p_customer uuid, p_deployment uuid, p_package_owner uuid, p_package uuid, p_name text, p_config json, p_tools text[], p_limits json, p_budget_micros bigint) TO moonbase_core;

-- Name: FUNCTION put_key(p_customer uuid, p_key uuid, p_name text, p_key_sha256 bytea, p_prefix text, p_scopes text[]); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.put_key(p_customer uuid, p_key uuid, p_name text, p_key_sha256 bytea, p_prefix text, p_scopes text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.put_key(p_customer uuid, p_key uuid, p_name text, p_key_sha256 bytea, p_prefix text, p_scopes text[]) TO moonbase_core;

-- Name: FUNCTION put_package(p_owner uuid, p_package uuid, p_name text, p_version text, p_sha256 bytea, p_manifest json, p_files json); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.put_package(p_owner uuid, p_package uuid, p_name text, p_version text, p_sha256 bytea, p_manifest json, p_files json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.put_package(p_owner uuid, p_package uuid, p_name text, p_version text, p_sha256 bytea, p_manifest json, p_files json) TO moonbase_core;

-- Name: FUNCTION put_triggers(p_customer uuid, p_deployment uuid, p_triggers json); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.put_triggers(p_customer uuid, p_deployment uuid, p_triggers json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.put_triggers(p_customer uuid, p_deployment uuid, p_triggers json) TO moonbase_core;

-- Name: FUNCTION quote_word(word text); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.quote_word(word text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.quote_word(word text) TO moonbase_core;
GRANT ALL ON FUNCTION engine.quote_word(word text) TO moonbase_engine;

-- Name: FUNCTION reap(p_fence bigint, lease_ms integer); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.reap(p_fence bigint, lease_ms integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.reap(p_fence bigint, lease_ms integer) TO moonbase_core;

-- Name: FUNCTION rebuild_usage(p_customer uuid, p_from timestamp with time zone, p_to timestamp with time zone); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.rebuild_usage(p_customer uuid, p_from timestamp with time zone, p_to timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.rebuild_usage(p_customer uuid, p_from timestamp with time zone, p_to timestamp with time zone) TO moonbase_core;

-- Name: FUNCTION record_bytes(p_customer uuid, p_run uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.record_bytes(p_customer uuid, p_run uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.record_bytes(p_customer uuid, p_run uuid) TO moonbase_core;

-- Name: FUNCTION return_balance(p_fence bigint, p_customer uuid, p_micros bigint); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.return_balance(p_fence bigint, p_customer uuid, p_micros bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.return_balance(p_fence bigint, p_customer uuid, p_micros bigint) TO moonbase_core;

-- Name: FUNCTION secrets(p_customer uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.secrets(p_customer uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.secrets(p_customer uuid) TO moonbase_core;

-- Name: FUNCTION settle_lease(p_customer uuid, p_fence bigint, give_back boolean); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.settle_lease(p_customer uuid, p_fence bigint, give_back boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.settle_lease(p_customer uuid, p_fence bigint, give_back boolean) TO moonbase_core;

-- Name: FUNCTION time_of(unix_us bigint); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.time_of(unix_us bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.time_of(unix_us bigint) TO moonbase_core;
GRANT ALL ON FUNCTION engine.time_of(unix_us bigint) TO moonbase_engine;

-- Name: FUNCTION topup(p_customer uuid, p_micros bigint, p_note text); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.topup(p_customer uuid, p_micros bigint, p_note text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.topup(p_customer uuid, p_micros bigint, p_note text) TO moonbase_core;

-- Name: FUNCTION touch_keys(p_customers uuid[], p_keys uuid[]); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.touch_keys(p_customers uuid[], p_keys uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.touch_keys(p_customers uuid[], p_keys uuid[]) TO moonbase_core;

-- Name: FUNCTION uuid_at(at timestamp with time zone); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.uuid_at(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.uuid_at(at timestamp with time zone) TO moonbase_core;
GRANT ALL ON FUNCTION engine.uuid_at(at timestamp with time zone) TO moonbase_engine;

-- Name: FUNCTION wake_after_flush(customers uuid[], runs uuid[]); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.wake_after_flush(customers uuid[], runs uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.wake_after_flush(customers uuid[], runs uuid[]) TO moonbase_core;

-- Name: FUNCTION wake_budget(p_customer uuid); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.wake_budget(p_customer uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.wake_budget(p_customer uuid) TO moonbase_core;

-- Name: FUNCTION whole_args(p_customer uuid, p_run uuid, p_seqs integer[]); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.whole_args(p_customer uuid, p_run uuid, p_seqs integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.whole_args(p_customer uuid, p_run uuid, p_seqs integer[]) TO moonbase_core;
GRANT ALL ON FUNCTION engine.whole_args(p_customer uuid, p_run uuid, p_seqs integer[]) TO moonbase_engine;

-- Name: FUNCTION whole_member(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_value json); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.whole_member(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_value json) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.whole_member(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_value json) TO moonbase_core;
GRANT ALL ON FUNCTION engine.whole_member(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_value json) TO moonbase_engine;

-- Name: FUNCTION whole_message(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_item json, p_depth integer); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.whole_message(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_item json, p_depth integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.whole_message(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_item json, p_depth integer) TO moonbase_core;
GRANT ALL ON FUNCTION engine.whole_message(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_item json, p_depth integer) TO moonbase_engine;

-- Name: FUNCTION whole_message_at(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_at integer, p_depth integer); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.whole_message_at(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_at integer, p_depth integer) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.whole_message_at(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_at integer, p_depth integer) TO moonbase_core;
GRANT ALL ON FUNCTION engine.whole_message_at(p_customer uuid, p_run uuid, p_seq integer, p_member text, p_at integer, p_depth integer) TO moonbase_engine;

-- Name: FUNCTION whole_steps(steps mb.steps[]); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.whole_steps(steps mb.steps[]) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.whole_steps(steps mb.steps[]) TO moonbase_core;
GRANT ALL ON FUNCTION engine.whole_steps(steps mb.steps[]) TO moonbase_engine;

-- Name: FUNCTION words(query text); Type: ACL; Schema: engine; Owner: moonbase_owner

REVOKE ALL ON FUNCTION engine.words(query text) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.words(query text) TO moonbase_core;
GRANT ALL ON FUNCTION engine.words(query text) TO moonbase_engine;

-- Name: FUNCTION write_batch(p_fence bigint, p_batch bigint, runs mb.batch_run[], steps mb.batch_step[], changes mb.batch_change[], usage mb.batch_usage[], charges mb.batch_charge[], questions json, completes boolean, wakes boolean); Type: ACL; Schema: engine; Owner: moonbase_engine

REVOKE ALL ON FUNCTION engine.write_batch(p_fence bigint, p_batch bigint, runs mb.batch_run[], steps mb.batch_step[], changes mb.batch_change[], usage mb.batch_usage[], charges mb.batch_charge[], questions json, completes boolean, wakes boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION engine.write_batch(p_fence bigint, p_batch bigint, runs mb.batch_run[], steps mb.batch_step[], changes mb.batch_change[], usage mb.batch_usage[], charges mb.batch_charge[], questions json, completes boolean, wakes boolean) TO moonbase_core;

-- Name: FUNCTION secure_functions(); Type: ACL; Schema: mb; Owner: moonbase_owner

REVOKE ALL ON FUNCTION mb.secure_functions() FROM PUBLIC;

-- Name: FUNCTION secure_table(target regclass); Type: ACL; Schema: mb; Owner: moonbase_owner

REVOKE ALL ON FUNCTION mb.secure_table(target regclass) FROM PUBLIC;

-- Name: TABLE api_keys; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.api_keys TO moonbase_engine;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.api_keys TO moonbase_core;

-- Name: TABLE balance_leases; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.balance_leases TO moonbase_engine;
GRANT SELECT ON TABLE mb.balance_leases TO moonbase_core;

-- Name: TABLE balances; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.balances TO moonbase_engine;
GRANT SELECT ON TABLE mb.balances TO moonbase_core;

-- Name: TABLE balances_now; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.balances_now TO moonbase_engine;
GRANT SELECT ON TABLE mb.balances_now TO moonbase_core;

-- Name: SEQUENCE core_fences; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT USAGE ON SEQUENCE mb.core_fences TO moonbase_engine;

-- Name: TABLE cores; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.cores TO moonbase_engine;

-- Name: TABLE credits; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.credits TO moonbase_engine;
GRANT SELECT ON TABLE mb.credits TO moonbase_core;

-- Name: TABLE customers; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.customers TO moonbase_engine;
GRANT SELECT ON TABLE mb.customers TO moonbase_core;

-- Name: TABLE deployment_configs; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.deployment_configs TO moonbase_engine;
GRANT SELECT ON TABLE mb.deployment_configs TO moonbase_core;

-- Name: TABLE files; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.files TO moonbase_engine;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.files TO moonbase_core;

-- Name: TABLE idempotency_keys; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.idempotency_keys TO moonbase_engine;
GRANT SELECT ON TABLE mb.idempotency_keys TO moonbase_core;

-- Name: TABLE kv; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.kv TO moonbase_engine;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.kv TO moonbase_core;

-- Name: TABLE runs_default; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.runs_default TO moonbase_engine;

-- Name: TABLE steps_default; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.steps_default TO moonbase_engine;

-- Name: TABLE storage; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.storage TO moonbase_engine;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.storage TO moonbase_core;

-- Name: TABLE trigger_firings; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.trigger_firings TO moonbase_engine;
GRANT SELECT ON TABLE mb.trigger_firings TO moonbase_core;

-- Name: TABLE usage_hourly; Type: ACL; Schema: mb; Owner: moonbase_owner

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE mb.usage_hourly TO moonbase_engine;
GRANT SELECT ON TABLE mb.usage_hourly TO moonbase_core;

-- PostgreSQL database dump complete

