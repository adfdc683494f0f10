// moon.agent through the real server, with the model `script`: tools, mistakes, limits, people, and what is left when
// a process is killed in the middle. And offline, with the model `local`.
import assert from 'node:assert/strict';
import {rm} from 'node:fs/promises';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {command} from './lib/command.mjs';
import {startMoonbase, temporaryDir} from './lib/moonbase.mjs';
import {agentPackage, writePackage} from './lib/packages.mjs';
import {killWorkers} from './lib/processes.mjs';
import {startService, until} from './lib/service.mjs';

const call = (name, args) => ({name, arguments: args});
// What the script answers: "match" is what the user said last, "turn" how often the model has answered in this
// conversation, "times" how often the entry serves.
const scriptOf = (url) => [
    {match: 'one tool', turn: 0, tool_calls: [call('kv.get', {key: 'b'})]},
    {match: 'one tool', turn: 1, reply: 'it is there'},
    {match: 'side by side', turn: 0, tool_calls: ['/a', '/b', '/c'].map((p) => call('http.request', {url: url + p}))},
    {match: 'side by side', turn: 1, reply: 'all three'},
    {match: 'clumsy', turn: 0, tool_calls: [call('add', {a: 'one', b: 2})]},
    {match: 'clumsy', turn: 1, tool_calls: [call('add', '{"a": 1,')]},
    {match: 'clumsy', turn: 2, tool_calls: [call('sum', {a: 1, b: 2})]},
    {match: 'clumsy', turn: 3, tool_calls: [call('kv.get', {k: 'wrong'})]},
    {match: 'clumsy', turn: 4, tool_calls: [call('add', {a: 1, b: 2})]},
    {match: 'clumsy', turn: 5, reply: 'three'},
    {match: 'circles', tool_calls: [call('kv.get', {key: 'same'})]},
    {match: 'no json', turn: 0, reply: 'It is seven.'},
    {match: 'is no JSON', turn: 1, reply: '{"n": "seven"}'},
    {match: '/n: must be of type', turn: 2, reply: '{"n": 7}'},
    {match: 'my invoice', system: 'You greet', tool_calls: [call('transfer_to_billing', {reason: 'money'})]},
    {match: 'my invoice', system: 'You bill', reply: 'It is paid.'},
    {match: 'dangerous', turn: 0, tool_calls: [call('kv.set', {key: 'x', value: 1})]},
    {match: 'dangerous', turn: 1, reply: 'so be it'},
    {match: 'kill me', turn: 0, times: 1, tool_calls: [call('http.request', {url: `${url}/first`})]},
    {match: 'kill me', turn: 1, times: 1, tool_calls: [call('http.request', {url: `${url}/slow`})]},
    {match: 'kill me', turn: 2, times: 1, reply: 'still here'},
    {match: 'not mine', tool_calls: [call('file.read', {path: 'x'})]},
];

const ADD = `{name = "add", description = "Adds.", args = moon.schema.object{a = moon.schema.number(), b = moon.schema.number()},
  run = function(args) return {sum = args.a + args.b} end}`;

/** A package that runs one agent and gives back its result; `options` is the Lua of moon.agent's. */
const mainOf = (options, before = '') => `
local moon = require "moon"
return function(input)
  ${before}
  local result = moon.agent{model = "script", ${options}}:run(input)
  return {output = result.output, agent = result.agent, steps = result.steps, usage = result.usage, messages = result.messages}
end`;

let moonbase, api, service;
before(async () => {
    service = await startService();
    moonbase = await startMoonbase({
        env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1'},
        files: {MOONBASE_MODEL_SCRIPT: scriptOf(service.url)},
    });
    api = moonbase.api;
});
after(async () => {
    await moonbase?.dispose();
    service?.stop();
});

async function deploy(options, tools = [], before = '') {
    const manifest = {tools: ['llm.chat', ...tools], models: ['*'], hosts: ['127.0.0.1']};
    return (await api.deploy(agentPackage(mainOf(options, before), manifest))).id;
}

async function execute(id, input) {
    const {json} = await api.execute(id, input);
    return json;
}

const stepsOf = async (run) => (await api.get(`/v1/runs/${run.id}/steps?limit=100`)).json.data;

describe('tools', () => {
    it('are named to the core, executed, and told as canonical JSON; descriptions do not travel', async () => {
        const id = await deploy('tools = {"kv.get"}', ['kv.get', 'kv.set'], 'moon.kv.set("b", {z = 1, a = {}})');
        const run = await execute(id, 'one tool');
        assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
        assert.equal(run.output.output, 'it is there');
        assert.equal(run.output.messages[2].content, '{"found":true,"value":{"a":{},"z":1}}');
        const steps = await stepsOf(run);
        assert.deepEqual(steps.map((s) => s.tool), ['kv.set', 'llm.chat', 'kv.get', 'llm.chat']);
        assert.deepEqual(steps[1].args.tools, ['kv.get']);
        assert.deepEqual(steps[3].args.messages[1], steps[1].result.message);
        assert.deepEqual(run.output.messages.length, 4);
    });

    it('that the model calls at once run side by side', async () => {
        ['/a', '/b', '/c'].forEach(service.hold);
        const running = execute(await deploy('tools = {"http.request"}', ['http.request']), 'side by side');
        await until('all three are asked for', () => service.count('/a') && service.count('/b') && service.count('/c'));
        service.release();
        const run = await running;
        assert.equal(run.output?.output, 'all three', JSON.stringify(run));
        assert.deepEqual(run.output.messages.slice(2, 5).map((m) => m.role), ['tool', 'tool', 'tool']);
    });

    it('that the deployment has not are refused before a model is asked', async () => {
        const run = await execute(await deploy('tools = {"kv.get"}'), 'one tool');
        assert.equal(run.error.code, 'tool_denied');
        assert.match(run.error.message, /kv\.get/);
    });

    it('are told live to whoever follows the run, and not journaled', async () => {
        const id = await deploy('tools = {"kv.get"}', ['kv.get']);
        const seen = [];
        let run;
        for await (const event of api.stream(id, 'one tool')) {
            if (event.event === 'emit') seen.push(event);
            if (event.event === 'done') run = event.data;
        }
        assert.deepEqual(seen.map((e) => e.data.name), ['agent.tool_call', 'agent.tool_result']);
        assert.deepEqual(seen.map((e) => e.id), [undefined, undefined]);
        assert.equal(seen[0].data.data.tool, 'kv.get');
        assert.equal(run.usage.steps, 3);
        const again = [];
        for await (const event of api.follow(run.id)) again.push(event.event);
        assert.ok(!again.includes('emit'), again.join());
    });
});

describe('mistakes of the model', () => {
    it('are told to it and tried again, each try a step that was charged', async () => {
        const run = await execute(await deploy(`tools = {${ADD}, "kv.get"}, retries = 4`, ['kv.get']), 'clumsy');
        assert.equal(run.output?.output, 'three', JSON.stringify(run.error));
        const told = run.output.messages.filter((m) => m.role === 'tool').map((m) => JSON.parse(m.content).error ?? JSON.parse(m.content));
        assert.deepEqual(told.map((e) => e.code ?? e.sum), ['invalid_arguments', 'invalid_arguments', 'unknown_tool', 'invalid_arguments', 3]);
        assert.equal(told[0].field, '/a');
        assert.match(told[2].message, /there are: add, kv\.get/);
        const steps = await stepsOf(run);
        assert.equal(steps.filter((s) => s.tool === 'llm.chat').length, 6);
        assert.equal(run.output.usage.calls, 6);
    });

    it('end the run when there are more in a row than it may make', async () => {
        const run = await execute(await deploy(`tools = {${ADD}, "kv.get"}, retries = 1`, ['kv.get']), 'clumsy');
        assert.equal(run.error.code, 'invalid_tool_call');
        assert.equal((await stepsOf(run)).length, 2);
    });

    it('an answer that does not fit the schema is told with its place', async () => {
        const schema = '{type = "object", required = {"n"}, properties = {n = {type = "integer"}}}';
        const run = await execute(await deploy(`output = ${schema}`), 'no json');
        assert.deepEqual(run.output?.output, {n: 7}, JSON.stringify(run.error));
        assert.equal((await stepsOf(run)).length, 3);
    });

    it('going round in circles ends with loop_detected and names the call', async () => {
        const run = await execute(await deploy('tools = {"kv.get"}', ['kv.get']), 'circles');
        assert.equal(run.error.code, 'loop_detected');
        assert.match(run.error.message, /kv\.get\(\{"key":"same"\}\), 3 times/);
        assert.equal((await stepsOf(run)).filter((s) => s.tool === 'kv.get').length, 2);
    });
});

describe('agents and people', () => {
    it('a handoff takes the conversation to another agent', async () => {
        const before = 'local billing = moon.agent{name = "billing", model = "script", instructions = "You bill."}';
        const run = await execute(await deploy('name = "front", instructions = "You greet.", handoffs = {billing}', [], before), 'my invoice?');
        assert.equal(run.output?.output, 'It is paid.', JSON.stringify(run.error));
        assert.equal(run.output.agent, 'billing');
        assert.equal(run.output.messages[0].content, 'my invoice?');
    });

    for (const [decision, content] of [
        [{approved: true}, /"ok":true/],
        [{approved: false, comment: 'not today'}, /"rejected".*not today/],
    ])
        it(`a call waits for a person, who says ${decision.approved ? 'yes' : 'no'}`, async () => {
            const id = await deploy('name = "desk", tools = {"kv.set"}, approval = {["kv.set"] = true}', ['kv.set', 'approve']);
            const waiting = await execute(id, 'dangerous');
            assert.equal(waiting.wait_reason, 'approval', JSON.stringify(waiting));
            const {json: list} = await api.get('/v1/approvals');
            const question = list.data.find((a) => a.run_id === waiting.id);
            assert.equal(question.title, 'May desk call kv.set?');
            assert.deepEqual(question.details.arguments, {key: 'x', value: 1});
            assert.equal((await api.post(`/v1/runs/${waiting.id}/approve`, decision)).status, 200);
            const run = await api.untilEnded(waiting.id);
            assert.equal(run.output?.output, 'so be it', JSON.stringify(run.error));
            assert.match(run.output.messages[2].content, content);
            assert.equal((await stepsOf(run)).filter((s) => s.tool === 'kv.set').length, decision.approved ? 1 : 0);
        });
});

describe('kill -9 of the sandbox in the middle of the loop', () => {
    it('the run goes on; no model call that was recorded is made again', async () => {
        service.hold('/slow');
        const id = await deploy('tools = {"http.request"}', ['http.request']);
        const accepted = await api.accept(id, 'kill me');
        await until('the second tool is called', () => service.count('/slow') === 1);
        killWorkers(moonbase, 'moonbase-agent');
        await until('the call is made again', () => service.count('/slow') === 2);
        service.release();
        const run = await api.untilEnded(accepted);
        assert.equal(run.output?.output, 'still here', JSON.stringify(run.error)); // each answer of the script serves once
        assert.equal(service.count('/first'), 1);
        assert.equal(run.diverged, false);
        const steps = await stepsOf(run);
        assert.deepEqual(steps.map((s) => s.tool), ['llm.chat', 'http.request', 'llm.chat', 'http.request', 'llm.chat']);
    });
});

describe('an upload', () => {
    const refused = async (files) => {
        const answer = await api.post('/v1/packages', {files: {...agentPackage('return print'), ...files}});
        assert.equal(answer.status, 422, answer.text);
        assert.equal(answer.json.code, 'invalid_package');
        return answer.json;
    };

    it('is refused for a prompt that is not well made, with file and line', async () => {
        for (const [text, detail, line] of [
            ['Hello\n{{name', /does not close/, 2],
            ['Hello {{name | shout}}', /no filter 'shout'/, 1],
            ['---\nvars: a\n---\n{{a}}\n{{b}}', /'b' is not declared/, 5],
        ]) {
            const problem = await refused({'prompts/x.md': text});
            assert.match(problem.detail, detail);
            assert.match(JSON.stringify(problem.errors), new RegExp(`prompts/x.md:${line}`));
        }
    });

    it('is refused for a prompt that is named and not there', async () => {
        const problem = await refused({'main.lua': 'local moon = require "moon"\n\nreturn moon.prompt("gone")'});
        assert.match(JSON.stringify(problem), /main\.lua:3.*no prompts\/gone\.md|no prompts\/gone\.md.*main\.lua:3/);
    });
});

describe('offline', () => {
    it('the model local calls a tool, and answers from its result by the schema', async () => {
        const main = `
local moon = require "moon"
return function(input)
  local agent = moon.agent{instructions = "You answer customers about their orders.",
    tools = {{name = "order_status", description = "The status of an order by its number.",
      args = moon.schema.object{order = moon.schema.string{description = "the order's number"}},
      run = function(args) return {order = args.order, status = "shipped", carrier = "DHL"} end}},
    output = moon.schema.object{status = moon.schema.string(), carrier = moon.schema.string()}}
  return agent:run(input).output
end`;
        const files = agentPackage(main, {tools: ['llm.chat'], models: ['*']});
        const question = '"What is the status of order 4711?"';
        const folder = await writePackage(await temporaryDir(), {...files, 'in.json': question});
        const {code, stdout, stderr} = await command(['run', folder, '--input', path.join(folder, 'in.json'), '--json']);
        assert.equal(code, 0, stderr);
        assert.deepEqual(JSON.parse(stdout).output, {status: 'shipped', carrier: 'DHL'});
        await rm(folder, {recursive: true});
    });
});
