// The task's latency, one at a time, beside a journal written by hand in Node.
import {load, mustBeClean} from '../lib/drive.mjs';
import {deployTask} from '../lib/packages.mjs';
import {startPeer} from '../lib/peers.mjs';
import {alternate} from '../lib/ratio.mjs';
import {startServer} from '../lib/server.mjs';
import {settings} from '../lib/settings.mjs';
import {median, show} from '../lib/stats.mjs';

const MOST_MS = 1.5;
const WARM_UP = 500; // tasks; V8 compiles what is hot by then

const rows = [
    {what: 'latency of that task, one at a time, p50', must: `${MOST_MS} ms`},
    {what: "the same against the hand-written Node journal's", must: 'less'},
];

async function measure({stub, say}) {
    const server = await startServer(stub);
    let node;
    let missing = 'no peer';
    try {
        const url = server.executeUrl(await deployTask(server.api));
        node = await startPeer('node-plain', {stub: stub.url, database: server.database('bench_node')}).catch(
            (error) => {
                if (!error.skip) throw error;
                missing = error.message;
            },
        );
        const ours = (options) =>
            load(url, {headers: server.headers(), match: '"status":"succeeded"', ...options});
        const theirs = (options) => load(node.url, options);
        await ours({requests: WARM_UP});
        if (node) await theirs({requests: WARM_UP});
        const seconds = settings.secs;
        const sides = {moonbase: async () => mustBeClean(await ours({seconds}), 'moonbase')};
        if (node) sides.node = async () => mustBeClean(await theirs({seconds}), 'node');
        const samples = await alternate(sides, settings.reps, (side, r) =>
            say(`${side} p50 ${show(r.p50_ms)} ms, p99 ${show(r.p99_ms)} ms`),
        );
        server.mustHaveSucceeded();
        return report(samples, missing);
    } finally {
        await node?.stop();
        await server.dispose();
    }
}

function report({moonbase, node}, missing) {
    const p50 = median(moonbase.map((s) => s.p50_ms));
    const first = {...rows[0], reached: `${show(p50)} ms`, ok: p50 <= MOST_MS};
    if (!node) return {rows: [first, {...rows[1], reached: missing, ok: null}], raw: {moonbase}};
    const ratio = median(moonbase.map((s, i) => s.p50_ms / node[i].p50_ms));
    const reached = `${show(ratio)} of it (${show(p50)} to ${show(median(node.map((s) => s.p50_ms)))} ms)`;
    return {rows: [first, {...rows[1], reached, ok: ratio < 1}], raw: {moonbase, node, ratio}};
}

export const figure = {name: 'latency', about: 'one task at a time against plain Node', rows, measure};
