// nginx as a part of the benchmark: the model's stub and the nginx+Lua peer.
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {freePort, temporaryDir} from '../../e2e/lib/moonbase.mjs';
import {processes, tree} from './proc.mjs';
import {startProgram, until} from './run-program.mjs';
import {benchDir} from './settings.mjs';

const answer = readFileSync(path.join(benchDir, 'peers/answer.json'), 'utf8').trim();

/** The answer as a stream of server-sent events. */
function streamed() {
    const {id, created, model, usage, choices} = JSON.parse(answer);
    const chunk = (rest) => ({id, object: 'chat.completion.chunk', created, model, ...rest});
    const delta = (part, finish) => chunk({choices: [{index: 0, delta: part, finish_reason: finish}]});
    const chunks = [
        delta(choices[0].message, null),
        delta({}, choices[0].finish_reason),
        chunk({choices: [], usage}),
    ];
    return [...chunks.map((c) => JSON.stringify(c)), '[DONE]'].map((data) => `data: ${data}\n\n`).join('');
}

/** How many descriptors a process may open here. */
export function filesLimit() {
    const line = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return line[1] === 'unlimited' ? 1_000_000 : Number(line[1]);
}

/** Starts nginx with peers/NAME.conf; {url, port, dir, workers(), stop()}. */
export async function startNginx(name, values = {}) {
    const dir = await temporaryDir(`mb-${name}-`);
    const port = await freePort();
    const files = Math.min(filesLimit(), 65536);
    const all = {
        PORT: port,
        FILES: files,
        CONNECTIONS: files - 200,
        ANSWER: answer,
        STREAM: streamed(),
        USER: process.getuid() === 0 ? 'user root;' : '',
        ...values,
    };
    const template = readFileSync(path.join(benchDir, `peers/${name}.conf`), 'utf8');
    mkdirSync(path.join(dir, 't'));
    writeFileSync(
        path.join(dir, 'nginx.conf'),
        template.replace(/@([A-Z]+)@/g, (_, key) => all[key]),
    );
    const clean = () => process.env.MB_KEEP || rmSync(dir, {recursive: true, force: true});
    process.once('exit', clean);
    const program = startProgram('nginx', ['-p', `${dir}/`, '-c', 'nginx.conf']);
    const url = `http://127.0.0.1:${port}`;
    const error = () => `nginx ${name}: ${program.log} ${readFileSync(path.join(dir, 'error.log'), 'utf8')}`;
    try {
        await until(
            () =>
                fetch(`${url}/held`).then(
                    () => true,
                    () => false,
                ),
            5000,
            `nginx ${name}`,
        );
    } catch {
        throw new Error(error());
    }
    return {
        url,
        port,
        dir,
        /** The pids that serve. */
        workers: () => tree([program.pid], processes()).map(({pid}) => pid),
        async stop() {
            await program.stop();
            process.removeListener('exit', clean);
            clean();
        },
    };
}

/** The model's stub: as startNginx, with held(), calls() and effects(). */
export async function startStub() {
    const nginx = await startNginx('stub');
    const lines = (file) => {
        try {
            return readFileSync(path.join(nginx.dir, file), 'utf8').split('\n').filter(Boolean);
        } catch {
            return [];
        }
    };
    return {
        ...nginx,
        /** How many requests wait for their answer at this moment. */
        held: async () => Number(await (await fetch(`${nginx.url}/held`)).text()),
        /** The calls below /log/: {begin, end, key}, times in seconds since 1970. */
        calls: () =>
            lines('calls.log').map((line) => {
                const [begin, end, key] = line.split(' ');
                return {begin: Number(begin), end: Number(end), key: bare(key)};
            }),
        /** What happened below /effect/: {at, name, method, key}. */
        effects: () =>
            lines('effects.log').map((line) => {
                const [at, name, method, key] = line.split(' ');
                return {at: Number(at), name, method, key: bare(key)};
            }),
    };
}

/** An Idempotency-Key without the quotes, which nginx writes as \\x22. */
const bare = (key) => key.replace(/\\x22/g, '');
