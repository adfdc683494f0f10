// Memory of the whole host (core, sandboxes, toolboxes, zygote) for each run that waits for a model;
// the database's apart.
import {load} from '../lib/drive.mjs';
import {executeAtOnce, untilHeld} from '../lib/hold.mjs';
import {deployTask} from '../lib/packages.mjs';
import {startServer} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {show} from '../lib/stats.mjs';

const MOST_KB = 20;
const COUNTS = [1000, 5000];
const MODEL_MS = 15_000; // long enough for all of them to be waiting
const rows = COUNTS.map((n) => ({
    what: `memory per run waiting for a model, whole node, ${n} runs`,
    must: `${MOST_KB} KB`,
}));

async function sample(stub, runs, say) {
    const server = await startServer(stub, {path: `/d/${MODEL_MS}`});
    try {
        const url = server.executeUrl(await deployTask(server.api));
        const warm = {requests: 50, connections: 50, headers: server.headers(undefined, {Prefer: 'wait=60'})};
        await load(url, warm);
        const before = server.memory();
        const end = executeAtOnce(server, url, {runs, timeout: 120}).catch(() => {});
        const held = await untilHeld(stub, runs, MODEL_MS);
        const after = server.memory();
        if (held < runs) throw new Error(`only ${held} of ${runs} runs wait for the model`);
        const kb = (part) => (after[part].pss - before[part].pss) / runs;
        say(
            `${runs} runs: node ${show(kb('node'))} KB each (core ${show(kb('core'))}, ` +
                `sandbox ${show(kb('sandbox'))}), PostgreSQL ${show(kb('postgres'))}`,
        );
        await end;
        return {runs, before, after, kb: kb('node')};
    } finally {
        await server.dispose();
    }
}

async function measure({stub, say}) {
    const samples = [];
    for (const count of COUNTS) samples.push(await sample(stub, scaled(count), say));
    const reach = ({kb}, i) => ({...rows[i], reached: `${show(kb)} KB`, ok: kb <= MOST_KB});
    return {rows: samples.map(reach), raw: {samples}};
}

export const figure = {name: 'waiting_memory', about: 'memory per run that waits for a model', rows, measure};
