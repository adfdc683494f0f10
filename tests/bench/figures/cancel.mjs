// How long a tight loop goes on after it is told to stop: until the run's status says cancelled and
// its sandbox burns no CPU any more.
import {packageOf} from '../lib/packages.mjs';
import {cpuMs} from '../lib/proc.mjs';
import {until} from '../lib/run-program.mjs';
import {startServer, timedPost} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {quantile, show} from '../lib/stats.mjs';

const MOST_MS = 100;
const BURNING_MS = 5; // CPU that shows that the loop runs
const STILL_MS = 12; // a sandbox that burns less than 0.5 ms in this time has stopped
const rows = [{what: 'cancel of a tight loop, p99', must: `${MOST_MS} ms`}];

const burnt = (server) => server.parts().sandbox.reduce((ms, pid) => ms + cpuMs(pid), 0);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** When the sandboxes of these pids stopped burning, by performance.now(). */
async function stillSince(pids) {
    const now = () => ({at: performance.now(), ms: pids.reduce((ms, pid) => ms + cpuMs(pid), 0)});
    let since = now();
    for (;;) {
        await pause(2);
        const next = now();
        if (next.ms - since.ms > 0.5) since = next;
        else if (next.at - since.at > STILL_MS) return since.at;
    }
}

async function sample(server, url) {
    const headers = server.headers();
    const before = burnt(server);
    const accepted = await timedPost(url, {...headers, Prefer: 'respond-async'}, {});
    if (accepted.status !== 202) throw new Error(`not accepted: ${accepted.status} ${accepted.text}`);
    const {id} = JSON.parse(accepted.text);
    await until(() => burnt(server) - before > BURNING_MS, 10_000, 'the loop runs', 3);
    const pids = server.parts().sandbox;
    const told = performance.now();
    const [answer, still] = await Promise.all([
        timedPost(`${server.url}/v1/runs/${id}/cancel`, headers, {}),
        stillSince(pids),
    ]);
    let run = JSON.parse(answer.text);
    let saidAt = told + answer.ms;
    if (run.status !== 'cancelled') {
        run = await server.api.untilRun(id, (r) => r.status === 'cancelled', 5000);
        saidAt = performance.now();
    }
    return {said_ms: saidAt - told, still_ms: still - told, ms: Math.max(saidAt, still) - told};
}

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        const url = server.executeUrl(await server.api.deploy(packageOf('hostile_loop')));
        await sample(server, url);
        const samples = [];
        for (let i = 0; i < scaled(200); i++) samples.push(await sample(server, url));
        const p = (q, what) =>
            show(
                quantile(
                    samples.map((s) => s[what]),
                    q,
                ),
            );
        say(
            `${samples.length} cancels: p50 ${p(0.5, 'ms')} ms, most ${p(1, 'ms')} ms; ` +
                `p99 of the status ${p(0.99, 'said_ms')} ms, of being still ${p(0.99, 'still_ms')} ms`,
        );
        const ms = quantile(
            samples.map((s) => s.ms),
            0.99,
        );
        return {rows: [{...rows[0], reached: `${show(ms)} ms`, ok: ms <= MOST_MS}], raw: {samples}};
    } finally {
        await server.dispose();
    }
}

export const figure = {name: 'cancel', about: 'cancel of a tight loop', rows, measure};
