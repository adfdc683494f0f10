// Small agent packages for tests.
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';

let serial = 0;

/** A name that no other package of this process has. */
export function uniqueName(prefix = 'test_agent') {
    serial += 1;
    return `${prefix}_${process.pid}_${serial}`;
}

/**
 * The files of a package whose main.lua is `main`: {path: text}. `manifest` is laid over a
 * manifest that allows anything as input and output; `files` are more files.
 */
export function agentPackage(main, manifest = {}, files = {}) {
    const agent = {
        name: uniqueName(),
        version: '1.0.0',
        category: 'test',
        summary: 'an agent of a test',
        input: {},
        output: {},
        ...manifest,
    };
    return {'agent.json': JSON.stringify(agent, null, 2), 'main.lua': main, ...files};
}

/** An agent that gives back its input. */
export const echoAgent = (manifest) => agentPackage('return function(input) return input end', manifest);

/** Writes a package's files, {path: text}, below a folder that is made if need be; returns the folder. */
export async function writePackage(folder, files) {
    for (const [name, text] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(folder, name)), {recursive: true});
        await writeFile(path.join(folder, name), text);
    }
    return folder;
}
