// What the person who measures may choose, by the environment (make bench ONLY=... SECS=...).
import {readFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {execFileSync} from 'node:child_process';

import {buildDir, root} from '../../e2e/lib/moonbase.mjs';

export {buildDir, root};
export const benchDir = path.join(root, 'tests/bench');

const number = (name, otherwise) => Number(process.env[name] || otherwise);

export const settings = {
    only: (process.env.ONLY ?? '').split(',').filter(Boolean), // names of figures; none = all
    secs: number('SECS', 5), // of one sample under load
    reps: number('REPS', 5), // samples of each side of a ratio
    peers: Boolean(process.env.PEERS), // DBOS, Restate and LangGraph beside
    scale: number('SCALE', 1), // less than 1: fewer runs, customers and cancels than the table says
};

/** A count of the table, made smaller by SCALE. */
export const scaled = (count) => Math.max(1, Math.round(count * settings.scale));

function version(command, ...args) {
    try {
        return execFileSync(command, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})
            .trim()
            .split('\n')[0];
    } catch {
        return null;
    }
}

/** What the figures were measured on. */
export function host() {
    return {
        at: new Date().toISOString(),
        cores: os.availableParallelism?.() ?? os.cpus().length,
        cpu: os.cpus()[0]?.model,
        memory_mb: Math.round(os.totalmem() / 2 ** 20),
        kernel: os.release(),
        load: os.loadavg().map((v) => Number(v.toFixed(2))),
        node: process.version,
        postgresql: version('psql', '--version'),
        commit: version('git', '-C', root, 'rev-parse', '--short', 'HEAD'),
        moonbase: version(path.join(buildDir, 'moonbase'), 'version'),
    };
}

/** CPU seconds that the whole machine has used so far. */
export function busySeconds() {
    const f = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1).map(Number);
    return (f[0] + f[1] + f[2] + f[5] + f[6] + f[7]) / 100;
}
