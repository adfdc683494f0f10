// Other programs: run to their end, or kept in the background and ended with the benchmark.
import {spawn} from 'node:child_process';

const background = new Set();
process.on('exit', () => background.forEach((child) => end(child, 'SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

function end(child, signal) {
    try {
        process.kill(child.ownGroup ? -child.pid : child.pid, signal);
    } catch {
        // it is gone already
    }
}

/**
 * Runs a program; resolves with its stdout, rejects with what it said when it fails. `onPid` hears
 * of it as soon as it runs.
 */
export function runProgram(command, args, {input, onPid = () => {}, ...options} = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'pipe'], ...options});
        background.add(child);
        onPid(child.pid);
        let out = '';
        let err = '';
        child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
        child.stderr.setEncoding('utf8').on('data', (text) => (err = (err + text).slice(-8000)));
        child.stdin.on('error', () => {});
        child.stdin.end(input ?? '');
        child.once('error', reject);
        child.once('close', (code, signal) => {
            background.delete(child);
            if (code === 0) resolve(out);
            else reject(new Error(`${command} ended with ${code ?? signal}: ${(err || out).slice(-2000)}`));
        });
    });
}

/** Starts a program in a process group of its own. {child, stop()}; output goes to `log` lines. */
export function startProgram(command, args, options = {}) {
    const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options});
    child.ownGroup = true;
    child.log = '';
    background.add(child);
    for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', (text) => (child.log = (child.log + text).slice(-20000)));
    const gone = new Promise((resolve) => {
        child.once('error', (error) => {
            child.log += error.message;
            resolve();
        });
        child.once('exit', resolve);
    });
    gone.then(() => background.delete(child));
    return {
        child,
        pid: child.pid,
        get log() {
            return child.log;
        },
        async stop() {
            end(child, 'SIGTERM');
            const timer = setTimeout(() => end(child, 'SIGKILL'), 5000);
            await gone;
            clearTimeout(timer);
        },
    };
}

/** Waits until `is()` gives something true, at most `ms`. */
export async function until(is, ms, what, every = 50) {
    for (const deadline = Date.now() + ms; ;) {
        const value = await is();
        if (value) return value;
        if (Date.now() > deadline) throw new Error(`${what}: not in ${ms} ms`);
        await new Promise((resolve) => setTimeout(resolve, every));
    }
}
