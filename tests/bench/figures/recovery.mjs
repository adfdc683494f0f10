// kill -9 of the core with a thousand runs in flight, then a restart on the same data: how long after
// it is ready until all are complete, less the time that the model itself takes for what was left;
// and whether a step that the journal held was executed again.
import {load} from '../lib/drive.mjs';
import {deployTask} from '../lib/packages.mjs';
import {until} from '../lib/run-program.mjs';
import {startServer} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {show} from '../lib/stats.mjs';

const RUNS = 1000;
const MODEL_MS = 2000;
const MOST_S = 5;
const rows = [
    {
        what: 'kill -9 with 1,000 runs in flight, restart: all complete after ready',
        must: `${MOST_S} s plus the model's own time`,
    },
    {what: 'recorded steps that were executed again', must: '0'},
];

const count = (server, where) => Number(server.value(`select count(*) from mb.runs where ${where}`));

/** Puts all runs in flight, half of them past their first step, and kills the core. */
async function crash(server, stub, url, runs) {
    const headers = server.headers(undefined, {Prefer: 'respond-async'});
    const some = (requests) => load(url, {requests, connections: 64, headers, timeout: 30});
    await some(Math.ceil(runs / 2));
    await new Promise((resolve) => setTimeout(resolve, MODEL_MS * 0.6));
    await some(Math.floor(runs / 2));
    await until(async () => (await stub.held()) >= runs * 0.95, MODEL_MS, 'the runs wait for the model', 20);
    await new Promise((resolve) => setTimeout(resolve, MODEL_MS * 0.55));
    await server.moonbase.kill();
    return Date.now() / 1000;
}

async function measure({stub, say}) {
    const runs = scaled(RUNS);
    const server = await startServer(stub, {path: `/log/${MODEL_MS}`});
    try {
        const url = server.executeUrl(await deployTask(server.api));
        await load(url, {requests: 5, connections: 5, headers: server.headers()});
        server.since = server.value('select max(created_at) from mb.runs');
        const killed = await crash(server, stub, url, runs);
        await server.moonbase.start();
        const ready = Date.now() / 1000;
        const mine = `created_at > '${server.since}'`;
        const total = count(server, mine);
        say(
            `killed with ${total} runs; ready again after ${show(ready - killed)} s; ` +
                `${count(server, `${mine} and finished_at is null`)} to complete`,
        );
        await until(
            () => count(server, `${mine} and finished_at is null`) === 0,
            60_000,
            'all runs are complete',
            50,
        ).catch(() => {});
        return report(server, stub, {runs, mine, killed, ready, done: Date.now() / 1000, say});
    } finally {
        await server.dispose();
    }
}

/** The model calls in the journal: whose life recorded them, and under which key. */
function journaled(server, mine) {
    const text = `select r.run_id, s.fence = (select max(fence) from mb.cores),
            'mb-' || replace(s.run_id::text, '-', '') || encode(s.key, 'hex')
        from mb.runs r join mb.steps s on s.customer_id = r.customer_id and s.run_id = r.run_id
        where r.${mine} and s.tool = 'llm.chat' and s.state = 2`;
    return server.sql(text).map(([run, again, key]) => ({run, again: again === 't', key}));
}

/** The most calls that one run still needed. */
function mostStillNeeded(again) {
    const each = new Map();
    for (const {run} of again) each.set(run, (each.get(run) ?? 0) + 1);
    return Math.max(0, ...each.values());
}

function report(server, stub, {runs, mine, killed, ready, done, say}) {
    const steps = journaled(server, mine);
    const again = steps.filter((step) => step.again);
    const recorded = steps.filter((step) => !step.again);
    const calls = stub.calls();
    const known = new Set(calls.map((call) => call.key));
    if (!steps.every((step) => known.has(step.key)))
        throw new Error("the stub's log does not know the keys of the journal");
    const afterwards = new Set(calls.filter((call) => call.begin > killed).map((call) => call.key));
    const repeated = recorded.filter((step) => afterwards.has(step.key)).length;
    const succeeded = count(server, `${mine} and status = 'succeeded'`);
    const model = (mostStillNeeded(again) * MODEL_MS) / 1000;
    const seconds = done - ready - model;
    say(`${recorded.length} model calls were recorded before the kill, ${again.length} after it`);
    const complete = succeeded === runs && count(server, mine) === runs;
    const first = {
        ...rows[0],
        reached: `${show(seconds)} s + ${model} s, ${succeeded} of ${runs}`,
        ok: complete && seconds <= MOST_S,
    };
    const second = {
        ...rows[1],
        reached: `${repeated} of ${recorded.length}`,
        ok: repeated === 0 && recorded.length > 0,
    };
    const raw = {
        runs,
        succeeded,
        recorded: recorded.length,
        again: again.length,
        repeated,
        seconds,
        model_s: model,
        ready_s: ready - killed,
    };
    return {rows: [first, second], raw};
}

export const figure = {name: 'recovery', about: 'kill -9 with 1,000 runs in flight', rows, measure};
