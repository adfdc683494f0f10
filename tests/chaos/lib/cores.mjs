// The cores: `moonbase serve` on one database, each a node of its own, started again when it ends.
import {spawn} from 'node:child_process';
import {createWriteStream, mkdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

import {binary, freePort} from '../../e2e/lib/moonbase.mjs';
import {processes, tree} from '../../bench/lib/proc.mjs';
import {between, pause, random} from './settings.mjs';

export const LEASE_MS = 3000;
const START_AGAIN_MS = 100;
const STOP_MS = 20_000;

const living = new Set();
process.on('exit', () => living.forEach((core) => core.child?.kill('SIGKILL')));

/** When a process was started, in ticks since boot: with its pid it is one process for ever. */
function startedAt(pid) {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return fields[0] === 'Z' ? '' : fields[19];
    } catch {
        return '';
    }
}

export class Core {
    /** Everything that ever ran below a core: pid -> when it was started. */
    static seen = new Map();

    constructor(name, dir, env) {
        this.name = name;
        this.dir = path.join(dir, name);
        this.env = env;
        this.ownEnds = []; // how it ended when we did not kill it
        this.killed = false;
        this.stopping = false;
        mkdirSync(this.dir, {recursive: true, mode: 0o755});
        this.log = createWriteStream(path.join(dir, `${name}.log`), {flags: 'a'});
    }

    async start() {
        this.port ??= await freePort();
        this.url = `http://127.0.0.1:${this.port}`;
        await new Promise((resolve) => this.#spawn(resolve));
    }

    get pid() {
        return this.child?.pid;
    }

    #spawn(onReady = () => {}) {
        const args = ['serve', '--port', String(this.port), '--data', this.dir, '--node-name', this.name];
        this.killed = false;
        this.readyAt = 0;
        this.child = spawn(binary, args, {
            cwd: this.dir,
            env: {...process.env, ...this.env},
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        living.add(this);
        this.child.stderr.on('data', (bytes) => this.log.write(bytes));
        this.child.stdout.on('data', (bytes) => {
            this.log.write(bytes);
            if (!bytes.includes('"ready"')) return;
            this.readyAt = Date.now();
            onReady();
        });
        this.child.once('exit', (code, signal) => this.#ended(code, signal, onReady));
    }

    async #ended(code, signal, onReady) {
        const wasKilled = this.killed;
        this.child = null;
        if (this.stopping) return;
        this.log.write(`{"event":"ended","code":${code},"signal":"${signal}","killed":${wasKilled}}\n`);
        if (!wasKilled) this.ownEnds.push({code, signal, was_ready: this.readyAt > 0});
        // Now and then another core takes over before this one is back.
        await pause(wasKilled && random() < 0.3 ? LEASE_MS + between(500, 1500) : START_AGAIN_MS);
        if (!this.stopping) this.#spawn(onReady);
    }

    /** The processes below it by role: {agent: [pid], tools: [pid], zygote: [pid]}. */
    workers() {
        const found = {agent: [], tools: [], zygote: []};
        if (!this.pid) return found;
        for (const {pid, name} of tree([this.pid], processes())) {
            Core.seen.set(pid, startedAt(pid));
            found[name.replace('moonbase-', '')]?.push(pid);
        }
        return found;
    }

    kill() {
        this.workers();
        this.killed = true;
        this.child.kill('SIGKILL');
    }

    async stop() {
        this.stopping = true;
        if (!this.child) return {code: 0};
        this.workers();
        const gone = new Promise((resolve) =>
            this.child.once('exit', (code, signal) => resolve({code, signal})),
        );
        this.child.kill('SIGTERM');
        const timer = setTimeout(() => this.child?.kill('SIGKILL'), STOP_MS);
        const end = await gone;
        clearTimeout(timer);
        living.delete(this);
        return end;
    }

    /** Of everything that ever ran below a core: what still does. */
    static leftovers() {
        return [...Core.seen].filter(([pid, at]) => at && startedAt(pid) === at).map(([pid]) => pid);
    }
}
