// The packages in agents/, as an upload takes them.
import {readFile, readdir} from 'node:fs/promises';
import path from 'node:path';

import {root} from './moonbase.mjs';

const NOT_UPLOADED = new Set(['spec', 'evals']);

async function walk(folder, prefix, files) {
    for (const entry of await readdir(folder, {withFileTypes: true})) {
        const name = prefix + entry.name;
        if (entry.isDirectory()) {
            if (!NOT_UPLOADED.has(name)) await walk(path.join(folder, entry.name), `${name}/`, files);
        } else files[name] = await readFile(path.join(folder, entry.name), 'utf8');
    }
    return files;
}

/** The files of agents/NAME, {path: text}; `manifest` is laid over its agent.json. */
export async function agentFolder(name, manifest = {}) {
    const files = await walk(path.join(root, 'agents', name), '', {});
    files['agent.json'] = JSON.stringify({...JSON.parse(files['agent.json']), ...manifest});
    return files;
}

/** The documents of a folder of Markdown files, as demo collections have them: [{id, title, body, metadata}]. */
export function documentsOf(files, folder) {
    return Object.entries(files).filter(([name]) => name.startsWith(`${folder}/`)).map(([name, text]) => {
        const [, head = '', rest] = /^(?:---\n([\s\S]*?)\n---\n)?([\s\S]*)$/.exec(text);
        const [, title, body] = /^\s*# (.*)\n+([\s\S]*)$/.exec(rest);
        const metadata = Object.fromEntries(head.split('\n').filter(Boolean).map((line) => line.split(/:\s*(.*)/s, 2)));
        return {id: path.basename(name, '.md'), title, body, metadata};
    });
}
