// Simulations: nothing outside is touched, the answers are the same each time, and what they tell is true.
import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {command} from './lib/command.mjs';
import {startMoonbase} from './lib/moonbase.mjs';
import {writePackage} from './lib/packages.mjs';

// One package whose input says what it does.
const manifest = {
    name: 'simulated', version: '1.0.0', summary: 'For tests.',
    tools: ['http.request', 'kv.get', 'kv.set', 'memory.search', 'sleep', 'approve', 'ask', 'llm.chat', 'llm.json'],
    models: ['local', 'gpt-5-mini'], hosts: ['api.example.com', '*.never.example'], secrets: ['CRM_TOKEN', 'UNUSED'],
    pricing: {per_run_micros: 500},
};
const main = `
local moon = require "moon"
local acts = {}
function acts.http(step) return moon.tool("http.request", step.args) end
function acts.set(step) return moon.kv.set(step.key, step.value) end
function acts.get(step) return moon.kv.get(step.key) end
function acts.sleep(step)
  local before = moon.now()
  moon.sleep(step.seconds)
  return moon.now() - before
end
function acts.approve(step) return moon.tool("approve", step.args) end
function acts.ask(step) return moon.tool("ask", step.args) end
function acts.chat(step) return moon.tool("llm.chat", step.args) end
function acts.json(step) return moon.tool("llm.json", step.args) end
function acts.search(step) return moon.tool("memory.search", step.args) end
function acts.call(step) return moon.tool(step.tool, step.args) end
function acts.uuid() return moon.uuid() end
return function(input)
  local out = {}
  for i, step in ipairs(input) do
    local ok, value = pcall(acts[step.act], step)
    if not ok and type(value) ~= "table" then error(value, 0) end
    out[i] = ok and { value = value } or { error = value.code }
  end
  return moon.json.array(out)
end
`;
const files = {'agent.json': JSON.stringify(manifest), 'main.lua': main};

let dir, folder;
before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'mb-sim-'));
    folder = await writePackage(path.join(dir, 'simulated'), files);
});
after(() => rm(dir, {recursive: true, force: true}));

let count = 0;
/** Simulates these steps on the command line; returns the report. */
async function simulate(steps, {given, args = []} = {}) {
    const more = [];
    if (given) {
        const file = path.join(dir, `given${count++}.json`);
        await writeFile(file, JSON.stringify(given));
        more.push('--answers', file);
    }
    const result = await command(
        ['run', folder, '--simulate', '--json', '--input', '-', ...more, ...args], {input: JSON.stringify(steps)});
    assert.equal(result.stderr, '');
    return JSON.parse(result.stdout);
}

const values = (report) => report.output.map((one) => ('value' in one ? one.value : one));
const sources = (report) => report.trace.map((step) => step.source);
const GET_ORDER = {act: 'http', args: {url: 'https://api.example.com/orders', query: {number: 12}}};

describe('moonbase run --simulate', () => {
    it('answers tools from their examples, and from made-up records where there is none', async () => {
        const report = await simulate([
            GET_ORDER,
            {act: 'http', args: {url: 'https://api.example.com/v1/tickets/T-77'}},
            {act: 'http', args: {method: 'DELETE', url: 'https://api.example.com/v1/tickets/T-77'}},
        ]);
        const [order, ticket, gone] = values(report);
        assert.deepEqual(order.json, {status: 'shipped'});
        assert.equal(order.url, 'https://api.example.com/orders');
        assert.equal(ticket.json.id, 'T-77');
        assert.match(ticket.json.requester.email, /@/);
        assert.equal(gone.status, 200);
        assert.deepEqual(sources(report), ['example', 'generator', 'generator']);
        assert.equal(report.status, 'succeeded');
    });

    it('gives the same bytes for the same seed, and others for another', async () => {
        const steps = [{act: 'http', args: {url: 'https://api.example.com/tickets'}}, {act: 'uuid'}];
        const [one, two, other] = await Promise.all(
            ['7', '7', '8'].map((seed) => simulate(steps, {args: ['--seed', seed]})));
        assert.equal(JSON.stringify(one.output), JSON.stringify(two.output));
        assert.notEqual(JSON.stringify(one.output[0]), JSON.stringify(other.output[0]));
    });

    it('lets waits pass at once while the run sees its clock jump', async () => {
        const report = await simulate([{act: 'sleep', seconds: 30 * 86400}]);
        assert.ok(values(report)[0] >= 30 * 86400);
        assert.ok(report.duration_ms < 60_000);
        assert.deepEqual(sources(report), ['clock']);
    });

    it('keeps stored data in memory, beginning with what is given', async () => {
        const steps = [
            {act: 'get', key: 'a'}, {act: 'get', key: 'b'}, {act: 'set', key: 'b', value: [1]}, {act: 'get', key: 'b'},
            {act: 'search', args: {collection: 'docs', query: 'parcel'}},
        ];
        const given = {given: {kv: {a: 'stored'}, memory: {docs: [{id: 'one', title: 'Parcel', body: 'A parcel.'}]}}};
        const report = await simulate(steps, {given});
        assert.equal(values(report)[0], 'stored');
        assert.deepEqual(values(report)[3], [1]);
        assert.equal(values(report)[4].documents[0].id, 'one');
        assert.ok(sources(report).every((source) => source === 'memory'));
    });

    it('decides questions by rule: approved without one, else as the first that fits says', async () => {
        const form = {type: 'object', required: ['warehouse'], properties: {warehouse: {enum: ['north', 'south']}}};
        const steps = [
            {act: 'approve', args: {title: 'Refund EUR 5?'}},
            {act: 'approve', args: {title: 'Delete all?'}},
            {act: 'approve', args: {title: 'Late one', deadline_s: 60, on_deadline: 'fail'}},
            {act: 'ask', args: {title: 'Which?', form}},
            {act: 'ask', args: {title: 'Given', form}},
        ];
        const decisions = [
            {title: 'delete', decide: 'reject', comment: 'no', by: 'kim@example.com'},
            {title: 'late', decide: 'deadline'},
            {tool: 'ask', title: 'given', decide: 'approve', data: {warehouse: 'south'}},
        ];
        const [refund, deleted, late, which, givenOne] = values(await simulate(steps, {given: {decisions}}));
        assert.equal(refund.approved, true);
        assert.deepEqual([deleted.approved, deleted.comment, deleted.by], [false, 'no', 'kim@example.com']);
        assert.deepEqual(late, {error: 'timeout'});
        assert.ok(['north', 'south'].includes(which.data.warehouse));
        assert.equal(givenOne.data.warehouse, 'south');
    });

    it('puts given answers first, in turn, and only for the arguments that they name', async () => {
        const answers = {
            'http.request': [
                {args: {query: {number: 13}}, error: {code: 'upstream_error', message: 'down'}},
                {result: {status: 418, headers: {}}},
            ],
            'llm.json': [{category: 'billing'}],
        };
        const thirteen = {act: 'http', args: {url: 'https://api.example.com/orders', query: {number: 13}}};
        const report = await simulate(
            [GET_ORDER, thirteen, GET_ORDER, {act: 'json', args: {prompt: 'x', schema: {type: 'object'}}}], {given: {answers}});
        assert.equal(values(report)[0].status, 418);
        assert.deepEqual(values(report)[1], {error: 'upstream_error'});
        assert.equal(values(report)[2].status, 200);
        assert.deepEqual(values(report)[3].value, {category: 'billing'});
        assert.deepEqual(sources(report), ['answers', 'answers', 'example', 'answers']);
    });

    it('refuses what agent.json does not name, and lists what it names for nothing', async () => {
        const report = await simulate([
            GET_ORDER,
            {act: 'http', args: {url: 'https://evil.example.org/'}},
            {act: 'http', args: {url: 'https://api.example.com/orders', auth: {secret: 'CRM_TOKEN'}}},
            {act: 'http', args: {url: 'https://api.example.com/orders', auth: {secret: 'OTHER'}}},
            {act: 'call', tool: 'memory.upsert', args: {collection: 'c', documents: [{id: 'a', body: 'b'}]}},
            {act: 'chat', args: {prompt: 'hi', model: 'gpt-5'}},
        ]);
        assert.deepEqual(report.output.map((one) => one.error),
            [undefined, 'egress_denied', undefined, 'not_found', 'tool_denied', 'tool_denied']);
        const {tools, hosts, secrets, models} = report.permissions;
        assert.deepEqual(tools.used, ['http.request']);
        assert.ok(tools.unused.includes('kv.set'));
        assert.deepEqual(tools.denied, ['memory.upsert']);
        assert.deepEqual(hosts, {used: ['api.example.com'], unused: ['*.never.example'], denied: ['evil.example.org']});
        assert.deepEqual(secrets, {used: ['CRM_TOKEN'], unused: ['UNUSED'], denied: ['OTHER']});
        assert.deepEqual(models, {used: [], unused: ['gpt-5-mini', 'local'], denied: ['gpt-5']});
    });

    it('answers as the local model and prices the model that was asked for', async () => {
        const report = await simulate([{act: 'chat', args: {prompt: 'Say hello to Kim.', model: 'gpt-5-mini'}}, GET_ORDER]);
        assert.equal(report.trace[0].source, 'model');
        const {cost} = report;
        assert.equal(cost.models[0].model, 'gpt-5-mini');
        assert.equal(cost.run_micros, 500);
        assert.equal(cost.tools_micros, 50);
        assert.ok(cost.models[0].likely_micros > 0);
        assert.ok(cost.low_micros <= cost.likely_micros && cost.likely_micros < cost.high_micros);
        assert.equal(cost.likely_micros, 550 + cost.models[0].likely_micros);
    });

    it('says what is wrong with the arguments', async () => {
        const cases = [
            [['--seed', 'x'], 2, /--seed is an integer/],
            [['--model', 'gpt-55'], 1, /no model "gpt-55"/],
            [['--answers', path.join(dir, 'none.json')], 2, /cannot be opened/],
        ];
        for (const [args, code, reason] of cases) {
            const result = await command(['run', folder, '--simulate', '--input', '-', ...args], {input: '[]'});
            assert.equal(result.code, code, result.stderr);
            assert.match(result.stderr, reason);
        }
    });

    it('shows a person the trace, the cost and the permissions', async () => {
        const {code, stdout} = await command(['run', folder, '--simulate', '--input', '-'], {input: JSON.stringify([GET_ORDER])});
        assert.equal(code, 0);
        assert.match(stdout, /http\.request +example/);
        assert.match(stdout, /cost of a run: likely \$0\.00055/);
        assert.match(stdout, /asked for, not used: .*kv\.get/);
    });
});

describe('POST /v1/simulate', () => {
    let server;
    before(async () => (server = await startMoonbase()));
    after(() => server.dispose());
    const post = (body, api = server.api) => api.post('/v1/simulate', body);

    it('runs files that are not stored, and stores nothing', async () => {
        const before = (await server.api.get('/v1/balance')).json;
        const answer = await post({files, input: [GET_ORDER, {act: 'set', key: 'k', value: 1}], seed: 3});
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(answer.json.trace.map((step) => step.source), ['example', 'memory']);
        assert.deepEqual((await server.api.get('/v1/balance')).json, before);
        assert.deepEqual((await server.api.get('/v1/runs')).json.data, []);
        assert.ok(!(await server.api.get('/v1/packages')).json.data.some((one) => one.name === 'simulated'));
    });

    it("runs a stored package with its knowledge, the platform's too", async () => {
        const input = {subject: 'Forgot my password', body: 'I forgot my password. Can you help me?'};
        const answer = await post({package: 'ticket_resolver', input});
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.status, 'succeeded');
        assert.equal(answer.json.output.category, 'account');
        assert.deepEqual(answer.json.permissions.collections.used, ['help_center']);
        assert.ok(!answer.text.includes('main.lua'));
    });

    it('says what does not fit, with its place', async () => {
        const cases = [
            [{package: 'nowhere', input: {}}, 404, '/package'],
            [{input: {}}, 400, ''],
            [{files, package: 'x', input: []}, 400, ''],
            [{files, input: [], model: 'real'}, 400, '/model'],
            [{files: {...files, 'main.lua': 'return ('}, input: []}, 422, 'main.lua:1'],
            [{package: 'ticket_resolver', input: {subject: 1}}, 422, '/input'],
            [{package: 'ticket_resolver', input: {subject: 'a', body: 'b'}, config: {passages: 0}}, 422, '/config/passages'],
            [{files, input: [], given: {kv: {'': 1}}}, 422, '/given/kv'],
        ];
        for (const [body, status, place] of cases) {
            const answer = await post(body);
            assert.equal(answer.status, status, answer.text);
            const pointer = decodeURI(answer.json.errors?.[0].pointer ?? answer.json.pointer ?? '');
            assert.ok(pointer.replace(/^#/, '').startsWith(place), answer.text);
        }
    });

    it('answers a run that fails, with its line', async () => {
        const answer = await post({files: {...files, 'main.lua': 'return function()\n  error("no")\nend'}, input: {}});
        assert.equal(answer.status, 200);
        assert.equal(answer.json.status, 'failed');
        assert.deepEqual([answer.json.error.file, answer.json.error.line], ['main.lua', 2]);
    });

    it('goes on when a client leaves in the middle, and serves many at once', async () => {
        const busy = {...files, 'main.lua': 'return function() local n = 0 while true do n = n + 1 end end'};
        const controller = new AbortController();
        const left = server.api.post('/v1/simulate', {files: busy, input: {}}, {signal: controller.signal}).catch(() => {});
        const many = Array.from({length: 12}, (_, i) => post({files, input: [GET_ORDER], seed: i}));
        for (const answer of await Promise.all(many)) assert.equal(answer.status, 200, answer.text);
        controller.abort();
        await left;
        assert.equal((await post({files, input: []})).status, 200);
        assert.equal((await server.api.get('/healthz')).status, 200);
    });
});
