// A workflow of a hundred nodes, compiled over HTTP: from the request to the answer with errors, cost and Lua.
// The toolbox is warm: it has compiled before.
import {startServer} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {quantile, show} from '../lib/stats.mjs';
import {bigWorkflow} from '../lib/workflows.mjs';

const NODES = 100;
const MOST_MS = 50;
const WARM_UP = 10;
const SAMPLES = 60;
const rows = [{what: 'compile of a 100-node workflow, warm: p50 over HTTP', must: `${MOST_MS} ms`}];

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        const document = bigWorkflow(NODES);
        const flow = (await server.api.post('/v1/workflows', {document})).json;
        const samples = [];
        let lines = 0;
        for (let i = 0; i < WARM_UP + scaled(SAMPLES); i++) {
            const began = performance.now();
            const {json, text} = await server.api.post(`/v1/workflows/${flow.id}/compile`);
            const ms = performance.now() - began;
            if (!json?.ok || json.warnings.length) throw new Error(`not well: ${JSON.stringify([json?.errors, json?.warnings] ?? text).slice(0, 500)}`);
            if (i >= WARM_UP) samples.push(ms);
            lines = json.files['main.lua'].split('\n').length;
        }
        const ms = quantile(samples, 0.5);
        say(
            `${document.nodes.length} nodes, ${document.edges.length} edges, ${JSON.stringify(document).length} bytes, ` +
                `${lines} lines of Lua: p10 ${show(quantile(samples, 0.1))}, p50 ${show(ms)}, p90 ${show(quantile(samples, 0.9))} ms`,
        );
        return {rows: [{...rows[0], reached: `${show(ms)} ms`, ok: ms <= MOST_MS}], raw: {nodes: document.nodes.length, samples}};
    } finally {
        await server.dispose();
    }
}

export const figure = {name: 'compile', about: 'a workflow of 100 nodes into Lua', rows, measure};
