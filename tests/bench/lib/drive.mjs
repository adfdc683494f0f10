// The load generators: wrk for throughput, load (load.c) for everything else.
import {rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import {cpuMs} from './proc.mjs';
import {runProgram} from './run-program.mjs';
import {benchDir, buildDir} from './settings.mjs';

export const ticketFile = path.join(benchDir, 'peers/ticket.json');
const files = new Map();
process.on('exit', () => files.forEach((file) => rmSync(file, {force: true})));

/** A file that holds this body. */
export function bodyFile(body) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    if (!files.has(text)) {
        const file = path.join(os.tmpdir(), `mb-bench-${process.pid}-${files.size}.json`);
        writeFileSync(file, text);
        files.set(text, file);
    }
    return files.get(text);
}

/** Watches what a program burns while it lives; ms() is what was seen last. */
function watchCpu() {
    let last = 0;
    let timer;
    const onPid = (pid) => (timer = setInterval(() => (last = Math.max(last, cpuMs(pid))), 100));
    return {onPid, stop: () => clearInterval(timer), ms: () => last};
}

/** wrk for `seconds` over `connections`; {n, per_s, p50_ms..., errors, wrk_cpu_ms}. */
export async function wrk(url, {connections, seconds, headers = {}, body}) {
    const watch = watchCpu();
    const out = await runProgram(
        'wrk',
        [
            '-t1',
            `-c${connections}`,
            `-d${seconds}`,
            '--timeout',
            '60',
            '-s',
            path.join(benchDir, 'post.lua'),
            url,
        ],
        {
            onPid: watch.onPid,
            env: {
                ...process.env,
                BODY: body === undefined ? ticketFile : bodyFile(body),
                HEADERS: Object.entries(headers)
                    .map(([name, value]) => `${name}: ${value}`)
                    .join('\n'),
            },
        },
    ).finally(watch.stop);
    const result = JSON.parse(out.split('\n').find((line) => line.startsWith('{"n"')));
    return {...result, per_s: result.n / result.seconds, wrk_cpu_ms: watch.ms()};
}

/**
 * load over `connections`: `requests` in all, or as many as go in `seconds`. options: rate
 * (requests a second), ramp (connections a second), match (text that answers are counted by),
 * headers, body, timeout (seconds). The result is what load.c prints.
 */
export async function load(url, options) {
    const args = ['-c', String(options.connections ?? 1), '-t', String(options.timeout ?? 120)];
    const flags = {requests: '-n', seconds: '-d', rate: '-r', ramp: '-R', match: '-m'};
    for (const [name, flag] of Object.entries(flags))
        if (options[name] !== undefined) args.push(flag, String(options[name]));
    if (options.body !== null)
        args.push('-b', options.body === undefined ? ticketFile : bodyFile(options.body));
    for (const [name, value] of Object.entries(options.headers ?? {})) args.push('-H', `${name}: ${value}`);
    return JSON.parse(await runProgram(path.join(buildDir, 'bench/load'), [...args, url]));
}

/** Throws when answers were lost or refused. */
export function mustBeClean(result, what) {
    const bad = Object.values(result.errors).reduce((a, b) => a + b, 0);
    const refused = Object.entries(result.status ?? {}).filter(([status]) => Number(status) >= 300);
    if (result.n === 0 || bad || refused.length)
        throw new Error(
            `${what}: ${JSON.stringify({n: result.n, errors: result.errors, status: result.status})}`,
        );
    return result;
}
