// kill -9 of the core, and what becomes of the run that was under way.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage, uniqueName} from './lib/packages.mjs';
import {killWorkers} from './lib/processes.mjs';
import {startService, until} from './lib/service.mjs';

let moonbase, api, service;
before(async () => {
    service = await startService();
    moonbase = await startMoonbase({env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1'}});
    api = moonbase.api;
});
after(async () => {
    await moonbase?.dispose();
    service.stop();
});

const run = async (id) => (await api.get(`/v1/runs/${id}`)).json;
const untilEnded = (id) => api.untilRun(id, (r) => r.finished_at, 30_000);
const untilWaits = (id) => api.untilRun(id, (r) => r.status === 'waiting' || r.finished_at, 30_000);
const callsAt = (path) => service.calls.filter((call) => call.path === path);

async function deploy(main, tools) {
    const {id} = await api.deploy(agentPackage(main, {tools, hosts: ['127.0.0.1']}));
    return id;
}

const sends = (method) => `
local moon = require "moon"
return function(input)
  moon.kv.set("before", input.n)
  local request = {method = "${method}", url = input.url, json = {n = input.n}}
  local answer = moon.tool("http.request", request, input.opts)
  moon.kv.set("after", input.n)
  return {body = answer.body, before = moon.kv.get("before")}
end`;

/** A run in the middle of a write, which the service at `path` does not answer. */
async function underWay(method, opts) {
    const path = `/${uniqueName('write')}`;
    service.hold(path);
    const deployment = await deploy(sends(method), ['kv.set', 'kv.get', 'http.request']);
    const id = await api.accept(deployment, {url: service.url + path, n: 7, opts});
    await until('the request arrives', () => service.count(path) === 1);
    return {id, path};
}

/** The run comes to wait for a person to say what became of its write; gives the number of that step. */
async function uncertain({id, path}) {
    const stopped = await untilWaits(id);
    assert.equal(stopped.status, 'waiting', JSON.stringify(stopped.error));
    assert.equal(stopped.wait_reason, 'effect_uncertain');
    assert.equal(service.count(path), 1, 'it was not sent again by itself');
    const steps = (await api.get(`/v1/runs/${id}/steps`)).json.data;
    return steps.find((step) => step.tool === 'http.request').seq;
}

async function goesOnAsTold(id, seq) {
    const told = {happened: true, result: {status: 200, headers: {}, body: 'as told'}};
    const answer = await api.post(`/v1/runs/${id}/steps/${seq}/settle`, told);
    assert.equal(answer.status, 200, answer.text);
    const ended = await untilEnded(id);
    assert.equal(ended.status, 'succeeded', JSON.stringify(ended.error));
    assert.deepEqual(ended.output, {body: 'as told', before: 7});
    assert.equal(ended.diverged, false);
}

/** It was sent twice, under one key. */
function assertSameKey(path) {
    const [first, second, ...others] = callsAt(path).map((call) => call.key);
    assert.ok(first);
    assert.equal(first, second);
    assert.deepEqual(others, []);
}

describe('kill -9 between a write and its result', () => {
    it('it happened: the run goes on with the result that a person gives', async () => {
        const {id, path} = await underWay('POST');
        await moonbase.killAndRestart();
        await goesOnAsTold(id, await uncertain({id, path}));
        assert.equal(service.count(path), 1);
    });

    it('it did not: the step is executed, with the key of the first try', async () => {
        const {id, path} = await underWay('POST');
        await moonbase.killAndRestart();
        const seq = await uncertain({id, path});
        service.release(path);
        const settle = () => api.post(`/v1/runs/${id}/steps/${seq}/settle`, {happened: false});
        assert.equal((await settle()).status, 200);
        const ended = await untilEnded(id);
        assert.equal(ended.status, 'succeeded', JSON.stringify(ended.error));
        assert.equal(ended.output.body, 'done');
        assertSameKey(path);
        assert.equal((await settle()).status, 409);
    });
});

describe('kill -9 of the process that executes a tool', () => {
    async function lose(method, opts) {
        const write = await underWay(method, opts);
        killWorkers(moonbase, 'moonbase-tools');
        return write;
    }

    it('what may be done twice is done again, under the same key', async () => {
        const {id, path} = await lose('PUT');
        await until('it is sent again', () => service.count(path) === 2);
        service.release(path);
        const ended = await untilEnded(id);
        assert.equal(ended.status, 'succeeded', JSON.stringify(ended.error));
        assertSameKey(path);
    });

    it('what may not waits for a person', async () => {
        await uncertain(await lose('POST'));
    });

    it('what may not, and had a time limit, waits for a person beyond it', async () => {
        const opts = {timeout_ms: 2000};
        const {id, path} = await lose('POST', opts);
        const seq = await uncertain({id, path});
        // A call that was begun later in the same core, with the same limit, shows when the time has passed.
        const clock = await deploy(sends('GET'), ['kv.set', 'kv.get', 'http.request']);
        const late = await untilEnded(await api.accept(clock, {url: service.url + path, n: 1, opts}));
        assert.equal(late.error.code, 'timeout');
        const waits = await run(id);
        assert.deepEqual([waits.status, waits.wait_reason], ['waiting', 'effect_uncertain'], JSON.stringify(waits.error));
        await goesOnAsTold(id, seq);
    });
});

describe('kill -9 at other moments', () => {
    it('what was accepted ends, and nothing that was recorded is done again', async () => {
        service.calls.length = 0;
        const main = `
local moon = require "moon"
return function(input)
  local sum = 0
  for i = 1, 20 do
    sum = sum + #moon.tool("http.request", {method = "GET", url = input.url .. "/" .. input.n .. "/" .. i}).body
    moon.sleep(0.02)
  end
  return sum
end`;
        const deployment = await deploy(main, ['http.request', 'sleep']);
        const ids = [];
        for (let n = 0; n < 20; n++) ids.push(await api.accept(deployment, {url: service.url, n}));
        await until('they are under way', () => service.calls.length > 60);
        await moonbase.killAndRestart();
        for (const id of ids) {
            const ended = await untilEnded(id);
            assert.equal(ended.output, 80, JSON.stringify(ended));
            assert.equal(ended.usage.steps, 40);
        }
        const twice = service.calls.length - new Set(service.calls.map((call) => call.path)).size;
        assert.ok(twice <= 2 * ids.length, `${twice} requests were repeated`); // only what was not recorded
    });

    it('a run that waits for a person is found again and goes on with the answer', async () => {
        const main = `
local moon = require "moon"
return function() return moon.approve{title = "Go on?"} end`;
        const id = await api.accept(await deploy(main, ['approve']), null);
        assert.equal((await untilWaits(id)).status, 'waiting');
        await moonbase.killAndRestart();
        assert.equal((await run(id)).wait_reason, 'approval');
        const answer = await api.post(`/v1/runs/${id}/approve`, {approved: true, comment: 'yes'});
        assert.equal(answer.status, 200, answer.text);
        const ended = await untilEnded(id);
        assert.equal(ended.output.approved, true);
        assert.equal(ended.output.comment, 'yes');
    });
});
