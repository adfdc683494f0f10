// A Moonbase of a test's own: starts `moonbase serve --dev` on a free port with a data folder of its
// own, waits for its ready line, keeps its log, and ends everything that ran below that folder.
//
//     const moonbase = await startMoonbase();
//     after(() => moonbase.dispose());
//     const answer = await moonbase.api.get('/v1/packages');
//
// Environment: MB_BUILD = where the programs are (build/), MB_KEEP=1 = leave the data folder behind.
import {spawn} from 'node:child_process';
import {chmod, mkdtemp, readdir, readlink, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {Client} from './client.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const buildDir = path.resolve(root, process.env.MB_BUILD ?? 'build');
export const binary = path.join(buildDir, 'moonbase');

const READY_MS = 60_000; // initdb and migrations on a busy machine
const STOP_MS = 20_000;
const LOG_CHARS = 4_000_000; // what is kept of a log; older lines go

const living = new Set();
process.on('exit', () => living.forEach((moonbase) => moonbase.killNow()));

/** A TCP port that nobody listens on at the moment. */
export function freePort() {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const {port} = server.address();
            server.close(() => resolve(port));
        });
    });
}

/** A new folder that other users (PostgreSQL's) may walk through, with a short path. */
export async function temporaryDir(name = 'mb-e2e-') {
    const dir = await mkdtemp(path.join(tmpdir(), name));
    await chmod(dir, 0o755);
    return dir;
}

/**
 * Starts a server and waits until it serves.
 *
 * options: args (more arguments of `serve`), env (more environment), port, dir (a data folder that
 * is to be used again; then dispose() leaves it), command (another program than build/moonbase),
 * files ({SETTING: value}: settings that name a JSON file, which is written into the data folder).
 * Rejects with the end of the log when it does not become ready.
 */
export async function startMoonbase(options = {}) {
    const port = options.port ?? (await freePort());
    const dir = options.dir ?? (await temporaryDir());
    const env = {...options.env, ...(await writeFiles(dir, options.files))};
    const moonbase = new Moonbase({...options, env, port, dir, ownsDir: !options.dir});
    await moonbase.start().catch(async (error) => {
        await moonbase.dispose();
        throw error;
    });
    return moonbase;
}

async function writeFiles(dir, files = {}) {
    const env = {};
    for (const [setting, value] of Object.entries(files)) {
        env[setting] = path.join(dir, `${setting}.json`);
        await writeFile(env[setting], JSON.stringify(value));
    }
    return env;
}

export class Moonbase {
    #options;
    #log = '';
    #exit = null; // promise of {code, signal} while a process lives

    constructor(options) {
        this.#options = options;
        this.port = options.port;
        this.dir = options.dir;
        this.child = null;
        this.ready = null; // the ready line, as an object
    }

    /** Starts the process; resolves when it serves. For a first start and after stop() or kill(). */
    async start() {
        const {args = [], env = {}, command = binary} = this.#options;
        const argv = ['serve', '--dev', '--port', String(this.port), '--data', this.dir, ...args];
        this.child = spawn(command, argv, {
            cwd: root,
            env: {...process.env, ...env},
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        living.add(this);
        this.#exit = new Promise((resolve) => {
            this.child.once('error', (error) => resolve({code: null, signal: null, error}));
            this.child.once('exit', (code, signal) => resolve({code, signal}));
        });
        this.child.stderr.setEncoding('utf8').on('data', (text) => this.#keep(text));
        this.ready = await this.#readyLine();
        this.url = this.ready.url.replace(/\/$/, '');
        this.apiKey = this.ready.api_key;
        this.api = new Client(this.url, this.apiKey);
    }

    get pid() {
        return this.child?.pid;
    }

    /** Everything that it wrote to stderr so far, over all its starts. */
    get log() {
        return this.#log;
    }

    /** The log's lines that are JSON, as objects. */
    get logEntries() {
        return this.#log.split('\n').flatMap((line) => {
            try {
                return line.startsWith('{') ? [JSON.parse(line)] : [];
            } catch {
                return [];
            }
        });
    }

    /** Asks it to end (SIGTERM) and waits. Returns {code, signal}. */
    async stop() {
        if (!this.child) return {code: 0, signal: null};
        this.child.kill('SIGTERM');
        const timer = setTimeout(() => this.child?.kill('SIGKILL'), STOP_MS);
        const result = await this.#exit;
        clearTimeout(timer);
        this.#gone();
        return result;
    }

    /** kill -9, and waits until the process is gone. Its children are its successor's business. */
    async kill() {
        if (!this.child) return;
        this.child.kill('SIGKILL');
        await this.#exit;
        this.#gone();
    }

    /** kill -9, and a start on what it left: the port and the key are those it had, so that `api` stays good. */
    async killAndRestart() {
        await this.kill();
        await this.start();
    }

    /** Resolves when the process ends by itself. */
    exited() {
        return this.#exit;
    }

    /** Ends the server and everything that runs in its folder, then removes the folder. */
    async dispose() {
        await this.stop();
        const deadline = Date.now() + STOP_MS;
        for (let left = await this.stragglers(); left.length; left = await this.stragglers()) {
            left.forEach((pid) => signal(pid, Date.now() < deadline ? 'SIGQUIT' : 'SIGKILL'));
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        if (this.#options.ownsDir && !process.env.MB_KEEP)
            await rm(this.dir, {recursive: true, force: true});
    }

    /** Processes that work inside the data folder: a database or Redis left by a kill -9. */
    async stragglers() {
        const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
        const inside = await Promise.all(
            pids.map(async (pid) => {
                const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
                return cwd === this.dir || cwd.startsWith(`${this.dir}/`);
            }),
        );
        return pids.filter((_, i) => inside[i]).map(Number);
    }

    killNow() {
        if (this.child) signal(this.child.pid, 'SIGKILL');
    }

    #gone() {
        living.delete(this);
        this.child = null;
    }

    #keep(text) {
        this.#log = (this.#log + text).slice(-LOG_CHARS);
    }

    #readyLine() {
        return new Promise((resolve, reject) => {
            let out = '';
            const fail = (why) => {
                clearTimeout(timer);
                this.killNow();
                reject(new Error(`moonbase ${why}; its log ends:\n${this.#log.slice(-4000)}`));
            };
            const timer = setTimeout(() => fail(`was not ready in ${READY_MS} ms`), READY_MS);
            this.#exit.then(({code, signal: by, error}) =>
                fail(error ? `could not start: ${error.message}` : `ended (code ${code}, ${by})`),
            );
            this.child.stdout.setEncoding('utf8').on('data', (text) => {
                out += text;
                const line = out.split('\n').find((l) => l.includes('"ready"'));
                if (!line) return;
                clearTimeout(timer);
                resolve(JSON.parse(line));
            });
        });
    }
}

function signal(pid, name) {
    try {
        process.kill(pid, name);
    } catch {
        // it is gone already
    }
}
