// The Node peers: their packages are installed below build/peers, their servers started beside the
// same stub and the same PostgreSQL as Moonbase.
import {cpSync, existsSync, mkdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

import {freePort} from '../../e2e/lib/moonbase.mjs';
import {ticketFile} from './drive.mjs';
import {runProgram, startProgram, until} from './run-program.mjs';
import {benchDir, buildDir} from './settings.mjs';

const INSTALL_MS = 300_000;
const START_MS = 60_000;

const answersTickets = (url) =>
    fetch(url, {
        method: 'POST',
        headers: {'content-type': 'application/json'},
        body: readFileSync(ticketFile),
    }).then(
        (response) => response.ok,
        () => false,
    );

/** The folder of the installed peer; throws an error with `skip` when npm cannot give it. */
export async function installPeer(name) {
    const dir = path.join(buildDir, 'peers', name);
    mkdirSync(dir, {recursive: true});
    cpSync(path.join(benchDir, 'peers', name), dir, {recursive: true});
    if (!existsSync(path.join(dir, 'node_modules/.package-lock.json'))) {
        try {
            const args = ['install', '--no-audit', '--no-fund', '--silent'];
            await runProgram('npm', args, {cwd: dir, timeout: INSTALL_MS});
        } catch (error) {
            throw Object.assign(
                new Error(`skipped: npm does not give ${name} (${error.message.split('\n')[0]})`),
                {skip: true},
            );
        }
    }
    return dir;
}

/**
 * Starts peer `name` with its server.mjs; {url, stop()}. `database` is a libpq-like URL of an
 * administrator's database on the server that the peer is to use.
 */
export async function startPeer(name, {stub, database, path: where = 'agent', env = {}}) {
    const dir = await installPeer(name);
    const port = await freePort();
    const program = startProgram('node', ['server.mjs'], {
        cwd: dir,
        env: {...process.env, STUB: stub, PORT: String(port), DB: database, ...env},
    });
    const url = `http://127.0.0.1:${port}`;
    try {
        await until(() => answersTickets(`${url}/${where}`), START_MS, name, 200);
    } catch (error) {
        await program.stop();
        throw new Error(`${error.message}: ${program.log.slice(-1000)}`);
    }
    return {url: `${url}/${where}`, port, pid: program.pid, stop: () => program.stop()};
}
