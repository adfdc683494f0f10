// Processes as /proc shows them: who belongs to whom, what they burn, what they hold.
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';

const read = (file) => {
    try {
        return readFileSync(file, 'utf8');
    } catch {
        return ''; // it is gone, or not ours to read
    }
};

export const pids = () =>
    readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number);

/** Map of pid -> {pid, parent, name} of all processes. */
export function processes() {
    const all = new Map();
    for (const pid of pids()) {
        const stat = read(`/proc/${pid}/stat`);
        const end = stat.lastIndexOf(')');
        if (end < 0) continue;
        const fields = stat.slice(end + 2).split(' ');
        if (fields[0] === 'Z') continue;
        all.set(pid, {pid, parent: Number(fields[1]), name: stat.slice(stat.indexOf('(') + 1, end)});
    }
    return all;
}

/** The processes below (and with) `roots`, as a list. */
export function tree(roots, all = processes()) {
    const inside = new Set(roots.filter((pid) => all.has(pid)));
    for (let before = -1; before !== inside.size;) {
        before = inside.size;
        for (const {pid, parent} of all.values()) if (inside.has(parent)) inside.add(pid);
    }
    return [...inside].map((pid) => all.get(pid));
}

/** CPU milliseconds of one process with all its threads, from the scheduler's own account. */
export function cpuMs(pid) {
    let ns = 0;
    let tasks = [];
    try {
        tasks = readdirSync(`/proc/${pid}/task`);
    } catch {
        return 0;
    }
    for (const task of tasks) ns += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] || 0);
    return ns / 1e6;
}

/** Memory of one process in KB: {rss, pss, own}; own = what nobody shares with it. */
export function memoryKb(pid) {
    const text = read(`/proc/${pid}/smaps_rollup`);
    const field = (name) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    return {rss: field('Rss'), pss: field('Pss'), own: field('Private_Clean') + field('Private_Dirty')};
}

export const executable = (pid) => {
    try {
        return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
    } catch {
        return '';
    }
};

/** Its command line, or the title that it gave itself. */
export const commandLine = (pid) => read(`/proc/${pid}/cmdline`).replace(/\0/g, ' ').trim();
