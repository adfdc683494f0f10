// kill -9 of the core, and what becomes of the run that was under way.
import assert from 'node:assert/strict';
import {readFile, readdir} from 'node:fs/promises';
import http from 'node:http';
import {after, before, describe, it} from 'node:test';

import {startMoonbase, temporaryDir} from './lib/moonbase.mjs';
import {agentPackage} from './lib/packages.mjs';

/** An outside service: counts what arrives, and answers when `answers` says so. */
async function startService() {
    const service = {calls: [], keys: [], answers: true};
    const server = http.createServer((req, res) => {
        req.resume();
        service.calls.push(`${req.method} ${req.url}`);
        service.keys.push(req.headers['idempotency-key']);
        if (service.answers) res.end('done');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    service.url = `http://127.0.0.1:${server.address().port}`;
    service.stop = () => server.close(server.closeAllConnections());
    return service;
}

async function until(what, check, ms = 30_000) {
    for (const end = Date.now() + ms; Date.now() < end; ) {
        const found = await check();
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`not within ${ms} ms: ${what}`);
}

let moonbase, api, service;
before(async () => {
    service = await startService();
    moonbase = await startMoonbase({dir: await temporaryDir(), env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1'}});
    api = moonbase.api;
});
after(async () => {
    await moonbase.dispose();
    service.stop();
});

async function killAndRestart() {
    await moonbase.kill();
    await moonbase.start();
    api = moonbase.api;
}

const run = async (id) => (await api.get(`/v1/runs/${id}`)).json;
const untilRun = (id, check, what) => until(what, async () => check(await run(id)) && run(id));

async function deploy(main, tools) {
    const {id} = await api.deploy(agentPackage(main, {tools, hosts: ['127.0.0.1']}));
    return id;
}

async function accept(deployment, input) {
    const answer = await api.post(`/v1/deployments/${deployment}/execute`, input, {headers: {prefer: 'respond-async'}});
    assert.equal(answer.status, 202, answer.text);
    return answer.json.id;
}

const POSTS = `
local moon = require "moon"
return function(input)
  moon.kv.set("before", input.n)
  local answer = moon.tool("http.request", {method = "POST", url = input.url, json = {n = input.n}})
  moon.kv.set("after", input.n)
  return {body = answer.body, before = moon.kv.get("before")}
end`;

describe('kill -9 between a write and its result', () => {
    async function uncertain() {
        service.answers = false;
        service.calls.length = service.keys.length = 0;
        const id = await accept(await deploy(POSTS, ['kv.set', 'kv.get', 'http.request']), {url: service.url, n: 7});
        await until('the request arrives', () => service.calls.length === 1);
        await killAndRestart();
        const stopped = await untilRun(id, (r) => r.status === 'waiting', 'the run waits');
        assert.equal(stopped.wait_reason, 'effect_uncertain');
        assert.equal(service.calls.length, 1, 'it was not sent again by itself');
        const steps = (await api.get(`/v1/runs/${id}/steps`)).json.data;
        const open = steps.find((s) => s.tool === 'http.request');
        return {id, seq: open.seq};
    }
    const settle = ({id, seq}, body) => api.post(`/v1/runs/${id}/steps/${seq}/settle`, body);

    it('it happened: the run goes on with the result that a person gives', async () => {
        const step = await uncertain();
        const answer = await settle(step, {happened: true, result: {status: 200, headers: {}, body: 'as told'}});
        assert.equal(answer.status, 200, answer.text);
        const ended = await untilRun(step.id, (r) => r.finished_at, 'the run ends');
        assert.equal(ended.status, 'succeeded', JSON.stringify(ended.error));
        assert.deepEqual(ended.output, {body: 'as told', before: 7});
        assert.equal(service.calls.length, 1);
        assert.equal(ended.diverged, false);
    });

    it('it did not: the step is executed, with the key of the first try', async () => {
        const step = await uncertain();
        service.answers = true;
        assert.equal((await settle(step, {happened: false})).status, 200);
        const ended = await untilRun(step.id, (r) => r.finished_at, 'the run ends');
        assert.equal(ended.status, 'succeeded', JSON.stringify(ended.error));
        assert.equal(ended.output.body, 'done');
        assert.equal(service.calls.length, 2);
        assert.ok(service.keys[0]);
        assert.equal(service.keys[0], service.keys[1]);
        assert.equal((await settle(step, {happened: false})).status, 409);
    });
});

/** {pid: {name, parent}} of everything that runs here. */
async function processes() {
    const found = new Map();
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
        const parts = stat?.match(/\((.*)\) \S (\d+)/);
        if (parts) found.set(Number(pid), {name: parts[1], parent: Number(parts[2])});
    }
    return found;
}

/** Kills the toolboxes below the server. */
async function killToolboxes() {
    const all = await processes();
    const isBelow = (pid) => pid === moonbase.child.pid || (all.has(pid) && isBelow(all.get(pid).parent));
    const pids = [...all.keys()].filter((pid) => all.get(pid).name === 'moonbase-tools' && isBelow(pid));
    assert.ok(pids.length > 0, 'there is a toolbox');
    pids.forEach((pid) => process.kill(pid, 'SIGKILL'));
}

describe('kill -9 of the process that executes a tool', () => {
    async function lose(method) {
        service.answers = false;
        service.calls.length = service.keys.length = 0;
        const main = POSTS.replace('"POST"', `"${method}"`);
        const id = await accept(await deploy(main, ['kv.set', 'kv.get', 'http.request']), {url: service.url, n: 1});
        await until('the request arrives', () => service.calls.length === 1);
        service.answers = true;
        await killToolboxes();
        return id;
    }

    it('what may be done twice is done again, under the same key', async () => {
        const id = await lose('PUT');
        const ended = await untilRun(id, (r) => r.finished_at, 'the run ends');
        assert.equal(ended.status, 'succeeded', JSON.stringify(ended.error));
        assert.equal(service.calls.length, 2);
        assert.equal(service.keys[0], service.keys[1]);
    });

    it('what may not waits for a person', async () => {
        const id = await lose('POST');
        const stopped = await untilRun(id, (r) => r.status === 'waiting' || r.finished_at, 'the run stops');
        assert.equal(stopped.wait_reason, 'effect_uncertain', JSON.stringify(stopped.error));
        assert.equal(service.calls.length, 1);
    });
});

describe('kill -9 at other moments', () => {
    it('what was accepted ends, and nothing that was recorded is done again', async () => {
        service.answers = true;
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
        for (let n = 0; n < 20; n++) ids.push(await accept(deployment, {url: service.url, n}));
        await until('they are under way', () => service.calls.length > 60);
        await killAndRestart();
        for (const id of ids) {
            const ended = await untilRun(id, (r) => r.finished_at, 'the run ends');
            assert.equal(ended.output, 80, JSON.stringify(ended));
            assert.equal(ended.usage.steps, 40);
        }
        const twice = service.calls.length - new Set(service.calls).size;
        assert.ok(twice <= 2 * ids.length, `${twice} requests were repeated`); // only what was not recorded
    });

    it('a run that waits for a person is found again and goes on with the answer', async () => {
        const main = `
local moon = require "moon"
return function() return moon.approve{title = "Go on?"} end`;
        const id = await accept(await deploy(main, ['approve']), null);
        await untilRun(id, (r) => r.status === 'waiting', 'it waits');
        await killAndRestart();
        assert.equal((await run(id)).wait_reason, 'approval');
        const answer = await api.post(`/v1/runs/${id}/approve`, {approved: true, comment: 'yes'});
        assert.equal(answer.status, 200, answer.text);
        const ended = await untilRun(id, (r) => r.finished_at, 'it ends');
        assert.equal(ended.output.approved, true);
        assert.equal(ended.output.comment, 'yes');
    });
});
