// A customer's p99 alone, and while another one loops, allocates and floods without end.
import {load, mustBeClean} from '../lib/drive.mjs';
import {deployTask, HOSTILE, packageOf} from '../lib/packages.mjs';
import {alternate} from '../lib/ratio.mjs';
import {startServer} from '../lib/server.mjs';
import {settings} from '../lib/settings.mjs';
import {median, show} from '../lib/stats.mjs';

const MOST = 2;
const RATE = 100; // tasks a second of the customer who behaves
const EACH = 2; // connections of the other one, for each hostile agent
const rows = [
    {
        what: "a neighbour's p99 while one customer loops, allocates and floods",
        must: `at most ${MOST}x its p99 alone`,
    },
];

/** Keeps the hostile agents going until stop(). */
async function attack(server, urls, headers) {
    let stopping = false;
    const one = async (url) => {
        while (!stopping)
            await load(url, {seconds: 1, connections: EACH, headers, body: {}, timeout: 30}).catch(() => {});
    };
    const all = urls.map(one);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return async () => {
        stopping = true;
        await Promise.all(all);
    };
}

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        const good = await server.customer('neighbour');
        const url = server.executeUrl(await deployTask(good));
        const bad = await server.customer('hostile');
        const urls = [];
        for (const name of HOSTILE) urls.push(server.executeUrl(await bad.deploy(packageOf(name))));
        const drive = async (seconds = settings.secs) =>
            mustBeClean(
                await load(url, {
                    seconds,
                    rate: RATE,
                    connections: 64,
                    headers: server.headers(good.key),
                    match: '"status":"succeeded"',
                }),
                'neighbour',
            );
        await drive(1);
        const samples = await alternate(
            {
                alone: () => drive(),
                beside: async () => {
                    const stop = await attack(server, urls, server.headers(bad.key));
                    return drive().finally(stop);
                },
            },
            settings.reps,
            (side, r) =>
                say(
                    `${side}: p50 ${show(r.p50_ms)} ms, p99 ${show(r.p99_ms)} ms, ${r.matched} of ${r.n} succeeded`,
                ),
        );
        const ends = server.sql(
            "select error::json ->> 'code', count(*) from mb.runs where status <> 'succeeded' group by 1 order by 2 desc",
        );
        say(`hostile runs ended by: ${ends.map(([code, n]) => `${code} ${n}`).join(', ')}`);
        return report(samples, ends);
    } finally {
        await server.dispose();
    }
}

function report({alone, beside}, ends) {
    const ratio = median(beside.map((s, i) => s.p99_ms / alone[i].p99_ms));
    const p99 = (samples) => show(median(samples.map((s) => s.p99_ms)));
    const failed = [...alone, ...beside].some((s) => s.matched !== s.n);
    const reached = `${show(ratio)}x (${p99(alone)} to ${p99(beside)} ms)${failed ? ', and tasks failed' : ''}`;
    return {
        rows: [{...rows[0], reached, ok: ratio <= MOST && !failed}],
        raw: {alone, beside, ratio, hostile_ends: ends},
    };
}

export const figure = {
    name: 'neighbour',
    about: "a neighbour's p99 beside a hostile customer",
    rows,
    measure,
};
