// Ten thousand runs at once, each waiting five seconds for every answer of its model.
import {executeAtOnce} from '../lib/hold.mjs';
import {filesLimit} from '../lib/nginx.mjs';
import {deployTask} from '../lib/packages.mjs';
import {until} from '../lib/run-program.mjs';
import {startServer} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {show} from '../lib/stats.mjs';

const RUNS = 10_000;
const MODEL_MS = 5000;
const MOST_MB = 350;
// The core keeps a sixteenth of its descriptors back, and has some that are neither client nor model.
const mostClients = (runs) => Math.floor((filesLimit() * 15) / 16) - runs - 300;
const rows = [
    {what: '10,000 runs at once, model answering after 5 s', must: `all complete, node under ${MOST_MB} MB`},
];

/** Samples the host's memory until stop() is called; the peak in KB. */
function watchMemory(server) {
    const peak = {};
    const timer = setInterval(() => {
        for (const [part, {pss}] of Object.entries(server.memory()))
            peak[part] = Math.max(peak[part] ?? 0, pss);
    }, 250);
    return {peak, stop: () => clearInterval(timer)};
}

async function measure({stub, say}) {
    const runs = scaled(RUNS);
    const waiting = Math.max(0, Math.min(runs, mostClients(runs)));
    const server = await startServer(stub, {path: `/d/${MODEL_MS}`});
    const watch = watchMemory(server);
    try {
        const url = server.executeUrl(await deployTask(server.api));
        const began = Date.now();
        const mostHeld = {value: 0};
        const heldTimer = setInterval(
            async () => (mostHeld.value = Math.max(mostHeld.value, await stub.held())),
            200,
        );
        const {waited, accepted} = await executeAtOnce(server, url, {runs, waiting, timeout: 120});
        await until(() => unfinished(server) === 0, 120_000, 'all runs have ended', 200).catch(() => {});
        clearInterval(heldTimer);
        const seconds = (Date.now() - began) / 1000;
        const succeeded = Number(server.value("select count(*) from mb.runs where status = 'succeeded'"));
        const mb = watch.peak.node / 1024;
        say(
            `${waiting} waiting clients, the others asynchronous; at most ${mostHeld.value} calls held; ` +
                `${show(seconds)} s; PostgreSQL ${show(watch.peak.postgres / 1024)} MB`,
        );
        say(
            `peak by part, MB: ${Object.entries(watch.peak)
                .map(([part, kb]) => `${part} ${show(kb / 1024)}`)
                .join(', ')}`,
        );
        const reached = `${succeeded} of ${runs} in ${show(seconds)} s, node ${show(mb)} MB`;
        const ok = succeeded === runs && mb < MOST_MB && (!waited || waited.matched === waiting);
        return {
            rows: [{...rows[0], reached, ok}],
            raw: {waited, accepted, succeeded, seconds, most_held: mostHeld.value, peak_kb: watch.peak},
        };
    } finally {
        watch.stop();
        await server.dispose();
    }
}

const unfinished = (server) => Number(server.value('select count(*) from mb.runs where finished_at is null'));

export const figure = {name: 'ten_thousand', about: '10,000 runs at once', rows, measure};
