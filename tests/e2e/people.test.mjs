// What a run asks people: reminders, escalation, roles, deadlines, forms, over HTTP.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage} from './lib/packages.mjs';
import {until} from './lib/service.mjs';

let moonbase, api;
before(async () => {
    moonbase = await startMoonbase({env: {MOONBASE_PARK_GRACE_MS: '200'}});
    api = moonbase.api;
});
after(() => moonbase?.dispose());

const deploy = (body) =>
    api.deploy(agentPackage(`local moon = require "moon"\nreturn function(input)\n${body}\nend`, {tools: ['approve', 'ask']}));

const run = async (deployment) => api.untilEnded(await api.accept(deployment.id, {}));

/** The events of a run that waits, as the journal holds them. */
async function notices(id, wanted) {
    const found = [];
    for await (const event of api.follow(id)) {
        if (event.event === 'notice') found.push(event.data);
        if (found.length === wanted) return found;
    }
    return found;
}

describe('a question to a person', () => {
    const asks = async (args) => {
        const {id: deployment} = await deploy(`return moon.${args}`);
        const id = await api.accept(deployment, {});
        await api.untilRun(id, (r) => r.status === 'waiting');
        return id;
    };
    const approval = async (id) => (await api.get(`/v1/approvals?run=${id}&state=all`)).json.data[0];

    it('is reminded of, once each, also across kill -9', async () => {
        const id = await asks('approve{title = "Well?", roles = {"boss"}, reminder_s = 1, reminders = 2}');
        const first = await until('the first', async () => (await approval(id)).reminders === 1 && approval(id));
        assert.ok(first.reminded_at);
        await moonbase.killAndRestart();
        await until('the second', async () => (await approval(id)).reminders === 2);
        const told = await notices(id, 2);
        const seq = first.seq;
        assert.deepEqual(told, [1, 2].map((number) => ({
            name: 'approval.reminder', data: {seq, title: 'Well?', number, roles: ['boss']},
        })));
        assert.equal((await api.post(`/v1/runs/${id}/approve`, {approved: true})).status, 200);
        const ended = await api.untilEnded(id);
        assert.equal(ended.output.approved, true);
        assert.equal(ended.diverged, false);
        assert.equal((await notices(id, 3)).length, 2);
    });

    it('is for those who have the role, and after the escalation for others, too', async () => {
        const id = await asks('approve{title = "Well?", roles = {"lead"}, escalate_s = 2, escalate_to = {"boss"}}');
        const key = async (roles) => {
            const made = await api.post('/v1/keys', {name: roles[0], scopes: ['approvals:write', 'runs:read'], roles});
            assert.equal(made.status, 201, made.text);
            return api.as(made.json.key);
        };
        const [boss, clerk] = [await key(['boss']), await key(['clerk'])];
        const decide = (who) => who.post(`/v1/runs/${id}/approve`, {approved: true});
        assert.equal((await decide(clerk)).status, 403);
        assert.equal((await decide(boss)).status, 403);
        await until('it is told', async () => (await notices(id, 1))[0].name === 'approval.escalated');
        assert.equal((await decide(clerk)).status, 403);
        assert.equal((await decide(boss)).status, 200);
        assert.equal((await api.untilEnded(id)).output.approved, true);
    });

    it('is answered by its default at the deadline', async () => {
        const form = 'form = {type = "object", required = {"n"}}';
        const run_ = (args) => deploy(`local ok, value = pcall(moon.ask, {title = "?", ${form}, ${args}})
            return ok and value or {code = value.code, pointer = value.pointer}`).then((d) => run(d));
        assert.deepEqual((await run_('deadline_s = 0.1, default = {n = 5}')).output, {approved: true, by: 'deadline', data: {n: 5}});
        assert.deepEqual((await run_('deadline_s = 0.1, default = {n = 5}, on_deadline = "fail"')).output.code, 'timeout');
        assert.deepEqual((await run_('deadline_s = 0.1')).output.approved, false);
        assert.deepEqual((await run_('deadline_s = 0.1, default = {m = 5}')).output, {code: 'invalid_arguments', pointer: '/default'});
    });

    it('has a form that is a schema, and an answer that fits it', async () => {
        const broken = await run(await deploy('local _, err = pcall(moon.approve, {title = "?", form = {type = 5}}) return {err.code, err.pointer}'));
        assert.deepEqual(broken.output, ['invalid_arguments', '/form/type']);
        const id = await asks('ask{title = "?", form = {type = "object", properties = {n = {type = "integer"}}}}');
        const refused = await api.post(`/v1/runs/${id}/approve`, {approved: true, data: {n: 'x'}});
        assert.equal(refused.status, 422);
        assert.equal(refused.json.errors[0].pointer, '#/data/n', refused.text);
    });
});
