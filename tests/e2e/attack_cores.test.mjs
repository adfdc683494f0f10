// The unlucky on two cores of one database: what two do at the same moment is done once, and what is taken away
// or replaced under a run's feet does not change the run.
import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import {after, before, describe, it} from 'node:test';

import {startCluster} from './lib/cluster.mjs';
import {agentPackage, echoAgent, uniqueName} from './lib/packages.mjs';
import {startService, until} from './lib/service.mjs';
import {times} from './lib/workflows.mjs';

let cluster, service, one, two;
before(async () => {
    service = await startService();
    cluster = await startCluster();
    const key = await cluster.createCustomer('unlucky');
    one = await cluster.startCore('a', key, {MOONBASE_PARK_GRACE_MS: '200'});
    two = await cluster.startCore('b', key, {MOONBASE_PARK_GRACE_MS: '200'});
});
after(async () => {
    service.release();
    await cluster.stop();
    service.stop();
});

const core = (n) => (n % 2 ? two : one).api;
const uuid = (id) => id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const count = (text) => Number(cluster.sql(`select count(*) from ${text}`)[0][0]);
const statuses = (answers) => answers.map((answer) => answer.status).sort();
const agent = (body, manifest) => agentPackage(`local moon = require "moon"\nreturn function(input)\n${body}\nend`, manifest);
const HTTP = {tools: ['http.request', 'agent.run', 'sleep', 'approve'], hosts: ['127.0.0.1']};

async function accept(api, deployment, input = {}) {
    const answer = await api.post(`/v1/deployments/${deployment.id}/execute`, input, {headers: {prefer: 'respond-async'}});
    assert.equal(answer.status, 202, answer.text);
    return answer.json.id;
}

describe('a question', () => {
    it('that two people decide at the same moment on two cores is decided once', async () => {
        const deployment = await one.api.deploy(agent('return moon.approve{title = "?"}', HTTP));
        for (let round = 0; round < 5; round++) {
            const id = await accept(core(round), deployment);
            await one.api.untilRun(id, (run) => run.status === 'waiting');
            const decide = (n) => core(n).post(`/v1/runs/${id}/approve`, {approved: n % 2 === 0, by: `p${n}`});
            const answers = await Promise.all([0, 1, 2, 3].map(decide));
            assert.deepEqual(statuses(answers), [200, 409, 409, 409]);
            const who = answers.findIndex((answer) => answer.status === 200);
            const ended = await one.api.untilEnded(id);
            assert.deepEqual([ended.output.by, ended.output.approved, ended.diverged], [`p${who}`, who % 2 === 0, false]);
            const {data} = (await two.api.get(`/v1/approvals?run=${id}&state=all`)).json;
            assert.equal(data.length, 1);
        }
    });

    it('that is decided at the moment of its deadline is decided by one of both, and after it no more', async () => {
        const deployment = await one.api.deploy(agent('return moon.approve{title = "?", deadline_s = 0.4}', HTTP));
        for (const [round, early_ms] of [60, 20, 10, 5, 0, -5].entries()) {
            const id = await accept(core(round), deployment);
            const asked = await until('it is asked', async () => (await one.api.get(`/v1/approvals?run=${id}&state=all`)).json.data[0]);
            while (Date.now() < Date.parse(asked.deadline_at) - early_ms) await new Promise(setImmediate);
            const answer = await core(round + 1).post(`/v1/runs/${id}/approve`, {approved: true, by: 'late'});
            const {output} = await one.api.untilEnded(id);
            assert.ok([200, 409].includes(answer.status), answer.text);
            assert.equal(output.by, answer.status === 200 ? 'late' : 'deadline', `${early_ms}: ${answer.text}`);
            const after = await core(round).post(`/v1/runs/${id}/approve`, {approved: true});
            assert.equal(after.status, 409, after.text);
        }
    });
});

describe('what is taken away under a run', () => {
    const family = async (body) => {
        const name = uniqueName('child');
        const child = await one.api.deploy(agent(`local got = moon.tool("http.request", {method = "GET", url = input.url}).body\n${body(1)}`, {...HTTP, name}), {name});
        const parent = await one.api.deploy(agent(`return moon.run("${name}", input)`, {...HTTP, agents: [name]}));
        const url = `${service.url}/${name}`;
        service.hold(`/${name}`);
        const id = await accept(one.api, parent, {url});
        await until('the child runs', () => service.count(`/${name}`) === 1);
        return {name, child, parent, id, url, path: `/${name}`};
    };

    it('a deployment that is deleted while its child run waits: the run goes on, another is refused', async () => {
        const {child, parent, id, url, path} = await family(() => 'return {got = got}');
        await one.api.untilRun(id, (run) => run.status === 'waiting');
        assert.equal((await two.api.delete(`/v1/deployments/${child.id}`)).status, 204);
        assert.equal((await two.api.delete(`/v1/deployments/${child.id}`)).status, 404);
        service.release(path);
        const ended = await one.api.untilEnded(id);
        assert.deepEqual([ended.output, ended.diverged], [{got: 'done'}, false], JSON.stringify(ended.error));
        const refused = await one.api.untilEnded((await one.api.execute(parent.id, {url})).json.id);
        assert.deepEqual([refused.status, refused.error.code], ['failed', 'not_found']);
    });

    it('another version of the child that is deployed between park and wake is for the next run', async () => {
        const {name, parent, id, url, path} = await family((n) => `return {version = ${n}}`);
        await one.api.untilRun(id, (run) => run.status === 'waiting');
        await two.api.deploy(agent('return {version = 2}', {...HTTP, name, version: '2.0.0'}), {name: `${name}_next`});
        service.release(path);
        const ended = await two.api.untilEnded(id);
        assert.deepEqual([ended.output, ended.diverged], [{version: 1}, false], JSON.stringify(ended.error));
        const next = await one.api.untilEnded((await one.api.execute(parent.id, {url})).json.id);
        assert.equal(next.status, 'succeeded', JSON.stringify(next.error));
    });

    it('a trigger whose deployment is deleted as it fires starts a whole run or none', async () => {
        for (let round = 0; round < 4; round++) {
            const deployment = await one.api.deploy(echoAgent());
            const made = await one.api.post('/v1/triggers', {deployment_id: deployment.id, kind: 'cron', schedule: '0 3 1 1 *'});
            cluster.sql(`update mb.triggers set next_at = now() where trigger_id = '${uuid(made.json.id)}'`);
            assert.equal((await core(round).delete(`/v1/deployments/${deployment.id}`)).status, 204);
            const runs = `mb.runs where deployment_id = '${uuid(deployment.id)}'`;
            await until('none is open', () => count(`${runs} and finished_at is null`) === 0);
            assert.equal(count(runs), (await one.api.all(`/v1/triggers/${made.json.id}/firings`)).length);
            const now = (await two.api.get(`/v1/triggers/${made.json.id}`)).json;
            assert.deepEqual([now.enabled, now.next_at], [false, null]);
        }
    });
});

describe('what two do at once on two cores', () => {
    it('a webhook delivered a hundred times starts one run', async () => {
        const deployment = await one.api.deploy(echoAgent());
        const hook = (await one.api.post('/v1/triggers', {deployment_id: deployment.id, kind: 'webhook', scheme: 'github'})).json;
        const body = '{"n": 100}';
        const headers = {
            'content-type': 'application/json',
            'x-github-delivery': 'hundred',
            'x-hub-signature-256': `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`,
        };
        const deliver = (n) => (n % 2 ? two : one).stranger.request('POST', hook.path, {body, headers});
        const answers = await Promise.all(Array.from({length: 100}, (_, n) => deliver(n)));
        assert.deepEqual(statuses(answers), [...Array(99).fill(200), 202]);
        assert.equal(new Set(answers.map((answer) => answer.json.run_id)).size, 1);
        assert.equal(count(`mb.runs where deployment_id = '${uuid(deployment.id)}'`), 1);
    });

    it('a schedule that is edited while it is due fires at most once for that time', async () => {
        const deployment = await one.api.deploy(echoAgent());
        const {id} = (await one.api.post('/v1/triggers', {deployment_id: deployment.id, kind: 'cron', schedule: '0 3 1 1 *'})).json;
        for (let round = 0; round < 4; round++) {
            cluster.sql(`update mb.triggers set next_at = date_trunc('second', now()) - interval '${round * 5 + 1} s' where trigger_id = '${uuid(id)}'`);
            const edits = await Promise.all([0, 1, 2].map((n) =>
                core(n).request('PATCH', `/v1/triggers/${id}`, {json: {schedule: `${n} 4 1 1 *`}})));
            for (const edit of edits) assert.equal(edit.status, 200, edit.text);
        }
        const {next_at} = (await one.api.get(`/v1/triggers/${id}`)).json;
        assert.match(next_at, /-01-01T04:0[0-2]:00/);
        const firings = await one.api.all(`/v1/triggers/${id}/firings`);
        assert.equal(new Set(firings.map((firing) => firing.scheduled_at)).size, firings.length);
        assert.equal(count(`mb.runs where deployment_id = '${uuid(deployment.id)}'`), firings.length);
    });

    it('a draft of one revision is saved once, and a revision published by two has versions in a row', async () => {
        const name = uniqueName('both');
        const flow = (await one.api.post('/v1/workflows', {document: times(name, 2)})).json;
        const saved = await Promise.all([3, 4, 5, 6].map((n) =>
            core(n).put(`/v1/workflows/${flow.id}`, {document: times(name, n), revision: 1})));
        assert.deepEqual(statuses(saved), [200, 409, 409, 409]);
        const won = 3 + saved.findIndex((answer) => answer.status === 200);
        const read = (await two.api.get(`/v1/workflows/${flow.id}`)).json;
        assert.deepEqual([read.revision, read.document], [2, times(name, won)]);
        const published = await Promise.all([0, 1, 2, 3].map((n) => core(n).post(`/v1/workflows/${flow.id}/publish`, {revision: 2})));
        for (const answer of published) assert.ok([200, 201, 409].includes(answer.status), answer.text);
        assert.ok(published.some((answer) => answer.status === 201));
        const versions = await one.api.all(`/v1/workflows/${flow.id}/versions`);
        assert.deepEqual(versions.map((version) => version.version), [...versions.keys()].map((i) => i + 1).reverse());
        for (const version of versions) assert.equal((await two.api.get(`/v1/packages/${version.package.id}`)).status, 200);
    });

    it('a run that is cancelled on both while its saga undoes stops for good: nothing more is undone', async () => {
        const path = `/${uniqueName('undo')}`;
        const deployment = await one.api.deploy(agent(`
            local function call(what) return moon.tool("http.request", {method = "GET", url = input.url .. what}).body end
            moon.saga(function(saga)
                saga:step("a", function() return call("/a") end, function() return call("/undo-a") end)
                saga:step("b", function() return call("/b") end, function() return call("/undo-b") end)
                error("it fails")
            end)`, HTTP));
        service.hold(`${path}/undo-b`);
        const id = await accept(one.api, deployment, {url: service.url + path});
        await until('it undoes', () => service.count(`${path}/undo-b`) === 1);
        const answers = await Promise.all([0, 1].map((n) => core(n).post(`/v1/runs/${id}/cancel`)));
        for (const answer of answers) assert.ok([200, 202, 409].includes(answer.status), answer.text);
        const ended = await two.api.untilEnded(id);
        service.release(`${path}/undo-b`);
        assert.equal(ended.status, 'cancelled');
        const steps = (await one.api.get(`/v1/runs/${id}/steps`)).json.data;
        assert.deepEqual(steps.filter((step) => step.tool === 'http.request' && step.result).length, 2, JSON.stringify(steps));
        assert.equal(service.count(`${path}/undo-a`), 0);
    });
});
