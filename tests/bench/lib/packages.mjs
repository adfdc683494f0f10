// The agents that are measured: those of tests/packages by name, and small ones of our own.
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

/** The task of the table. */
export const benchTask = () => packageOf('bench_task');

const small = (name, main, manifest) => agentPackage(main, {name, version: '1.0.0', ...manifest});

/** Answers at once: what a run costs that asks for nothing. */
export const noCall = () => small('bench_no_call', 'return function(input) return { text = input.subject } end');

/** One model call. */
export const oneCall = () =>
    small(
        'bench_one_call',
        `local moon = require "moon"
return function(input)
    return { text = moon.llm.chat({ prompt = input.subject }).text }
end`,
        {tools: ['llm.chat'], models: ['*']},
    );

/** Parks: waits for so many seconds. */
export const sleeper = () =>
    small(
        'bench_sleeper',
        `local moon = require "moon"
return function(input)
    moon.sleep(input.seconds)
    return {}
end`,
        {tools: ['sleep']},
    );

/** Parks: waits for a person. */
export const asker = () =>
    small(
        'bench_asker',
        `local moon = require "moon"
return function(input)
    return { decision = moon.approve { title = input.subject } }
end`,
        {tools: ['approve']},
    );

/** Burns CPU until it is stopped. */
export const loop = () => small('bench_loop', 'return function() while true do end end');

/** What a hostile neighbour does, each until a limit ends it. */
export const hostile = () => ({
    loop: loop(),
    allocate: small(
        'bench_allocate',
        `return function()
    local kept = {}
    while true do kept[#kept + 1] = string.rep("x", 65536) .. #kept end
end`,
    ),
    emit: small(
        'bench_emit',
        `local moon = require "moon"
return function()
    while true do moon.emit({ text = string.rep("x", 1000) }) end
end`,
    ),
    log: small(
        'bench_log',
        `local moon = require "moon"
return function()
    while true do moon.log.info(string.rep("x", 1000)) end
end`,
    ),
});
