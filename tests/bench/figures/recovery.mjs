// kill -9 of the core with a thousand runs in flight, then a restart on the same data: how long after
// it is ready until all are complete, less the time that the model itself takes for what was left;
// and whether a step that the journal held was executed again.
import {readFileSync} from 'node:fs';

import {load} from '../lib/drive.mjs';
import {benchTask} from '../lib/packages.mjs';
import {ticketFile} from '../lib/drive.mjs';
import {until} from '../lib/run-program.mjs';
import {startServer} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {show} from '../lib/stats.mjs';

const RUNS = 1000;
const MODEL_MS = 2000;
const MOST_S = 5;
const rows = [
    {what: 'kill -9 with 1,000 runs in flight, restart: all complete after ready', must: `${MOST_S} s plus the model's own time`},
    {what: 'recorded steps that were executed again', must: '0'},
];

/** A ticket whose text carries the run's own token, so that the stub's log tells whose a call was. */
function ticket() {
    const {subject, body} = JSON.parse(readFileSync(ticketFile, 'utf8'));
    return {subject, body: `${body} [[t########]]`};
}

const count = (server, where) => Number(server.value(`select count(*) from mb.runs where ${where}`));

/** Puts all runs in flight, half of them past their first step, and kills the core. */
async function crash(server, stub, url, runs) {
    const headers = server.headers(undefined, {Prefer: 'respond-async'});
    const half = (requests) => load(url, {requests, connections: 64, headers, body: ticket(), timeout: 30});
    await half(Math.ceil(runs / 2));
    await new Promise((resolve) => setTimeout(resolve, MODEL_MS * 0.6));
    await half(Math.floor(runs / 2));
    await until(async () => (await stub.held()) >= runs * 0.95, MODEL_MS, 'the runs wait for the model', 20);
    await new Promise((resolve) => setTimeout(resolve, MODEL_MS * 0.55));
    await server.moonbase.kill();
    return Date.now() / 1000;
}

async function measure({stub, say}) {
    const runs = scaled(RUNS);
    const server = await startServer(stub, {path: `/log/${MODEL_MS}`});
    try {
        const url = server.executeUrl(await server.api.deploy(benchTask()));
        await load(url, {requests: 5, connections: 5, headers: server.headers()});
        server.since = server.value('select max(created_at) from mb.runs');
        const killed = await crash(server, stub, url, runs);
        await server.moonbase.start();
        const ready = Date.now() / 1000;
        const mine = `created_at > '${server.since}'`;
        const total = count(server, mine);
        say(`killed with ${total} runs; ready again after ${show(ready - killed)} s; ${count(server, `${mine} and finished_at is null`)} to complete`);
        await until(() => count(server, `${mine} and finished_at is null`) === 0, 60_000, 'all runs are complete', 50).catch(() => {});
        return report(server, stub, {runs, mine, killed, ready, done: Date.now() / 1000, say});
    } finally {
        await server.dispose();
    }
}

/** Calls of models that each run still needed, by token: what the new life journaled. */
function afterwards(server, mine) {
    const text = `select substring(r.input::text from '\\[\\[([a-z0-9]+)\\]\\]'), r.status,
            count(*) filter (where s.tool = 'llm.chat' and s.fence = f.last),
            count(*) filter (where s.tool = 'llm.chat' and s.fence <> f.last)
        from mb.runs r cross join (select max(fence) as last from mb.cores) f
        left join mb.steps s on s.customer_id = r.customer_id and s.run_id = r.run_id and s.state = 2
        where r.${mine} group by r.customer_id, r.run_id, 1, 2`;
    return server.sql(text).map(([token, status, again, before]) => ({token, status, again: Number(again), before: Number(before)}));
}

function report(server, stub, {runs, mine, killed, ready, done, say}) {
    const all = afterwards(server, mine);
    const succeeded = all.filter((run) => run.status === 'succeeded').length;
    const calls = new Map();
    for (const call of stub.calls())
        if (call.begin > killed) calls.set(call.token, (calls.get(call.token) ?? 0) + 1);
    const repeated = all.filter((run) => (calls.get(run.token) ?? 0) > run.again).length;
    const recorded = all.reduce((sum, run) => sum + run.before, 0);
    const model = (Math.max(0, ...all.map((run) => run.again)) * MODEL_MS) / 1000;
    const seconds = done - ready - model;
    say(`${recorded} model calls were recorded before the kill, ${all.reduce((sum, run) => sum + run.again, 0)} were made after it`);
    const complete = succeeded === all.length && all.length === runs;
    const first = {...rows[0], reached: `${show(seconds)} s + ${model} s, ${succeeded} of ${runs}`, ok: complete && seconds <= MOST_S};
    const second = {...rows[1], reached: `${repeated} of ${recorded}`, ok: repeated === 0 && recorded > 0};
    return {rows: [first, second], raw: {runs: all.length, succeeded, recorded, repeated, seconds, model_s: model, ready_s: ready - killed}};
}

export const figure = {name: 'recovery', about: 'kill -9 with 1,000 runs in flight', rows, measure};
