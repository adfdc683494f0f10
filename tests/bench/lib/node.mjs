// The parts of one Moonbase host, told apart: core, sandboxes, toolboxes, database.
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

import {cpuMs, memoryKb, processes, tree} from './proc.mjs';
import {sum} from './stats.mjs';

const PARTS = {
    moonbase: 'core',
    'moonbase-agent': 'sandbox',
    'moonbase-tools': 'toolbox',
    'moonbase-zygote': 'zygote',
    'moonbase-init': 'zygote',
    'moonbase-sandbo': 'zygote', // before it has named itself
    'redis-server': 'redis',
};

/** The pid files of PostgreSQL servers in a data folder: {pid, port, socketDir}. */
export function databasesIn(dir, depth = 3) {
    const found = [];
    for (const entry of readdirSync(dir, {withFileTypes: true})) {
        const at = path.join(dir, entry.name);
        if (entry.name === 'postmaster.pid') {
            const lines = readFileSync(at, 'utf8').split('\n');
            found.push({pid: Number(lines[0]), port: Number(lines[3]), socketDir: lines[4]});
        } else if (entry.isDirectory() && depth > 0) {
            try {
                found.push(...databasesIn(at, depth - 1));
            } catch {
                // it went away, or is PostgreSQL's own
            }
        }
    }
    return found;
}

/** {core: [pid...], sandbox: [...], toolbox, zygote, redis, postgres} of a running host. */
export function parts(moonbase) {
    const all = processes();
    const result = {core: [], sandbox: [], toolbox: [], zygote: [], redis: [], postgres: []};
    const postgres = new Set(
        tree(
            databasesIn(moonbase.dir).map((db) => db.pid),
            all,
        ).map((p) => p.pid),
    );
    for (const {pid, name} of tree([moonbase.pid], all)) {
        if (postgres.has(pid)) continue;
        const part = PARTS[name];
        if (part) result[part].push(pid);
    }
    result.postgres = [...postgres];
    return result;
}

/** CPU milliseconds by part so far. Differences count only processes that live at both ends. */
export function cpuByPart(moonbase) {
    const result = {};
    for (const [part, list] of Object.entries(parts(moonbase)))
        result[part] = new Map(list.map((pid) => [pid, cpuMs(pid)]));
    return result;
}

export function cpuBetween(before, after) {
    const result = {};
    for (const part of Object.keys(after))
        result[part] = sum([...after[part]].map(([pid, ms]) => ms - (before[part]?.get(pid) ?? 0)));
    return result;
}

/** Memory by part in KB: {core: {rss, pss, own, processes}, ...} and `node`: all but the database. */
export function memoryByPart(moonbase) {
    const result = {};
    const node = {rss: 0, pss: 0, own: 0, processes: 0};
    for (const [part, list] of Object.entries(parts(moonbase))) {
        const each = list.map(memoryKb);
        result[part] = {processes: list.length};
        for (const kind of ['rss', 'pss', 'own']) result[part][kind] = sum(each.map((m) => m[kind]));
        if (part !== 'postgres' && part !== 'redis')
            for (const kind of Object.keys(node)) node[kind] += result[part][kind];
    }
    return {...result, node};
}
