// The processes that belong to a server, for tests that stop or kill them.
import assert from 'node:assert/strict';

import {processes, tree} from '../../bench/lib/proc.mjs';

/** kill -9 of all workers of this name below the server: `moonbase-agent`, `moonbase-tools`. */
export function killWorkers(moonbase, name) {
    const workers = tree([moonbase.pid]).filter((process) => process.name === name);
    assert.ok(workers.length > 0, `there is a ${name}`);
    workers.forEach(({pid}) => process.kill(pid, 'SIGKILL'));
}

/** The processes of this name that work in the server's folder, its database's for one: [{pid, parent, name}]. */
export async function processesOf(moonbase, name) {
    const all = processes();
    const own = (await moonbase.stragglers()).map((pid) => all.get(pid));
    return own.filter((process) => process?.name === name);
}
