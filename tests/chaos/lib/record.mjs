// What is on record once everything is quiet: runs and calls of the database, and what the world
// outside saw of them; and how a rule says what breaks it.
const SHOWN = 5;

/** {ok, rule, detail} of one rule: none breaks it when the list is empty. */
export function verdict(rule, broken, detail = '') {
    const text = broken.length ? `${broken.length}: ${broken.slice(0, SHOWN).join('; ')}` : detail;
    return {rule, ok: broken.length === 0, detail: text};
}

/** A run's id as the database has it. */
export const uuidOf = (id) => id.replace(/^run_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

export const isEnded = ({status}) => ['succeeded', 'failed', 'cancelled'].includes(status);

/** How a run ended, shortly. */
export const endOf = ({status, output, error}) =>
    `${status} ${JSON.stringify(error ?? output).slice(0, 400)}`;

/** Every run by its id, children too; `kind` is what its deployment was made for. */
export function readRuns({database, customers}) {
    const kinds = new Map(
        customers.flatMap(({deployments}) =>
            Object.entries(deployments).map(([kind, id]) => [id.replace(/^dep_/, ''), kind]),
        ),
    );
    const text = `select run_id, status, coalesce(output, 'null'), coalesce(error, 'null'), coalesce(wait_reason, ''),
        diverged, coalesce(parent_run_id::text, ''), replace(deployment_id::text, '-', ''), input, limits,
        coalesce(extract(epoch from finished_at)::text, ''), cost_micros from mb.runs`;
    const list = database.sql(text).map((row) => ({
        id: row[0],
        status: row[1],
        output: JSON.parse(row[2]),
        error: JSON.parse(row[3]),
        reason: row[4],
        diverged: row[5] === 't',
        parent: row[6],
        kind: kinds.get(row[7]),
        input: JSON.parse(row[8]),
        limits: JSON.parse(row[9]),
        endedAt: Number(row[10]),
        cost: Number(row[11]),
    }));
    return new Map(list.map((run) => [run.id, run]));
}

/** Every call of the journal: its key as the world outside sees it, and when the row was committed. */
export function readSteps({database}) {
    const text = `select 'mb-' || replace(run_id::text, '-', '') || encode(key, 'hex'), tool, coalesce(args, 'null'), state,
        coalesce(extract(epoch from pg_xact_commit_timestamp(xmin))::text, '0'), coalesce(result, 'null'), coalesce(error, 'null'),
        run_id, replayed, extract(epoch from started_at), seq from mb.steps where kind = 1 order by run_id, seq`;
    return database.sql(text).map((row) => ({
        key: row[0],
        tool: row[1],
        args: row[2],
        done: row[3] === '2',
        at: Number(row[4]),
        result: row[5],
        error: row[6],
        run: row[7],
        isReplayed: row[8] === 't',
        begin: Number(row[9]),
        seq: Number(row[10]),
    }));
}

/** What happened outside that is no reading, by the key it came with: {name, method, times: [seconds]}. */
export function outside({stub}) {
    const seen = new Map();
    for (const {name, method, key, at} of stub.effects()) {
        if (method === 'GET') continue;
        if (!seen.has(key)) seen.set(key, {key, name, method, times: []});
        seen.get(key).times.push(at);
    }
    return seen;
}

/** Items of a list by a key of theirs. */
export function grouped(list, keyOf) {
    const groups = new Map();
    for (const item of list) {
        const key = keyOf(item);
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(item);
    }
    return groups;
}
