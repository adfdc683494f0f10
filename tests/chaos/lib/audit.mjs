// The rules, once everything is quiet: each returns what breaks it, as text; none breaks it when the
// list is empty.
import {KINDS} from './work.mjs';

const SHOWN = 5;
const CLOCK_SLACK_S = 0.002; // the stub's clock shows milliseconds
const uuidOf = (id) => id.replace(/^run_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** {ok, rule, detail} of one rule. */
export function verdict(rule, broken, detail = '') {
    const text = broken.length ? `${broken.length}: ${broken.slice(0, SHOWN).join('; ')}` : detail;
    return {rule, ok: broken.length === 0, detail: text};
}

function runs(database) {
    const text = `select run_id, status, coalesce(output, 'null'), coalesce(left(error, 400), ''), coalesce(wait_reason, ''),
        diverged from mb.runs`;
    return new Map(
        database
            .sql(text)
            .map(([id, status, output, error, reason, diverged]) => [
                id,
                {id, status, output: JSON.parse(output), error, reason, diverged: diverged === 't'},
            ]),
    );
}

function outcomes({database, work}) {
    const all = runs(database);
    const [lost, stuck, wrong] = [[], [], []];
    for (const {id, kind, name} of work.accepted.values()) {
        const run = all.get(uuidOf(id));
        const {endsAs = 'succeeded', isRight} = KINDS[kind];
        if (!run) lost.push(`${kind} ${name} ${id}`);
        else if (!['succeeded', 'failed', 'cancelled'].includes(run.status))
            stuck.push(`${kind} ${name} ${id} ${run.status} ${run.reason}`);
        else if (run.status !== endsAs) wrong.push(`${kind} ${name} ${id} ${run.status} ${run.error}`);
        else if (isRight && !isRight(name, run.output))
            wrong.push(`${kind} ${name} ${id} gave ${JSON.stringify(run.output)}`);
    }
    const extra = [...all.keys()].filter((id) => !work.accepted.has(`run_${id.replace(/-/g, '')}`));
    return [
        verdict('no accepted run is lost', lost, `${work.accepted.size} accepted`),
        verdict('no run is stuck', stuck),
        verdict('every run ends as it must, with the right output', wrong),
        verdict('one Idempotency-Key makes one run', extra.concat(work.doubles)),
        verdict('an execute is accepted in the end', work.problems),
        verdict(
            'no replay diverged',
            [...all.values()].filter((run) => run.diverged).map((run) => run.id),
        ),
    ];
}

/** The journal's calls: key as the stub sees it, and when the row was committed. */
function journal(database) {
    const text = `select 'mb-' || replace(run_id::text, '-', '') || encode(key, 'hex'), tool, coalesce(args, ''), state,
        extract(epoch from pg_xact_commit_timestamp(xmin)), error is not null, run_id from mb.steps where kind = 1`;
    return database.sql(text).map(([key, tool, args, state, at, failed, run]) => ({
        key,
        tool,
        args,
        done: state === '2',
        at: Number(at),
        failed: failed === 't',
        run,
    }));
}

function executions({database, stub, work}) {
    const steps = journal(database);
    const done = new Map();
    const twice = [];
    for (const step of steps.filter((s) => s.done)) {
        if (done.has(step.key)) twice.push(`${step.tool} in ${step.run}`);
        done.set(step.key, step);
    }
    const calls = stub.calls();
    const again = calls.filter(({key, begin}) => done.has(key) && begin > done.get(key).at + CLOCK_SLACK_S);
    const unknown = calls.filter(({key}) => !done.has(key)).length;
    const models = [...done.values()].filter((step) => step.tool === 'llm.chat').length;
    const open = steps.filter((step) => !step.done && !isCancelled(work, step.run));
    return [
        verdict('no step is recorded twice', twice, `${done.size} steps`),
        verdict(
            'no recorded step is executed again',
            again.map(({key, begin}) => `${key} at ${begin}, recorded at ${done.get(key).at}`),
            `${models} model calls recorded, ${calls.length} made: ${calls.length - models} had no record ` +
                `yet when something died, ${unknown} never got one`,
        ),
        verdict(
            'no intent is left open',
            open.map((step) => `${step.tool} in ${step.run}`),
        ),
    ];
}

const isCancelled = (work, run) => work.accepted.get(`run_${run.replace(/-/g, '')}`)?.kind === 'cancelled';

/** What may not be repeated reached the world once; what may, under one key. */
function effects({stub, work}) {
    const seen = new Map();
    for (const {name, method, key} of stub.effects()) {
        const of = seen.get(`${method} ${name}`) ?? {times: 0, keys: new Set()};
        of.times++;
        of.keys.add(key);
        seen.set(`${method} ${name}`, of);
    }
    const posters = [...work.accepted.values()].filter(({kind}) => kind === 'poster');
    const posts = posters.filter(({name}) => seen.get(`POST ${name}`)?.times !== 1);
    const puts = posters.filter(({name}) => seen.get(`PUT ${name}`)?.keys.size !== 1);
    return [
        verdict(
            'what may not be repeated happens exactly once',
            posts.map(({name, id}) => `${name} ${id}: ${seen.get(`POST ${name}`)?.times ?? 0} times`),
            `${posters.length} POSTs`,
        ),
        verdict(
            'what may be repeated is so under one key',
            puts.map(({name, id}) => `${name} ${id}: ${[...(seen.get(`PUT ${name}`)?.keys ?? [])]}`),
        ),
    ];
}

function writes({database, work}) {
    const text = `select customer_id, key, value from mb.kv where key like 'writer:%'`;
    const stored = new Map(database.sql(text).map(([, key, value]) => [key, value]));
    const missing = [];
    for (const {kind, name} of work.accepted.values()) {
        if (kind !== 'writer') continue;
        for (let step = 1; step <= 4; step++) {
            const value = JSON.parse(stored.get(`writer:${name}:step:${step}`) ?? 'null');
            if (value?.step !== step || value?.id !== name)
                missing.push(`${name} step ${step}: ${JSON.stringify(value)}`);
        }
    }
    return [verdict('every write is there', missing, `${stored.size} values`)];
}

function money({database}) {
    const audit = database.sql(
        'select customer_id, credited_micros, charged_micros, balance_micros, usage_micros from engine.audit()',
    );
    const costs = database.sql(`select r.run_id, r.cost_micros, s.sum from mb.runs r
        join lateral (select coalesce(sum(price_micros), 0) as sum from mb.steps s
            where s.customer_id = r.customer_id and s.run_id = r.run_id and s.state = 2) s on s.sum <> r.cost_micros`);
    const [[charged, spent]] = database.sql(`select (select sum(price_micros) from mb.steps where state = 2),
        (select sum(amount_micros) from mb.credits) - (select sum(balance_micros) from mb.balances_now)`);
    const leases =
        database.sql(`select b.customer_id, b.leased_micros, coalesce(sum(l.granted_micros), 0) from mb.balances b
        left join mb.balance_leases l on l.customer_id = b.customer_id group by 1, 2 having b.leased_micros <> coalesce(sum(l.granted_micros), 0)`);
    return [
        verdict(
            'charges are the sum of the journaled prices',
            [...audit.map(String), ...(charged === spent ? [] : [`${spent} charged, ${charged} journaled`])],
            `${charged} micro-dollars`,
        ),
        verdict(
            "a run's cost is the sum of its steps' prices",
            costs.map(([run, cost, sum]) => `${run}: ${cost} for ${sum}`),
        ),
        verdict('what cores hold of balances is what they were granted', leases.map(String)),
    ];
}

/** All rules of the database and the world outside. */
export const audit = (context) =>
    [outcomes, executions, effects, writes, money].flatMap((rules) => rules(context));
