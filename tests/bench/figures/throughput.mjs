// Durable three-step tasks a second, 64 at a time, beside nginx+Lua doing the same with nothing kept;
// and what each part of the host burns for a task.
import {alternate} from '../lib/ratio.mjs';
import {load, mustBeClean, wrk} from '../lib/drive.mjs';
import {cpuBetween} from '../lib/node.mjs';
import {startNginx} from '../lib/nginx.mjs';
import {deployTask} from '../lib/packages.mjs';
import {cpuMs} from '../lib/proc.mjs';
import {startServer} from '../lib/server.mjs';
import {busySeconds, settings} from '../lib/settings.mjs';
import {median, show, sum} from '../lib/stats.mjs';

const CONNECTIONS = 64;
const SHARE = 0.4;

const rows = [{what: 'durable 3-step tasks per second, 64 at a time', must: `${SHARE} of nginx+Lua`}];

const drive = (url, headers, seconds = settings.secs) =>
    wrk(url, {connections: CONNECTIONS, seconds, headers});

/** A sample of ours with the CPU-ms per task of each part; `other` is whatever else ran. */
async function measured(server, stub, url, headers) {
    const before = {cpu: server.cpu(), stub: stubCpu(stub), busy: busySeconds()};
    const result = mustBeClean(await drive(url, headers), 'moonbase');
    const spent = {
        ...cpuBetween(before.cpu, server.cpu()),
        stub: stubCpu(stub) - before.stub,
        wrk: result.wrk_cpu_ms,
    };
    spent.other = (busySeconds() - before.busy) * 1000 - sum(Object.values(spent));
    result.cpu_ms = Object.fromEntries(
        Object.entries(spent).map(([part, ms]) => [part, Number((ms / result.n).toFixed(4))]),
    );
    return result;
}

const stubCpu = (stub) => sum(stub.workers().map(cpuMs));

async function measure({stub, say}) {
    const server = await startServer(stub);
    const nginx = await startNginx('nginx-lua', {STUB: stub.port});
    try {
        const url = server.executeUrl(await deployTask(server.api));
        const headers = server.headers();
        const one = await load(url, {requests: 20, headers, match: '"status":"succeeded"'});
        if (one.matched !== 20) throw new Error(`tasks do not succeed: ${JSON.stringify(one)}`);
        await drive(url, headers, 1);
        await drive(`${nginx.url}/0/agent`, {}, 1);
        const samples = await alternate(
            {
                moonbase: () => measured(server, stub, url, headers),
                nginx: async () => mustBeClean(await drive(`${nginx.url}/0/agent`), 'nginx+Lua'),
            },
            settings.reps,
            (side, result) =>
                say(
                    `${side} ${show(result.per_s)}/s, p99 ${show(result.p99_ms)} ms ${result.cpu_ms ? cpuText(result.cpu_ms) : ''}`,
                ),
        );
        server.mustHaveSucceeded();
        return report(samples, say);
    } finally {
        await nginx.stop();
        await server.dispose();
    }
}

const cpuText = (cpu) =>
    `CPU-ms per task: ${Object.entries(cpu)
        .filter(([, ms]) => ms >= 0.0005)
        .map(([part, ms]) => `${part} ${ms.toFixed(3)}`)
        .join(', ')}`;

function report({moonbase, nginx}, say) {
    const ratio = median(moonbase.map((sample, i) => sample.per_s / nginx[i].per_s));
    const ours = median(moonbase.map((sample) => sample.per_s));
    const theirs = median(nginx.map((sample) => sample.per_s));
    const cpu = Object.fromEntries(
        Object.keys(moonbase[0].cpu_ms).map((part) => [part, median(moonbase.map((s) => s.cpu_ms[part]))]),
    );
    say(`medians: ${cpuText(cpu)}`);
    const reached = `${show(ratio)} (${show(ours)}/s of ${show(theirs)}/s)`;
    return {
        rows: [{...rows[0], reached, ok: ratio >= SHARE}],
        raw: {moonbase, nginx, ratio, cpu_ms_per_task: cpu},
    };
}

export const figure = {name: 'throughput', about: 'tasks per second against nginx+Lua', rows, measure};
