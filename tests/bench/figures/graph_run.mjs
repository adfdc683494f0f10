// CPU time in the sandbox of a run that defines a 10-node graph and goes through it once.
import {TICKET, tenNodes} from '../lib/graphs.mjs';
import {startServer, timedPost} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {quantile, show} from '../lib/stats.mjs';

const MOST_US = 150;
const WARM_UP = 50;
const RUNS = 500;
const rows = [{what: 'a 10-node graph with no model calls, warm', must: `${MOST_US} us of CPU in the sandbox`}];

/** The sandbox's CPU microseconds of one run, as its usage says. */
async function sample(server, url) {
    const answer = await timedPost(url, server.headers(), TICKET);
    const run = JSON.parse(answer.text);
    if (run.status !== 'succeeded' || run.output.label !== 'urgent') throw new Error(`not well: ${answer.text}`);
    return run.usage.cpu_us;
}

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        const url = server.executeUrl(await server.api.deploy(tenNodes()));
        for (let i = 0; i < WARM_UP; i++) await sample(server, url);
        const samples = [];
        for (let i = 0; i < scaled(RUNS); i++) samples.push(await sample(server, url));
        const p = (q) => show(quantile(samples, q));
        say(`${samples.length} runs: p10 ${p(0.1)}, p50 ${p(0.5)}, p90 ${p(0.9)} us`);
        const us = quantile(samples, 0.5);
        return {rows: [{...rows[0], reached: `${show(us)} us`, ok: us <= MOST_US}], raw: {samples}};
    } finally {
        await server.dispose();
    }
}

export const figure = {name: 'graph_run', about: 'CPU time of a 10-node graph', rows, measure};
