// moonbase eval: cases pass or say why not, wrong files are told by file, case and field.
import assert from 'node:assert/strict';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {command} from './lib/command.mjs';
import {root} from './lib/moonbase.mjs';
import {writePackage} from './lib/packages.mjs';

let dir, folder;
before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'mb-eval-'));
    folder = path.join(dir, 'shop');
    await writePackage(folder, {
        'agent.json': JSON.stringify({
            name: 'shop', version: '1.0.0', summary: 'For tests.', tools: ['http.request', 'kv.set'], hosts: ['api.example.com'],
            input: {type: 'object', required: ['order']},
        }),
        'main.lua': `
local moon = require "moon"
return function(input, ctx)
  local order = moon.tool("http.request", { url = "https://api.example.com/orders/" .. input.order }).json
  if input.keep then moon.kv.set("last", order) end
  return { order = order, lines = #(order.items or {}), prefix = ctx.config.prefix, text = "Order <" .. input.order .. "> & more" }
end`,
        'evals/good.json': JSON.stringify({cases: [{name: 'one', input: {order: '4711'}}]}),
    });
});
after(() => rm(dir, {recursive: true, force: true}));

let count = 0;
async function caseFile(content) {
    const file = path.join(dir, `cases${count++}.json`);
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
}

/** Runs one case; returns its result. */
async function one(fields, args = []) {
    const file = await caseFile({cases: [{name: 'it', input: {order: '4711'}, ...fields}]});
    const {code, stdout, stderr} = await command(['eval', folder, '--json', '--file', file, ...args]);
    assert.equal(stderr, '');
    const {results} = JSON.parse(stdout);
    assert.equal(code, results[0].passed ? 0 : 1);
    return results[0];
}

describe('checks', () => {
    const holds = [
        {at: '/lines', equals: 3}, {at: '/lines', one_of: [2, 3]}, {at: '/lines', min: 1, max: 3}, {at: '/order/number', equals: '4711'},
        {at: '/text', contains: 'order'}, {at: '/text', contains: ['Order', '&']}, {at: '/text', not_contains: 'parcel'},
        {at: '/text', matches: '^Order .*more$', not_matches: 'x{3}'}, {at: '/order/items', count: 3}, {at: '/order/items', count: {min: 1}},
        {at: '/order/items/*/quantity', lua: 'for _, n in ipairs(value) do if n < 1 then return n end end return true'},
        {at: '/order', schema: {type: 'object', required: ['total']}}, {at: '/prefix', exists: false}, {at: '/order', exists: true},
        {lua: 'return run.trace[1].tool == "http.request" and value.lines == 3'},
    ];
    const fails = [
        [{at: '/lines', equals: 4}, /is 3, not 4/], [{at: '/lines', one_of: [7]}, /none of \[7\]/], [{at: '/lines', max: 2}, /3 is more than 2/],
        [{at: '/text', contains: 'parcel'}, /"parcel" is not in/], [{at: '/text', not_contains: 'order'}, /"order" is in/],
        [{at: '/text', matches: '^parcel'}, /does not match \^parcel/], [{at: '/lines', matches: 'x'}, /is no text/],
        [{at: '/order/items', count: 2}, /there are 3, not exactly 2/], [{at: '/order', schema: {required: ['colour']}}, /colour/],
        [{at: '/nowhere', equals: 1}, /is nothing, not 1/], [{at: '/nowhere', exists: true}, /there is nothing/],
        [{lua: 'return "because " .. value.lines'}, /returned because 3/], [{lua: 'return false'}, /false/],
        [{lua: 'local x = value.none.none\nreturn true'}, /predicate failed/], [{lua: 'while true do end'}, /predicate failed/],
        [{lua: 'return require("moon").kv.get("a")'}, /predicate failed/],
    ];

    it('hold where they should', async () => {
        const result = await one({checks: holds});
        assert.deepEqual(result.failures, []);
    });

    it('fail where they should, and say why', async () => {
        const result = await one({checks: fails.map(([check]) => check)});
        for (const [i, [check, reason]] of fails.entries()) {
            const failure = result.failures.find((entry) => entry.at === `/checks/${i}`);
            assert.match(failure?.message ?? 'it passed', reason, JSON.stringify(check));
        }
        assert.equal(result.failures.length, fails.length);
    });

    it('expect status, error, calls, cost and steps', async () => {
        const good = {called: ['http.request', {tool: 'http.request', times: 1, args: {url: 'https://api.example.com/orders/4711'}}], not_called: ['kv.set'], max_steps: 1, max_cost_micros: 50};
        assert.deepEqual((await one({expect: good})).failures, []);
        const bad = {status: 'failed', called: ['kv.set', {tool: 'http.request', times: 2}], not_called: ['http.request'], max_steps: 0, max_cost_micros: 49};
        const places = (await one({expect: bad})).failures.map((failure) => failure.at);
        assert.deepEqual(places, ['/expect/status', '/expect/called', '/expect/called', '/expect/not_called', '/expect/max_cost_micros', '/expect/max_steps']);
        assert.equal((await one({input: {}, expect: {error: 'invalid_input'}})).passed, true);
        const down = {answers: {'http.request': [{error: {code: 'upstream_error', message: 'down'}}]}};
        assert.equal((await one({...down, expect: {error: 'upstream_error'}})).passed, true);
        assert.equal((await one(down)).passed, false);
    });

    it('are judged by a model, which says so when it is a weak judge', async () => {
        const judge = (rubric, min_score) => ({at: '/text', judge: {rubric, min_score, model: 'local'}});
        const near = await one({checks: [judge('Order 4711 and more', 0.3)]});
        assert.equal(near.passed, true);
        assert.match(near.notes[0], /weak judge/);
        assert.match((await one({checks: [judge('Penguins live in the south.', 0.9)]})).failures[0].message, /less than 0\.90/);
    });

    it('are repeated with seeds that count up', async () => {
        const result = await one({seed: 5, checks: [{at: '/lines', equals: 0}]}, ['--repeat', '3']);
        assert.deepEqual([result.runs, result.passes], [3, 0]);
        assert.deepEqual(result.failures.map((failure) => failure.seed), [5, 6, 7]);
    });
});

describe('the outcome', () => {
    it('is a table, JUnit XML and the exit code', async () => {
        const file = await caseFile({defaults: {config: {prefix: 'p'}}, cases: [
            {name: 'good <one>', input: {order: '1'}, checks: [{at: '/prefix', equals: 'p'}]},
            {name: 'bad', input: {order: '2'}, checks: [{at: '/text', about: 'names the order', contains: 'a "quoted" & <b>'}]},
        ]});
        const xml = path.join(dir, 'junit.xml');
        const {code, stdout} = await command(['eval', folder, '--file', file, '--junit', xml]);
        assert.equal(code, 1);
        assert.match(stdout, /^pass {2}good <one>/m);
        assert.match(stdout, /^FAIL {2}bad/m);
        assert.match(stdout, /\/checks\/0 at \/text \(names the order\): /);
        assert.match(stdout, /^1 passed, 1 failed/m);
        const text = await readFile(xml, 'utf8');
        assert.match(text, /<testsuite name="shop" tests="2" failures="1" errors="0"/);
        assert.match(text, /<testcase name="good &lt;one&gt;"/);
        assert.match(text, /&quot;quoted/);
        const only = await command(['eval', folder, '--file', file, '--only', 'good']);
        assert.equal(only.code, 0);
        assert.match(only.stdout, /1 passed, 0 failed/);
        assert.equal((await command(['eval', folder])).code, 0);
    });

    it('is 2, with file, case and field, when the cases cannot be run', async () => {
        const wrong = (fields) => ({cases: [{name: 'fine', input: {}}, {name: 'odd', input: {}, ...fields}]});
        const cases = [
            ['{"cases": [', /cases\d+\.json/], [{}, /cases/], [wrong({colour: 1}), /cases\/1\/colour: case "odd"/],
            [wrong({checks: [{at: 'x'}]}), /case "odd"/], [wrong({checks: [{at: '/x'}]}), /\/cases\/1\/checks\/0: case "odd": the check names a place/],
            [wrong({checks: [{matches: '('}]}), /checks\/0\/matches/], [wrong({checks: [{schema: {type: 'thing'}}]}), /checks\/0\/schema/],
            [wrong({checks: [{lua: 'local a = 1\nreturn ('}]}), /checks\/0\/lua: case "odd": line [23]/],
            [wrong({name: 'fine'}), /another case has this name/], [wrong({expect: {called: ['Bad Tool']}}), /expect\/called/],
            [wrong({model: 'gpt-55'}), /no model/],
        ];
        for (const [content, reason] of cases) {
            const {code, stderr} = await command(['eval', folder, '--file', await caseFile(content)]);
            assert.equal(code, 2, JSON.stringify(content) + stderr);
            assert.match(stderr, reason);
        }
        assert.equal((await command(['eval', path.join(dir, 'nothing')])).code, 2);
        assert.equal((await command(['eval', folder, '--only', 'no such case'])).code, 2);
        assert.equal((await command(['eval', folder, '--repeat', '0'])).code, 2);
    });
});

describe('the packages of the platform', async () => {
    for (const name of await readdir(path.join(root, 'agents'))) {
        const here = path.join(root, 'agents', name);
        const cases = await readdir(path.join(here, 'evals')).catch(() => []);
        if (!cases.some((file) => file.endsWith('.json'))) continue;
        it(`${name} passes its evals with the local model`, async () => {
            const {code, stdout, stderr} = await command(['eval', here]);
            assert.equal(code, 0, stdout + stderr);
        });
    }
});
