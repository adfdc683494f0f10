// The package workflow_orchestrator on the real server: people decide over the API, an outside service takes part, and
// the core is killed in the middle of undoing.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {agentFolder} from './lib/agents.mjs';
import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage, uniqueName} from './lib/packages.mjs';
import {startService, until} from './lib/service.mjs';

let moonbase, api, service, files;
before(async () => {
    service = await startService();
    const env = {MOONBASE_EGRESS_ALLOW: '127.0.0.1', MOONBASE_PARK_GRACE_MS: '200'};
    moonbase = await startMoonbase({env});
    api = moonbase.api;
    files = await agentFolder('workflow_orchestrator', {hosts: ['127.0.0.1']});
});
after(async () => {
    await moonbase?.dispose();
    service.stop();
});

const examples = () => JSON.parse(files['agent.json']).examples.map((one) => structuredClone(one.input));
const deploy = (config = {}) => api.deploy(files, {name: uniqueName('flow'), config});

const accept = (deployment, input) => api.accept(deployment.id, input);

async function output(id) {
    const run = await api.untilEnded(id, 60_000);
    assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
    assert.equal(run.diverged, false);
    return run.output;
}

/** Decides the question whose title contains `title`. */
async function decide(id, title, decision) {
    const find = async () => (await api.get(`/v1/approvals?run=${id}`)).json.data.find((one) => one.title.includes(title));
    const open = await until(`"${title}" is asked`, find);
    const answer = await api.post(`/v1/runs/${id}/approve`, {seq: open.seq, ...decision});
    assert.equal(answer.status, 200, answer.text);
    return open;
}

const statusOf = (result) => Object.fromEntries(result.steps.map((step) => [step.id, step.status]));
const undone = (result) => [...result.audit.matchAll(/^- \S+Z (\w+): undone$/gm)].map((match) => match[1]);

describe('workflow_orchestrator', () => {
    it('completes its first example without anybody: the health check', async () => {
        const deployment = await deploy();
        const result = await output(await accept(deployment, examples()[0]));
        assert.equal(result.status, 'completed', JSON.stringify(result.error));
        assert.deepEqual(statusOf(result), {open: 'done', count: 'done', is_big: 'done', steering: 'skipped'});
    });

    it('asks who has to agree to the amount, and is done when they have', async () => {
        const deployment = await deploy();
        const id = await accept(deployment, examples()[1]);
        assert.deepEqual((await decide(id, 'Purchase: 3 monitors', {approved: true, by: 'lead'})).roles, ['team_lead']);
        const second = await decide(id, 'above the team', {approved: true, by: 'head', comment: 'fine'});
        assert.deepEqual(second.roles, ['head_of_department']);
        await decide(id, 'Order:', {approved: true, by: 'buyer', data: {order_number: 'B-7'}});
        const result = await output(id);
        assert.equal(result.status, 'completed', JSON.stringify(result.error));
        const by = result.steps.filter((step) => step.kind !== 'record' && step.by && step.id !== 'assess').length;
        assert.equal(by, 3);
        assert.equal(result.steps.find((step) => step.id === 'finance').status, 'skipped');
        assert.match(result.audit, /\| done \|/);
        const again = await output(await accept(deployment, examples()[1]));
        assert.deepEqual([again.repeated, again.status, again.audit], [true, 'completed', result.audit]);
    });

    it('undoes what was done, the last first, when somebody says no', async () => {
        const id = await accept(await deploy(), {...examples()[1], id: 'PR-NO'});
        await decide(id, 'Purchase: 3 monitors', {approved: true});
        await decide(id, 'above the team', {approved: false, comment: 'not this year'});
        const result = await output(id);
        assert.equal(result.status, 'rejected');
        assert.match(result.error.message, /not this year/);
        assert.deepEqual(undone(result), ['reserve', 'register']);
        assert.equal(statusOf(result).order, 'not_reached');
    });

    it('tells all mistakes of a definition with step and field, and does nothing', async () => {
        const steps = [{id: 'a', kind: 'aproval'}, {id: 'b', kind: 'http', url: 'ftp://x', undo: {kind: 'wait'}},
            {id: 'c', kind: 'approval', roles: 'boss', title: '{{steps.z.x}}'}];
        const run = await api.untilEnded(await accept(await deploy(), {definition: {name: 'bad', steps}}));
        assert.equal(run.error.code, 'invalid_definition');
        const told = run.error.details.problems.map((one) => `${one.step} ${one.field}`);
        assert.deepEqual(told, ['a kind', 'b url', 'b undo/kind', 'c roles', 'c title']);
        assert.equal(run.usage.steps, 0);
    });

    it('calls outside services and other agents, and undoes both', async () => {
        const at = (name) => `${service.url}/${name}`;
        const helper = agentPackage('return function(input) return {got = input} end');
        const child = await api.deploy(helper, {name: uniqueName('child')});
        const definition = {name: 'outside', steps: [
            {id: 'open', kind: 'http', method: 'POST', url: at('open'), undo: {kind: 'http', method: 'DELETE', url: at('open-undo')}},
            {id: 'child', kind: 'agent', agent: child.id, input: {n: 1}, undo: {kind: 'agent', agent: child.id, input: {undo: '{{result.output.got.n}}'}}},
            {id: 'note', kind: 'record', record: 'note', set: {n: '{{steps.child.output.got.n}}'}},
            {id: 'stop', kind: 'condition', if: {path: 'steps.child.output.got.n', op: '==', value: 1}, then: 'reject', message: 'so it is'},
        ]};
        const id = await accept(await deploy(), {definition});
        const result = await output(id);
        assert.deepEqual([result.status, result.error.message], ['rejected', 'so it is'], JSON.stringify(result.error));
        assert.deepEqual(undone(result), ['note', 'child', 'open']);
        assert.deepEqual([service.count('/open'), service.count('/open-undo')], [1, 1]);
        const children = (await api.get(`/v1/runs?parent=${id}`)).json.data;
        assert.equal(children.length, 2);
    });

    it('goes on with undoing after kill -9, and undoes nothing twice', async () => {
        const at = (name) => `${service.url}/kill-${name}`;
        const act = (id) => ({id, kind: 'http', method: 'POST', url: at(id), undo: {kind: 'http', method: 'DELETE', url: at(`${id}-undo`)}});
        service.hold('/kill-b-undo');
        const steps = [act('a'), act('b'), act('c'), {id: 'ok', kind: 'approval', title: 'Well?'}];
        const id = await accept(await deploy(), {definition: {name: 'killed', steps}});
        await decide(id, 'Well?', {approved: false, by: 'boss'});
        await until('b is being undone', () => service.count('/kill-b-undo') > 0);
        await moonbase.kill();
        service.release();
        await moonbase.start();
        api = moonbase.api;
        const result = await output(id);
        assert.equal(result.status, 'rejected');
        assert.deepEqual(undone(result), ['c', 'b', 'a']);
        for (const name of ['a', 'b', 'c', 'c-undo', 'a-undo']) assert.equal(service.count(`/kill-${name}`), 1, name);
        const keys = service.calls.filter((call) => call.path === '/kill-b-undo').map((call) => call.key);
        assert.equal(new Set(keys).size, 1, 'a call that is asked again carries the same key');
    });

    it('reminds people, and says so when a deadline passes', async () => {
        const deployment = await deploy({reminder_s: 1, reminders: 1, approval_deadline_s: 3});
        const id = await accept(deployment, {definition: {name: 'late', steps: [
            {id: 'note', kind: 'record', record: 'late', set: {x: 1}}, {id: 'ok', kind: 'approval', title: 'Well?'}]}});
        const told = [];
        for await (const event of api.follow(id)) if (event.data?.name) told.push(event.data.name);
        assert.ok(told.includes('approval.reminder') && told.includes('process.step') && told.includes('process.undo'), told.join());
        const result = await output(id);
        assert.deepEqual([result.status, undone(result)], ['rejected', ['note']]);
        assert.match(result.error.message, /in time/);
    });
});
