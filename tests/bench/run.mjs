// Measures the figures, one after the other, and prints them as a table. A figure that cannot be
// measured says why; the others go on.
import {readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {startStub} from './lib/nginx.mjs';
import {benchDir, buildDir, busySeconds, host, settings} from './lib/settings.mjs';
import {table} from './lib/table.mjs';

const ORDER = [
    'throughput',
    'latency',
    'model_call',
    'first_task',
    'sandbox_memory',
    'waiting_memory',
    'parked_memory',
    'ten_thousand',
    'cancel',
    'neighbour',
    'recovery',
    'graph_run',
    'graph_step',
    'journal_bytes',
    'replay',
    'compile',
    'map',
    'peers',
];

async function figures() {
    const names = readdirSync(path.join(benchDir, 'figures')).map((file) => path.basename(file, '.mjs'));
    const rank = (name) => (ORDER.indexOf(name) + ORDER.length + 1) % (ORDER.length + 1);
    names.sort((a, b) => rank(a) - rank(b));
    const unknown = settings.only.filter((name) => !names.includes(name));
    if (unknown.length) throw new Error(`no figure ${unknown}: there are ${names.join(', ')}`);
    const chosen = names.filter((name) => !settings.only.length || settings.only.includes(name));
    const modules = await Promise.all(chosen.map((name) => import(`./figures/${name}.mjs`)));
    return modules.map((module) => module.figure);
}

/** The peers take minutes and packages from npm: they are measured when asked for. */
const isLeftOut = (figure) => figure.peers && !settings.peers && !settings.only.includes(figure.name);

/** One figure: its rows, the raw samples, what else the machine did, or why it failed. */
async function measure(figure) {
    const stub = await startStub();
    const say = (text) => console.log(`  ${text}`);
    console.log(`${figure.name}: ${figure.about}`);
    const began = {at: Date.now(), busy: busySeconds()};
    try {
        const {rows, raw} = await figure.measure({stub, say});
        return {name: figure.name, rows, raw, machine: machine(began)};
    } catch (error) {
        say(`failed: ${error.stack ?? error}`);
        const rows = figure.rows.map((row) => ({
            ...row,
            reached: `failed: ${error.message.split('\n')[0].slice(0, 100)}`,
            ok: false,
        }));
        return {name: figure.name, rows, error: String(error.stack ?? error), machine: machine(began)};
    } finally {
        await stub.stop();
    }
}

function machine(began) {
    const seconds = (Date.now() - began.at) / 1000;
    return {seconds, cores_busy: Number(((busySeconds() - began.busy) / seconds).toFixed(2))};
}

const results = [];
const about = host();
console.log(`${about.cores} cores, load ${about.load.join(' ')}, node ${about.node}, ${about.postgresql}`);
for (const figure of await figures()) {
    const leftOut = {
        name: figure.name,
        rows: figure.rows.map((row) => ({...row, reached: 'PEERS=1 measures it', ok: null})),
    };
    const result = isLeftOut(figure) ? leftOut : await measure(figure);
    for (const row of result.rows) console.log(`  => ${row.reached}`);
    results.push(result);
    const file = path.join(buildDir, 'bench.json');
    writeFileSync(
        file,
        JSON.stringify({host: about, load_at_end: host().load, settings, figures: results}, null, 2),
    );
}
const rows = results.flatMap((result) => result.rows);
console.log(
    `\n${table(rows)}\n\nload at the end ${host().load.join(' ')}; raw samples in ${path.join(buildDir, 'bench.json')}`,
);
process.exit(results.some((result) => result.error) ? 1 : 0);
