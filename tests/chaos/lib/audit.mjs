// The rules, once everything is quiet: each returns what breaks it, as text; none breaks it when the
// list is empty.
import {families} from './families.mjs';
import {forks} from './forks.mjs';
import {KINDS, WRITES} from './kinds.mjs';
import {endOf, isEnded, readRuns, readSteps, uuidOf, verdict} from './record.mjs';
import {sagas} from './sagas.mjs';

const CLOCK_SLACK_S = 0.002; // the stub's clock shows milliseconds

function outcomes(context) {
    const {work} = context;
    const all = readRuns(context);
    const [lost, wrong] = [[], []];
    for (const {id, kind, name, of, cancelSentAt} of work.accepted.values()) {
        const run = all.get(uuidOf(id));
        const {endsAs = () => 'succeeded', isRight} = KINDS[kind];
        const what = `${kind} ${name} ${id}${of ? ` a fork of ${of}` : ''}`;
        if (!run) lost.push(what);
        else if (!isEnded(run))
            continue; // is stuck
        else if (run.endedAt * 1000 < cancelSentAt) continue; // its client was told of it too late to cancel it
        else if (run.status !== endsAs(name)) wrong.push(`${what} ${endOf(run)}`);
        else if (isRight && !isRight(name, run.output, run.error)) wrong.push(`${what} gave ${endOf(run)}`);
    }
    const stuck = [...all.values()].filter((run) => !isEnded(run));
    const extra = [...all.values()].filter(
        ({parent, id}) => !parent && !work.accepted.has(`run_${id.replace(/-/g, '')}`),
    );
    return [
        verdict('no accepted run is lost', lost, `${work.accepted.size} accepted`),
        verdict(
            'no run is stuck',
            stuck.map(({id, kind, status, reason}) => `${kind} ${id} ${status} ${reason}`),
        ),
        verdict('every run ends as it must, with the right output', wrong),
        verdict(
            'one Idempotency-Key makes one run',
            extra.map(({kind, id}) => `${kind} ${id}`).concat(work.doubles),
        ),
        verdict('an execute is accepted in the end', work.problems),
        verdict(
            'no replay diverged',
            [...all.values()].filter((run) => run.diverged).map((run) => run.id),
        ),
    ];
}

function executions(context) {
    const {stub} = context;
    const steps = readSteps(context);
    const all = readRuns(context);
    const done = new Map();
    const twice = [];
    for (const step of steps.filter((s) => s.done)) {
        if (done.has(step.key)) twice.push(`${step.tool} in ${step.run}`);
        done.set(step.key, step);
    }
    const calls = stub.calls();
    const again = calls.filter(({key, begin}) => done.has(key) && begin > done.get(key).at + CLOCK_SLACK_S);
    const unknown = calls.filter(({key}) => !done.has(key)).length;
    const models = [...done.values()].filter((step) => step.tool === 'llm.chat' && !step.isReplayed).length;
    const open = steps.filter((step) => !step.done && !wasStopped(all.get(step.run)));
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

/** Was it ended in the middle of its calls? */
const wasStopped = (run) =>
    run?.status === 'cancelled' || (run?.kind === 'failing' && run.status === 'failed');

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
        for (let step = 1; step <= WRITES; step++) {
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
    [outcomes, executions, effects, writes, money, families, sagas, forks].flatMap((rules) => rules(context));
