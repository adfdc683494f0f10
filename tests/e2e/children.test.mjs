// Child runs and sagas, over HTTP, with kill -9 at the worst moments.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage, uniqueName} from './lib/packages.mjs';
import {startService, until} from './lib/service.mjs';

// A micro-dollar a token.
const MODELS = {
    default: 'paid',
    providers: {local: {kind: 'local'}},
    models: {paid: {provider: 'local', price: {in: 1_000_000, out: 1_000_000}}},
};

let moonbase, api, service;
before(async () => {
    service = await startService();
    const env = {MOONBASE_EGRESS_ALLOW: '127.0.0.1', MOONBASE_PARK_GRACE_MS: '200'};
    const files = {MOONBASE_MODELS_FILE: MODELS};
    moonbase = await startMoonbase({env, files});
    api = moonbase.api;
});
after(async () => {
    await moonbase.dispose();
    service.stop();
});

const TOOLS = ['agent.run', 'agent.wait', 'llm.chat', 'http.request', 'sleep', 'approve', 'kv.set', 'kv.get'];
const HEAD = 'local moon = require "moon"\nreturn function(input, ctx)\n';
const HELPER = HEAD + '  return {got = input}\nend';
const GETS = HEAD + '  return moon.tool("http.request", {method = "GET", url = input.url}).body\nend';

/** Deploys an agent that may start `agents`, each of a name of its own. */
async function deploy(body, agents = [], deployment = {}, manifest = {}) {
    const files = agentPackage(body.startsWith(HEAD) ? body : `${HEAD}${body}\nend`, {
        tools: TOOLS,
        hosts: ['127.0.0.1'],
        agents,
        ...manifest,
    });
    return api.deploy(files, {name: uniqueName('dep'), ...deployment});
}

async function run(deployment, input = {}) {
    const answer = await api.execute(deployment.id, input);
    assert.ok([200, 202].includes(answer.status), answer.text);
    return answer.status === 200 ? answer.json : api.untilEnded(answer.json.id);
}

async function accept(deployment, input = {}) {
    const answer = await api.post(`/v1/deployments/${deployment.id}/execute`, input, {headers: {prefer: 'respond-async'}});
    assert.equal(answer.status, 202, answer.text);
    return answer.json.id;
}

const childrenOf = async (id) => (await api.get(`/v1/runs?parent=${id}`)).json.data;
const succeeded = (ended) => assert.equal(ended.status, 'succeeded', JSON.stringify(ended.error));
/** The path of a place at the service that nobody else uses. */
const place = () => `/${uniqueName('place')}`;

describe('a child run', () => {
    it('is a run of its own, whose output is the result', async () => {
        const helper = await deploy(HELPER);
        const parent = await deploy(
            `local output, result = moon.run("${helper.name}", {n = input.n})
             return {output = output, run_id = result.run_id, steps = result.usage.steps}`,
            [helper.name],
        );
        const ended = await run(parent, {n: 7});
        succeeded(ended);
        assert.deepEqual(ended.output.output, {got: {n: 7}});
        const [child, ...others] = await childrenOf(ended.id);
        assert.deepEqual(others, []);
        assert.equal(child.id, ended.output.run_id);
        assert.equal(child.parent_run_id, ended.id);
        assert.equal(child.deployment_id, helper.id);
        assert.equal(ended.parent_run_id, null);
        const steps = (await api.get(`/v1/runs/${ended.id}/steps`)).json.data;
        assert.deepEqual(steps.map((s) => [s.tool, s.state]), [['agent.run', 'done']]);
    });

    it('is started only when agent.json and the deployment name it', async () => {
        const helper = await deploy(HELPER);
        const asks = (target) => `local ok, err = pcall(moon.run, ${JSON.stringify(target)})
            return err.code`;
        const unnamed = await deploy(asks(helper.name), ['another']);
        assert.equal((await run(unnamed)).output, 'tool_denied');
        const byId = await deploy(asks(helper.id), [helper.name]);
        assert.equal((await run(byId)).output, 'tool_denied');
        const missing = await deploy(asks('nobody'), ['nobody']);
        assert.equal((await run(missing)).output, 'not_found');
        const withheld = await deploy(asks(helper.name), [helper.name], {agents: {}});
        assert.equal((await run(withheld)).output, 'tool_denied');
        const bound = await deploy('return (moon.run("friend", 1))', ['friend'], {agents: {friend: helper.id}});
        assert.deepEqual((await run(bound)).output, {got: 1});
        const any = await deploy(`return (moon.run("${helper.id}", 2))`, ['*']);
        assert.deepEqual((await run(any)).output, {got: 2});
        const files = agentPackage(HELPER, {tools: TOOLS});
        await assert.rejects(api.deploy(files, {agents: {friend: helper.id}}), /names no agent/);
    });

    it('gets an input that fits its schema, or none', async () => {
        const helper = await deploy(HELPER, [], {}, {input: {type: 'object', required: ['n']}});
        const parent = await deploy(
            `local ok, err = pcall(moon.run, "${helper.name}", {m = 1})
             return {code = err.code, pointer = err.pointer}`,
            [helper.name],
        );
        const ended = await run(parent);
        assert.equal(ended.output.code, 'invalid_input');
        assert.deepEqual(await childrenOf(ended.id), []);
    });

    it('fails its parent with its own error', async () => {
        const helper = await deploy('error{code = "no_stock", message = "sold out"}');
        const parent = await deploy(`return moon.run("${helper.name}")`, [helper.name]);
        const ended = await run(parent);
        assert.equal(ended.status, 'failed');
        assert.equal(ended.error.code, 'no_stock');
        assert.equal(ended.error.message, 'sold out');
        assert.equal(ended.error.details.run_id, (await childrenOf(ended.id))[0].id);
    });

    it('is waited for at no cost, and later when it was started so', async () => {
        const path = place();
        service.hold(path);
        const helper = await deploy(GETS);
        const parent = await deploy(
            `local handle = moon.run("${helper.name}", {url = input.url}, {wait = false})
             moon.kv.set("started", handle.run_id)
             return {output = moon.run.wait(handle), again = moon.run.wait(handle.run_id)}`,
            [helper.name],
        );
        const id = await accept(parent, {url: service.url + path});
        const parked = await api.untilRun(id, (r) => r.status === 'waiting');
        assert.equal(parked.wait_reason, 'call');
        service.release(path);
        const ended = await api.untilEnded(id);
        succeeded(ended);
        assert.deepEqual(ended.output, {output: 'done', again: 'done'});
        assert.equal(ended.diverged, false);
    });

    it('runs beside others', async () => {
        const helper = await deploy(HELPER);
        const parent = await deploy(
            `return moon.map({1, 2, 3, 4, 5, 6}, function(n) return moon.run("${helper.name}", n).got end, {limit = 6})`,
            [helper.name],
        );
        const ended = await run(parent);
        succeeded(ended);
        assert.deepEqual(ended.output, [1, 2, 3, 4, 5, 6]);
        assert.equal((await childrenOf(ended.id)).length, 6);
    });

    it('ends at its timeout, even while it waits for a person', async () => {
        const helper = await deploy('return moon.approve("Well?")');
        const parent = await deploy(
            `local ok, err = pcall(moon.run, "${helper.name}", nil, {timeout_s = 1})
             return err.code`,
            [helper.name],
        );
        const ended = await run(parent);
        assert.equal(ended.output, 'timeout');
        assert.equal((await childrenOf(ended.id))[0].status, 'failed');
    });

    it('is cancelled with its parent, however deep', async () => {
        const low = await deploy('return moon.approve("Well?")');
        const middle = await deploy(`return moon.run("${low.name}")`, [low.name]);
        const high = await deploy(`return moon.run("${middle.name}")`, [middle.name]);
        const id = await accept(high);
        const [child] = await until('the child', async () => (await childrenOf(id)).length && childrenOf(id));
        const [grandchild] = await until('its child', async () => (await childrenOf(child.id)).length && childrenOf(child.id));
        await api.untilRun(grandchild.id, (r) => r.status === 'waiting');
        assert.ok([200, 202].includes((await api.post(`/v1/runs/${id}/cancel`)).status));
        for (const one of [id, child.id, grandchild.id])
            assert.equal((await api.untilEnded(one)).status, 'cancelled');
    });

    it('is cancelled when it lost a race, and goes on when nobody meant to wait for it', async () => {
        const helper = await deploy('return moon.approve("Well?")');
        const parent = await deploy(
            `local free = moon.run("${helper.name}", nil, {wait = false})
             moon.race({
               function() return moon.run("${helper.name}") end,
               function() moon.sleep(0.5) return "late" end,
             })
             return free.run_id`,
            [helper.name],
        );
        const ended = await run(parent);
        succeeded(ended);
        for (const child of await childrenOf(ended.id)) {
            if (child.id === ended.output) await api.untilRun(child.id, (r) => r.status === 'waiting');
            else assert.equal((await api.untilEnded(child.id)).status, 'cancelled');
        }
    });

    it('cannot nest without end', async () => {
        const name = uniqueName('self');
        const parent = await deploy(
            `local ok, value = pcall(moon.run, "${name}", {depth = (input.depth or 0) + 1})
             return ok and value or {depth = input.depth, code = value.code}`,
            [name],
            {name},
        );
        const ended = await run(parent, {depth: 0});
        succeeded(ended);
        assert.deepEqual(ended.output, {depth: 8, code: 'child_limit'});
    });
});

describe('the money of child runs', () => {
    const priced = (micros, body = HELPER) => deploy(body, [], {}, {pricing: {per_run_micros: micros}});

    it('is cut from the parent\'s budget, and what is left returns', async () => {
        const helper = await priced(300);
        const parent = await deploy(
            `local function start(budget)
               local ok, value = pcall(moon.run, "${helper.name}", 1, {budget_micros = budget})
               return ok or value.code
             end
             return {start(900), start(600), start(500), start(400), start(300)}`,
            [helper.name],
            {budget_micros: 1000},
        );
        const ended = await run(parent);
        succeeded(ended);
        assert.deepEqual(ended.output, [true, true, 'budget', true, 'budget']);
        assert.equal(ended.usage.cost_micros, 0);
        assert.equal(ended.usage.children_cost_micros, 900);
        assert.equal((await api.get(`/v1/runs/${ended.id}`)).json.usage.children_cost_micros, 900);
    });

    it('stays cut out for what goes on behind a child that has ended', async () => {
        const path = place();
        service.hold(path);
        const low = await priced(400, GETS);
        const middle = await deploy(`return moon.run("${low.name}", input, {wait = false}).run_id`, [low.name]);
        const high = await deploy(
            `for n = 0, 5 do
               local ok, err = pcall(moon.run, "${middle.name}", input, {budget_micros = 400})
               if not ok then return {n = n, code = err.code} end
             end`,
            [middle.name],
            {budget_micros: 1000},
        );
        const ended = await run(high, {url: service.url + path});
        succeeded(ended);
        assert.deepEqual(ended.output, {n: 2, code: 'budget'});
        service.release(path);
        const cost = async () => (await api.get(`/v1/runs/${ended.id}`)).json.usage.children_cost_micros;
        await until('both have ended', async () => (await cost()) === 800);
    });

    it('is held while a child is open, whether it is waited for or not', async () => {
        const path = place();
        service.hold(path);
        const helper = await deploy(GETS);
        const parent = await deploy(
            `local handle = moon.run("${helper.name}", {url = input.url}, {wait = false, budget_micros = 700})
             local ok, err = pcall(moon.run, "${helper.name}", {url = input.url}, {budget_micros = 400})
             moon.tool("http.request", {method = "GET", url = input.go})
             moon.run.wait(handle)
             local _, result = moon.run("${helper.name}", {url = input.url}, {budget_micros = 900})
             return {code = err.code, budget = result.budget_micros}`,
            [helper.name],
            {budget_micros: 1000},
        );
        const go = place();
        service.hold(go);
        const id = await accept(parent, {url: service.url + path, go: service.url + go});
        await until('it is between the two', () => service.count(go) === 1);
        await moonbase.killAndRestart();
        service.release();
        const ended = await api.untilEnded(id);
        succeeded(ended);
        assert.deepEqual(ended.output, {code: 'budget', budget: 900});
    });

    it('that a child nobody waits for took and did not need comes back to a parent that stopped for want of it', async () => {
        const path = place();
        service.hold(path);
        const helper = await priced(300, GETS);
        const parent = await deploy(
            `local handle = moon.run("${helper.name}", {url = input.url}, {wait = false})
             local answer = moon.llm.chat{prompt = "Say hello.", max_tokens = 50}
             local output, result = moon.run.wait(handle)
             moon.run.wait(handle)
             return {asked = answer.cost_micros > 0, output = output, cost = result.usage.cost_micros}`,
            [helper.name],
            {budget_micros: 1000},
        );
        const id = await accept(parent, {url: service.url + path});
        const parked = await api.untilRun(id, (r) => r.status === 'waiting');
        assert.equal(parked.wait_reason, 'budget');
        service.release(path);
        const ended = await api.untilEnded(id);
        succeeded(ended);
        assert.deepEqual(ended.output, {asked: true, output: 'done', cost: 350}); // its own price, and its request's
        assert.equal(ended.usage.children_cost_micros, 350, 'each is counted once, however often it is waited for');
        assert.equal(ended.diverged, false);
    });

    it('of several that nobody waits for comes back as each ends, and pays for the next', async () => {
        const helper = await priced(300);
        const parent = await deploy(
            `for i = 1, 3 do
               moon.run("${helper.name}", i, {wait = false})
               moon.tool("http.request", {method = "GET", url = input.url .. i})
             end`,
            [helper.name],
            {budget_micros: 1200},
        );
        const gate = place();
        for (const n of [1, 2, 3]) service.hold(gate + n);
        const id = await accept(parent, {url: service.url + gate});
        for (const n of [1, 2, 3]) {
            await until('it is after its start', () => service.count(gate + n) === 1);
            for (const child of await childrenOf(id)) assert.equal((await api.untilEnded(child.id)).status, 'succeeded');
            service.release(gate + n);
        }
        succeeded(await api.untilEnded(id));
        const budgets = (await api.get(`/v1/runs/${id}/steps`)).json.data.filter((s) => s.tool === 'agent.run').map((s) => s.result.budget_micros);
        assert.deepEqual(budgets, [1200, 850, 500]); // less what each child cost, and a request
    });

    it('a child that needs more than it was given fails, and its parent hears why', async () => {
        const helper = await priced(300);
        const parent = await deploy(
            `local ok, err = pcall(moon.run, "${helper.name}", 1, {budget_micros = 200})
             return err.code`,
            [helper.name],
        );
        assert.equal((await run(parent)).output, 'budget');
    });
});

describe('kill -9 of the core', () => {
    it('between the making of a child and the wait for it: the same child is waited for', async () => {
        const [go, path] = [place(), place()];
        service.hold(go);
        const helper = await deploy(GETS);
        const parent = await deploy(
            `local handle = moon.run("${helper.name}", {url = input.url}, {wait = false})
             moon.tool("http.request", {method = "GET", url = input.go})
             return {id = handle.run_id, output = moon.run.wait(handle)}`,
            [helper.name],
        );
        const id = await accept(parent, {url: service.url + path, go: service.url + go});
        await until('the child exists', () => service.count(go) === 1);
        await moonbase.killAndRestart();
        service.release();
        const ended = await api.untilEnded(id);
        succeeded(ended);
        const children = await childrenOf(id);
        assert.deepEqual(children.map((child) => child.id), [ended.output.id]);
        assert.equal(ended.output.output, 'done');
        assert.equal(ended.diverged, false);
    });

    it('while the child runs: both go on, and there is one child', async () => {
        const path = place();
        service.hold(path);
        const helper = await deploy(GETS);
        const parent = await deploy(`return (moon.run("${helper.name}", {url = input.url}))`, [helper.name]);
        const id = await accept(parent, {url: service.url + path});
        await until('the child runs', () => service.count(path) === 1);
        await moonbase.killAndRestart();
        service.release(path);
        const ended = await api.untilEnded(id);
        succeeded(ended);
        assert.equal(ended.output, 'done');
        assert.equal((await childrenOf(id)).length, 1);
    });

    it('while the parent is parked and its child ends: the parent wakes', async () => {
        const helper = await deploy('moon.approve("Well?") return "yes"');
        const parent = await deploy(`return (moon.run("${helper.name}"))`, [helper.name]);
        const id = await accept(parent);
        const [child] = await until('the child', async () => (await childrenOf(id)).length && childrenOf(id));
        await api.untilRun(id, (r) => r.status === 'waiting');
        await api.untilRun(child.id, (r) => r.status === 'waiting');
        await moonbase.kill();
        await moonbase.start();
        api = moonbase.api;
        assert.equal((await api.post(`/v1/runs/${child.id}/approve`, {approved: true})).status, 200);
        const ended = await api.untilEnded(id);
        succeeded(ended);
        assert.equal(ended.output, 'yes');
    });

    it('in the middle of a saga\'s compensation: what was undone is not undone again', async () => {
        const stuck = place();
        service.hold(stuck);
        const saga = await deploy(
            `local function put(path)
               return function() return moon.tool("http.request", {method = "PUT", url = input.url .. path}).body end
             end
             return moon.saga(function(saga)
               saga:step("one", put("/do1" .. input.stuck), put("/undo1" .. input.stuck))
               saga:step("two", put("/do2" .. input.stuck), put(input.stuck))
               saga:step("three", put("/do3" .. input.stuck), put("/undo3" .. input.stuck))
               error{code = "no_car", message = "none left"}
             end)`,
        );
        const id = await accept(saga, {url: service.url, stuck});
        await until('the second is being undone', () => service.count(stuck) === 1);
        await moonbase.killAndRestart();
        service.release(stuck);
        const ended = await api.untilEnded(id);
        assert.equal(ended.status, 'failed');
        assert.equal(ended.error.code, 'no_car');
        assert.deepEqual(ended.error.details, {compensated: ['three', 'two', 'one'], failed_compensations: []});
        const mine = service.calls.filter((call) => call.path.endsWith(stuck));
        const of = (path) => mine.filter((call) => call.path === path);
        for (const path of ['/do1', '/do2', '/do3', '/undo3', '/undo1']) assert.equal(of(path + stuck).length, 1, path);
        assert.equal(new Set(of(stuck).map((call) => call.key)).size, 1, 'tried again under the same key');
        const order = mine.map((call) => call.path.replace(stuck, '') || '/undo2');
        assert.deepEqual([...new Set(order)], ['/do1', '/do2', '/do3', '/undo3', '/undo2', '/undo1']);
    });
});
