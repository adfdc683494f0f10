// The agents that are measured: those of tests/packages by name, and a small one of our own.
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

import {agentPackage} from '../../e2e/lib/packages.mjs';
import {root} from './settings.mjs';

function* walk(dir, below = '') {
    for (const entry of readdirSync(path.join(dir, below), {withFileTypes: true})) {
        const at = path.posix.join(below, entry.name);
        if (entry.isDirectory()) yield* walk(dir, at);
        else yield at;
    }
}

/** The files of tests/packages/NAME as {path: text}. */
export function packageOf(name) {
    const dir = path.join(root, 'tests/packages', name);
    const files = [...walk(dir)].filter((file) => !file.startsWith('spec/'));
    return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(dir, file), 'utf8')]));
}

/** What POST /v1/deployments takes besides the package, so that its model is the stub. */
export const onStub = {config: {model: 'stub'}};

/** Deploys the task of the table. */
export const deployTask = (client) => client.deploy(packageOf('bench_task'), onStub);

/** An agent that makes one model call and nothing else. */
export const oneCall = () =>
    agentPackage(
        `local moon = require "moon"
return function(input)
    return { text = moon.llm.chat({ model = "stub", prompt = input.subject }).text }
end`,
        {name: 'bench_one_call', tools: ['llm.chat'], models: ['*']},
    );

/** What a hostile customer runs, each until a limit ends it. */
export const HOSTILE = ['hostile_loop', 'hostile_alloc', 'hostile_flood_emit', 'hostile_flood_log'];
