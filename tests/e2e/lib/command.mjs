// The command line: `moonbase` as a program that runs to its end.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';

import {binary, root} from './moonbase.mjs';

/**
 * Runs `moonbase ARGS` to its end: {code, stdout, stderr}. options: input (text for stdin), env (its whole
 * environment beside PATH), cwd.
 */
export function command(args, {input = '', env = {}, cwd = root} = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(binary, args, {cwd, env: {PATH: process.env.PATH, ...env}});
        const out = {stdout: '', stderr: ''};
        for (const name of Object.keys(out)) child[name].setEncoding('utf8').on('data', (text) => (out[name] += text));
        child.on('error', reject);
        child.on('close', (code) => resolve({code, ...out}));
        child.stdin.on('error', () => {}); // it may end without reading
        child.stdin.end(input);
    });
}

/** Makes a customer on a running server, by its data folder; returns an API key of theirs. */
export async function createCustomer(moonbase, name, ...args) {
    const made = await command(['customer', 'create', name, ...args, '--json', '--data', moonbase.dir]);
    assert.equal(made.code, 0, made.stderr);
    return JSON.parse(made.stdout).api_key;
}
