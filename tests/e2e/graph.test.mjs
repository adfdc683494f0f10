// moon.graph on the real thing: events, people, preemption, limits, and kills in the middle of nodes.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage} from './lib/packages.mjs';
import {killWorkers} from './lib/processes.mjs';
import {startService, until} from './lib/service.mjs';

let moonbase, api, service;
before(async () => {
    service = await startService({answer: (path) => path.slice(1)});
    moonbase = await startMoonbase({env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1'}});
    api = moonbase.api;
});
after(async () => {
    await moonbase?.dispose();
    service.stop();
});

const TOOLS = ['http.request', 'approve', 'sleep', 'kv.set', 'kv.get'];
const deploy = async (main, manifest) =>
    (await api.deploy(agentPackage(`local moon = require "moon"\n${main}`, {tools: TOOLS, hosts: ['127.0.0.1'], ...manifest}))).id;

const steps = async (id) => (await api.get(`/v1/runs/${id}/steps`)).json.data;

async function ended(id) {
    const run = await api.untilEnded(id, 30_000);
    assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
    assert.equal(run.diverged, false);
    return run;
}

// a -> b1 .. b4 -> gather; each asks the service twice, and writes down what it did.
const WIDE = `
local nodes, edges = {}, { gather = "end" }
local function ask(input, path)
    return moon.tool("http.request", { method = "GET", url = input .. "/" .. path }).body
end
local function node(name)
    return function(state)
        local first = ask(state.url, name .. "-1")
        return { log = name .. ":" .. first .. "+" .. ask(state.url, name .. "-2"), n = 1 }
    end
end
nodes.a, nodes.gather = node "a", node "gather"
edges.a = {}
for i = 1, 4 do
    nodes["b" .. i], edges.a[i], edges["b" .. i] = node("b" .. i), "b" .. i, "gather"
end
return function(input)
    return moon.graph{ name = "wide", state = { url = "string", log = "append", n = "sum" }, start = "a",
        nodes = nodes, edges = edges, output = { "log", "n" } }:run({ url = input.url }, { stream = input.stream })
end`;
const line = (name) => `${name}:${name}-1+${name}-2`;
const WIDE_OUTPUT = {log: ['a', 'b1', 'b2', 'b3', 'b4', 'gather'].map(line), n: 6};

/** A run of the wide graph that has asked for these paths, which the service does not answer. */
async function underWay(...paths) {
    service.calls.length = 0;
    paths.forEach(service.hold);
    const id = await api.accept(await deploy(WIDE), {url: service.url});
    await until('it is under way', () => paths.every((path) => service.count(path) === 1));
    return id;
}

describe('a graph', () => {
    it('tells its updates as events, in the order of the nodes', async () => {
        const told = [];
        for await (const {event, data} of api.stream(await deploy(WIDE), {url: service.url, stream: 'updates'}))
            if (event === 'emit') told.push(data);
        assert.deepEqual(told.map((e) => e.name), Array(6).fill('graph.update'));
        assert.deepEqual(told.map((e) => e.data.node), ['a', 'b1', 'b2', 'b3', 'b4', 'gather']);
        assert.deepEqual(told[1].data, {graph: 'wide', node: 'b1', step: 2, update: {log: line('b1'), n: 1}});
    });

    it('that is defined wrongly fails at once, and says where', async () => {
        const id = await deploy(`return function()
            return moon.graph{ name = "desk", state = { n = "number" }, start = "a", nodes = { a = function() end }, edges = { a = "b" } }:run{}
        end`);
        const {json: run} = await api.execute(id, {});
        assert.equal(run.status, 'failed');
        assert.equal(run.error.code, 'invalid_definition');
        assert.match(run.error.message, /graph 'desk': node 'a': an edge leads to 'b', and there is no such node/);
    });

    it('has agents and graphs as nodes', async () => {
        const id = await deploy(
            `return function(input)
            local inner = moon.graph{ name = "inner", state = { messages = "messages" }, start = "helper",
                nodes = { helper = moon.agent{ name = "helper", instructions = "Answer from what you are told." } },
                edges = { helper = "end" } }
            return moon.graph{ state = { messages = "messages" }, start = "inner", nodes = { inner = inner },
                edges = { inner = "end" } }:run{ messages = input.question }.messages
        end`,
            {tools: ['llm.chat'], models: ['*']},
        );
        const {json: run} = await api.execute(id, {question: 'The printer on floor 3 has no paper. Where is the printer?'});
        assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
        assert.deepEqual(run.output.map((message) => message.role), ['user', 'assistant']);
        assert.ok(run.output[1].content.length > 0);
    });

    it('waits for a person in the middle of a node, over a restart, and does not do twice what came before', async () => {
        service.calls.length = 0;
        const id = await api.accept(
            await deploy(`return function(input)
            return moon.graph{ state = { url = "string", said = "any", log = "append" }, start = "a",
                nodes = {
                    a = function(state) return { log = moon.tool("http.request", { method = "GET", url = state.url .. "/a" }).body } end,
                    b = function(state)
                        local before = moon.tool("http.request", { method = "POST", url = state.url .. "/before" }).body
                        local answer = moon.approve{ title = "Go on?", form = { type = "object" } }
                        return { said = answer.data, log = { before, moon.tool("http.request", { method = "POST", url = state.url .. "/after" }).body } }
                    end,
                },
                edges = { a = "b", b = "end" }, output = { "said", "log" } }:run{ url = input.url }
        end`),
            {url: service.url},
        );
        await api.untilRun(id, (r) => r.status === 'waiting');
        await moonbase.killAndRestart();
        const answer = await api.post(`/v1/runs/${id}/approve`, {approved: true, data: {amount: 5}});
        assert.equal(answer.status, 200, answer.text);
        const run = await ended(id);
        assert.deepEqual(run.output, {said: {amount: 5}, log: ['a', 'before', 'after']});
        assert.deepEqual(service.calls.map((call) => call.path), ['/a', '/before', '/after']);
    });

    it('takes its fallback when a node is too slow, and again so when it is rebuilt', async () => {
        service.hold('/slow');
        const id = await api.accept(
            await deploy(`return function(input)
            return moon.graph{ state = { url = "string", log = "append" }, start = { "a", "b" },
                nodes = {
                    a = { run = function(state) return { log = moon.tool("http.request", { method = "GET", url = state.url .. "/slow" }).body } end,
                        timeout_s = 0.3, fallback = function(_, _, err) return { log = err.code } end },
                    b = function(state) return { log = moon.tool("http.request", { method = "GET", url = state.url .. "/fast" }).body } end,
                    c = function() return { log = moon.approve("ok?").comment } end,
                },
                edges = { a = "c", b = "c", c = "end" }, output = "log" }:run{ url = input.url }
        end`),
            {url: service.url},
        );
        await until('the approval is asked for', async () => (await steps(id)).some((s) => s.tool === 'sleep' && s.state === 'done'));
        service.release('/slow'); // too late, but recorded: it must not count when the run is rebuilt
        await api.untilRun(id, (r) => r.status === 'waiting' && r.wait_reason === 'approval');
        await moonbase.killAndRestart();
        await api.post(`/v1/runs/${id}/approve`, {approved: true, comment: 'fine'});
        const run = await api.untilEnded(id);
        assert.deepEqual(run.output, ['node_timeout', 'fast', 'fine'], JSON.stringify(run.error));
        assert.equal(service.count('/slow'), 1);
    });
});

describe('a busy node', () => {
    const COUNT = `
local function count(n)
    local sum = 0
    for i = 1, n do sum = (sum + i * i) % 1000003 end
    return sum
end`;

    it('is preempted beside others, and the state comes out the same', async () => {
        const id = await deploy(`${COUNT}
        return function(input)
            local function node(name, n)
                return function(state)
                    local before = count(n)
                    local said = moon.tool("http.request", { method = "GET", url = state.url .. "/" .. name }).body
                    return { log = said .. (count(n) == before and "=" or "!") .. before }
                end
            end
            return moon.graph{ state = { url = "string", log = "append" }, start = { "a", "b", "c" },
                nodes = { a = node("a", 3e6), b = node("b", 1000), c = node("c", 2e6), z = function(state) return { log = #state.log } end },
                edges = { a = "z", b = "z", c = "z", z = "end" }, output = "log" }:run{ url = input.url }
        end`);
        const first = (await api.execute(id, {url: service.url})).json;
        assert.equal(first.status, 'succeeded', JSON.stringify(first.error));
        assert.match(first.output.join(' '), /^a=\d+ b=\d+ c=\d+ 3$/);
        assert.deepEqual((await api.execute(id, {url: service.url})).json.output, first.output);
    });

    it('that never ends is ended by the limit of its run, pcall and fallback or not; a neighbour goes on', async () => {
        const beside = await underWay('/b1-2');
        const loop = await deploy(
            `return function()
            return moon.graph{ state = { n = "any" }, start = { "a", "b" },
                nodes = { a = { run = function() while true do end end, retries = 3, retry_on = true, fallback = function() return { n = 1 } end },
                    b = function() end },
                edges = { a = "end", b = "end" } }:run{}
        end`,
            {limits: {cpu_ms: 300}},
        );
        const {json: run} = await api.execute(loop, {});
        assert.equal(run.status, 'failed');
        assert.equal(run.error.code, 'cpu_limit');
        service.release();
        assert.deepEqual((await ended(beside)).output, WIDE_OUTPUT);
        assert.equal(service.count('/b1-2'), 1);
    });

    it('runs user coroutines in parallel nodes', async () => {
        const id = await deploy(`return function(input)
            local function node(name)
                return function(state)
                    local next_one = coroutine.wrap(function()
                        for i = 1, 2 do
                            coroutine.yield(moon.tool("http.request", { method = "GET", url = state.url .. "/" .. name .. i }).body)
                        end
                    end)
                    return { log = { next_one(), next_one() } }
                end
            end
            return moon.graph{ state = { url = "string", log = "append" }, start = { "a", "b" }, nodes = { a = node "a", b = node "b" },
                edges = { a = "end", b = "end" }, output = "log" }:run{ url = input.url }
        end`);
        assert.deepEqual((await api.execute(id, {url: service.url})).json.output, ['a1', 'a2', 'b1', 'b2']);
    });
});

describe('a kill in the middle of parallel nodes', () => {
    /** Runs the wide graph, kills while b2 and b4 are half done, and gives the run and how often each path was asked. */
    async function killed(kill) {
        const id = await underWay('/b2-2', '/b4-2');
        await until('the others are, too', () => service.count('/b3-2'));
        await until('the other answers are recorded', async () => (await steps(id)).filter((s) => s.result).length === 8);
        await kill();
        service.release();
        const run = await ended(id);
        const times = {};
        for (const {path} of service.calls) times[path] = (times[path] ?? 0) + 1;
        return {run, times};
    }

    const once = Object.fromEntries(
        ['a', 'b1', 'b2', 'b3', 'b4', 'gather'].flatMap((name) => [1, 2].map((i) => [`/${name}-${i}`, 1])),
    );

    it('of the core: what was recorded is not asked again, and the state is the same', async () => {
        const {run, times} = await killed(() => moonbase.killAndRestart());
        assert.deepEqual(run.output, WIDE_OUTPUT);
        assert.deepEqual(times, {...once, '/b2-2': 2, '/b4-2': 2});
        assert.equal(run.usage.steps, 12);
    });

    it('of the sandbox: what was recorded is not asked again, and the state is the same', async () => {
        const {run, times} = await killed(() => killWorkers(moonbase, 'moonbase-agent'));
        assert.deepEqual(run.output, WIDE_OUTPUT);
        assert.deepEqual({...times, '/b2-2': 1, '/b4-2': 1}, once);
    });

    it('of the sandbox inside a hostile C function: the run fails, others of the customer go on', async () => {
        const beside = await underWay('/b1-2');
        const stuck = await deploy(`return function()
            return moon.graph{ state = { n = "any" }, start = "a", nodes = { a = function()
                return { n = ("a"):rep(40):find(("a-"):rep(40) .. "b") }
            end }, edges = { a = "end" } }:run{}
        end`);
        const {json: run} = await api.execute(stuck, {});
        assert.equal(run.status, 'failed');
        assert.equal(run.error.code, 'cpu_limit');
        service.release();
        assert.deepEqual((await ended(beside)).output, WIDE_OUTPUT);
    });
});
