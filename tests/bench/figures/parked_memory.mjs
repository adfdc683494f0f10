// Memory for each run that waits for a person or a timer: none in the sandbox, next to none in the
// core. The second batch is measured, so that what a first one leaves in reserve does not count.
import {load, mustBeClean} from '../lib/drive.mjs';
import {packageOf} from '../lib/packages.mjs';
import {until} from '../lib/run-program.mjs';
import {startServer} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {show} from '../lib/stats.mjs';

const MOST_CORE_KB = 1;
const MOST_SANDBOX_KB = 0.1; // what the garbage collector's moment makes of nothing
const KINDS = {
    approval: (api) => api.deploy(packageOf('approver')),
    timer: (api) => api.deploy(packageOf('sleeper'), {config: {seconds: 86_400}}),
};
const rows = Object.keys(KINDS).map((kind) => ({
    what: `memory per parked run (${kind})`,
    must: '0 in the sandbox, under 1 KB in the core',
}));

async function park(server, url, runs, kind) {
    const before = Number(parked(server));
    const headers = server.headers(undefined, {Prefer: 'respond-async'});
    mustBeClean(
        await load(url, {requests: runs, connections: 32, headers, body: {title: 'A refund?'}}),
        kind,
    );
    await until(() => Number(parked(server)) >= before + runs, 60_000, `${runs} runs are parked`, 200);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return server.memory();
}

const parked = (server) =>
    server.value("select count(*) from mb.runs where status = 'waiting' and fence is null");

async function sample(server, kind, say) {
    const url = server.executeUrl(await KINDS[kind](server.api));
    const runs = Math.max(1000, scaled(2000)); // fewer, and the heap's own steps are all that shows
    const first = await park(server, url, runs, kind);
    const second = await park(server, url, runs, kind);
    const kb = (part) => Math.max(0, second[part].own - first[part].own) / runs;
    say(`${kind}: core ${show(kb('core'))} KB, sandbox ${show(kb('sandbox'))} KB each`);
    return {kind, runs, first, second, core_kb: kb('core'), sandbox_kb: kb('sandbox')};
}

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        const samples = [];
        for (const kind of Object.keys(KINDS)) samples.push(await sample(server, kind, say));
        const reach = (s, i) => ({
            ...rows[i],
            reached: `${show(s.sandbox_kb)} and ${show(s.core_kb)} KB`,
            ok: s.sandbox_kb <= MOST_SANDBOX_KB && s.core_kb < MOST_CORE_KB,
        });
        return {rows: samples.map(reach), raw: {samples}};
    } finally {
        await server.dispose();
    }
}

export const figure = {name: 'parked_memory', about: 'memory per parked run', rows, measure};
