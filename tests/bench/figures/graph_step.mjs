// The cost of a graph's step against the same steps in plain Lua: a run that goes through a cycle of two
// nodes, and one that calls the same two functions in a loop and merges what they return by hand. Each
// does what a small node does (counts the words of a ticket, renders a short template); nothing is called
// that waits, so it is the graph's own cost and not a journal's that is compared.
import {manySteps, TICKET} from '../lib/graphs.mjs';
import {alternate} from '../lib/ratio.mjs';
import {startServer, timedPost} from '../lib/server.mjs';
import {settings} from '../lib/settings.mjs';
import {median, show} from '../lib/stats.mjs';

const MOST = 1.3;
const STEPS = 2000;
const RUNS = 10; // of each side in one sample
const rows = [{what: 'cost of a graph step against the same steps in plain Lua', must: `at most ${MOST}x`}];

async function run(server, url, mode) {
    const answer = await timedPost(url, server.headers(), {...TICKET, mode, steps: STEPS});
    const {status, output, usage} = JSON.parse(answer.text);
    if (status !== 'succeeded' || output.notes !== STEPS / 2) throw new Error(`not well: ${answer.text}`);
    return usage.cpu_us / STEPS;
}

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        const url = server.executeUrl(await server.api.deploy(manySteps()));
        const drive = (mode) => async () => {
            const each = [];
            for (let i = 0; i < RUNS; i++) each.push(await run(server, url, mode));
            return {us: median(each)};
        };
        await drive('graph')();
        const samples = await alternate({graph: drive('graph'), plain: drive('plain')}, settings.reps, (side, r) =>
            say(`${side}: ${show(r.us)} us a step`),
        );
        const ratio = median(samples.graph.map((s, i) => s.us / samples.plain[i].us));
        const us = (side) => show(median(samples[side].map((s) => s.us)));
        const reached = `${show(ratio)}x (${us('plain')} to ${us('graph')} us)`;
        return {rows: [{...rows[0], reached, ok: ratio <= MOST}], raw: {samples, ratio}};
    } finally {
        await server.dispose();
    }
}

export const figure = {name: 'graph_step', about: 'a step of a graph against plain Lua', rows, measure};
