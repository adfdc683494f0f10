// Triggers on two cores that share a database: one tick or delivery starts one run, whichever core sees
// it, however often it comes, whoever is killed meanwhile. Time is moved by moving next_at.
import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import {after, before, describe, it} from 'node:test';

import {startCluster} from './lib/cluster.mjs';
import {agentPackage, echoAgent} from './lib/packages.mjs';
import {startService, until} from './lib/service.mjs';

let cluster, service, one, two, other;
before(async () => {
    service = await startService();
    cluster = await startCluster();
    const key = await cluster.createCustomer('owner');
    other = await cluster.createCustomer('other');
    one = await cluster.startCore('a', key);
    two = await cluster.startCore('b', key);
});
after(async () => {
    service.release();
    await cluster?.stop();
    service.stop();
});

const uuid = (id) => id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const sql = (text) => cluster.sql(text);
const count = (text) => Number(sql(`select count(*) from ${text}`)[0][0]);
const firings = async (id) => one.api.all(`/v1/triggers/${id}/firings`);

async function create(body) {
    const answer = await one.api.post('/v1/triggers', body);
    assert.equal(answer.status, 201, answer.text);
    return answer.json;
}
const deployEcho = (manifest) => one.api.deploy(echoAgent(manifest));

/** As if the time were `ago` after the next tick. */
function pass(id, ago = '1 second') {
    sql(`update mb.triggers set next_at = date_trunc('second', now()) - interval '${ago}' where trigger_id = '${uuid(id)}'`);
}

async function fired(id, n = 1) {
    return until(`${n} firings of ${id}`, async () => {
        const list = await firings(id);
        return list.length >= n && list;
    });
}

describe('schedules', () => {
    it('say when they are due next, at once', async () => {
        const deployment = await deployEcho();
        const trigger = await create({deployment_id: deployment.id, kind: 'cron', schedule: '30 7 * * *', timezone: 'Asia/Kolkata'});
        assert.match(trigger.next_at, /T02:00:00\.000000Z$/);
        assert.equal(trigger.timezone, 'Asia/Kolkata');
        assert.equal(trigger.catch_up, 'one');
        assert.equal(trigger.path, null);
        const changed = await one.api.request('PATCH', `/v1/triggers/${trigger.id}`, {json: {timezone: 'UTC'}});
        assert.equal(changed.status, 200, changed.text);
        assert.match(changed.json.next_at, /T07:30:00\.000000Z$/);
        const off = await one.api.request('PATCH', `/v1/triggers/${trigger.id}`, {json: {enabled: false}});
        assert.equal(off.json.next_at, null);
        const on = await one.api.request('PATCH', `/v1/triggers/${trigger.id}`, {json: {enabled: true, name: 'dawn'}});
        assert.match(on.json.next_at, /T07:30:00\.000000Z$/);
        assert.equal(on.json.name, 'dawn');
    });

    it('two cores see a tick and one run starts, whose input tells of it', async () => {
        const deployment = await deployEcho();
        const trigger = await create({deployment_id: deployment.id, kind: 'cron', schedule: '0 3 1 1 *', input: {kept: [1, 2]}});
        for (let n = 1; n <= 5; n++) {
            pass(trigger.id, `${n * 7} seconds`); // each is a time of its own
            await fired(trigger.id, n);
        }
        const list = await firings(trigger.id);
        assert.equal(list.length, 5);
        assert.equal(count(`mb.runs where deployment_id = '${uuid(deployment.id)}'`), 5);
        const run = await one.api.untilEnded(list[0].run_id);
        assert.equal(run.status, 'succeeded');
        assert.deepEqual(run.output, {
            kept: [1, 2],
            trigger: {id: trigger.id, key: list[0].key, scheduled_at: list[0].scheduled_at},
        });
        assert.equal(list[0].key, `tick ${list[0].scheduled_at}`);
        const now = (await two.api.get(`/v1/triggers/${trigger.id}`)).json;
        assert.match(now.next_at, /-01-01T03:00:00\.000000Z$/);
        assert.equal(now.last_run_id, list[0].run_id);
    });

    it('a tick whose time has fired before starts nothing', async () => {
        const deployment = await deployEcho();
        const trigger = await create({deployment_id: deployment.id, kind: 'cron', schedule: '0 3 * * *'});
        const again = () => {
            sql(`update mb.triggers set next_at = '2026-01-01 03:00Z', catch_up = 'one', schedule = '0 3 1 1 *' where trigger_id = '${uuid(trigger.id)}'`);
        };
        again();
        const [first] = await fired(trigger.id);
        assert.match(first.key, /^tick \d{4}-01-01T03:00:00\.000000Z$/);
        again();
        await until('it goes on', async () => (await one.api.get(`/v1/triggers/${trigger.id}`)).json.next_at > '2027');
        assert.deepEqual(await firings(trigger.id), [first]);
    });

    it('what was missed is made up for once, or not at all', async () => {
        const deployment = await deployEcho();
        const body = {deployment_id: deployment.id, kind: 'cron', schedule: '0 * * * *'};
        const up = await create({...body, name: 'up'});
        const none = await create({...body, name: 'none', schedule: '0 3 1 1 *', catch_up: 'none'});
        pass(none.id, '3 days');
        pass(up.id, '3 days');
        const [made] = await fired(up.id);
        assert.match(made.key, /:00:00\.000000Z$/);
        assert.ok(Date.now() - Date.parse(made.scheduled_at) < 3_700_000, made.scheduled_at);
        await until('the other goes on', async () => Date.parse((await one.api.get(`/v1/triggers/${none.id}`)).json.next_at) > Date.now());
        assert.equal((await firings(up.id)).length, 1);
        assert.equal((await firings(none.id)).length, 0);
    });

    it('a tick that comes now is not late', async () => {
        const deployment = await deployEcho();
        const trigger = await create({deployment_id: deployment.id, kind: 'cron', schedule: '0 3 1 1 *', catch_up: 'none'});
        sql(`update mb.triggers set next_at = now() + interval '1500 ms' where trigger_id = '${uuid(trigger.id)}'`);
        const [made] = await fired(trigger.id);
        const late = Date.parse(made.fired_at) - Date.parse(made.scheduled_at);
        assert.ok(late >= 0, `${late} ms`);
    });

    it('a core is killed between ticks and their runs, and each has its one run', async () => {
        const deployment = await one.api.deploy(
            agentPackage(
                `local moon = require "moon"
                 return function(input)
                   return moon.tool("http.request", {method = "GET", url = input.url}).body
                 end`,
                {tools: ['http.request'], hosts: ['127.0.0.1']},
            ),
        );
        const many = 20;
        for (let n = 0; n < many; n++)
            await create({deployment_id: deployment.id, name: `n${n}`, kind: 'cron', schedule: '0 3 1 1 *', input: {url: `${service.url}/killed`, at: '{{trigger.key}}'}});
        const id = uuid(deployment.id);
        const three = await cluster.startCore('c', one.api.key);
        service.hold('/killed');
        sql(`update mb.triggers set next_at = now() where deployment_id = '${id}'`);
        await until('some fire', () => count(`mb.runs where deployment_id = '${id}'`) > 0);
        await cluster.kill(three);
        await until('all fire', () => count(`mb.trigger_firings f join mb.triggers t using (trigger_id) where t.deployment_id = '${id}'`) === many);
        service.release();
        await until('all end', () => count(`mb.runs where deployment_id = '${id}' and status = 'succeeded'`) === many);
        assert.equal(count(`mb.runs where deployment_id = '${id}'`), many);
    });

    it('an input that the package refuses is told, and the schedule goes on', async () => {
        const deployment = await deployEcho({input: {type: 'object', required: ['day'], additionalProperties: false, properties: {day: {type: 'string'}}}});
        const bad = await create({deployment_id: deployment.id, name: 'bad', kind: 'cron', schedule: '0 3 * * *', input: {dey: '{{trigger.key}}'}});
        pass(bad.id);
        const told = await until('it is told', async () => {
            const trigger = (await one.api.get(`/v1/triggers/${bad.id}`)).json;
            return trigger.last_error && trigger;
        });
        assert.equal(told.last_error.code, 'invalid_input');
        assert.equal(told.enabled, true);
        assert.ok(Date.parse(told.next_at) > Date.now());
        assert.equal((await firings(bad.id)).length, 0);
        const good = await create({deployment_id: deployment.id, name: 'good', kind: 'cron', schedule: '0 3 * * *', input: {day: '{{trigger.scheduled_at}}'}});
        pass(good.id);
        const [made] = await fired(good.id);
        assert.deepEqual((await one.api.untilEnded(made.run_id)).output, {day: made.scheduled_at});
    });

    it('end with their deployment', async () => {
        const deployment = await deployEcho();
        const trigger = await create({deployment_id: deployment.id, kind: 'cron', schedule: '* * * * *'});
        assert.equal((await one.api.delete(`/v1/deployments/${deployment.id}`)).status, 204);
        const now = (await one.api.get(`/v1/triggers/${trigger.id}`)).json;
        assert.equal(now.enabled, false);
        assert.equal(now.next_at, null);
        const on = await one.api.request('PATCH', `/v1/triggers/${trigger.id}`, {json: {enabled: true}});
        assert.equal(on.status, 409, on.text);
        assert.equal((await one.api.post(`/v1/triggers/${trigger.id}/fire`)).status, 404);
    });
});

const hmac = (secret, text, encoding = 'hex') => createHmac('sha256', secret).update(text).digest(encoding);
const seconds = () => Math.floor(Date.now() / 1000);

/** The headers of a delivery in each scheme. */
const sign = {
    moonbase: (secret, body, {at = seconds(), id} = {}) => ({
        'moonbase-signature': `t=${at},v1=${hmac(secret, `${at}.${body}`)}`,
        ...(id && {'webhook-id': id}),
    }),
    standard: (secret, body, {at = seconds(), id = 'msg_1'} = {}) => ({
        'webhook-id': id,
        'webhook-timestamp': String(at),
        'webhook-signature': `v1,${hmac(Buffer.from(secret.replace('whsec_', ''), 'base64'), `${id}.${at}.${body}`, 'base64')}`,
    }),
    github: (secret, body, {id} = {}) => ({
        'x-hub-signature-256': `sha256=${hmac(secret, body)}`,
        'x-github-event': 'issues',
        ...(id && {'x-github-delivery': id}),
    }),
    stripe: (secret, body, {at = seconds()} = {}) => ({
        'stripe-signature': `t=${at},v1=${'0'.repeat(64)},v1=${hmac(secret, `${at}.${body}`)},v0=00`,
    }),
    slack: (secret, body, {at = seconds()} = {}) => ({
        'x-slack-request-timestamp': String(at),
        'x-slack-signature': `v0=${hmac(secret, `v0:${at}:${body}`)}`,
    }),
    shopify: (secret, body, {id} = {}) => ({
        'x-shopify-hmac-sha256': hmac(secret, body, 'base64'),
        ...(id && {'x-shopify-webhook-id': id}),
    }),
};

describe('webhooks', () => {
    let deployment;
    const hooks = {};
    before(async () => {
        deployment = await deployEcho();
        for (const scheme of Object.keys(sign))
            hooks[scheme] = await create({deployment_id: deployment.id, name: scheme, kind: 'webhook', scheme});
    });

    function deliver(core, scheme, body, {headers, type = 'application/json', secret = hooks[scheme].secret, ...more} = {}) {
        return core.stranger.request('POST', hooks[scheme].path, {
            body,
            headers: {'content-type': type, ...(headers ?? sign[scheme](secret, body, more))},
        });
    }

    for (const scheme of Object.keys(sign)) {
        it(`${scheme}: what is signed starts a run, what is not is refused`, async () => {
            const body = JSON.stringify({id: `evt_${scheme}`, event_id: `Ev_${scheme}`, text: 'hello', list: [1]});
            const answer = await deliver(one, scheme, body, {id: 'd-1'});
            assert.equal(answer.status, 202, answer.text);
            const run = await one.api.untilEnded(answer.json.run_id);
            assert.deepEqual(run.output.body, JSON.parse(body));
            assert.equal(run.output.headers['content-type'], 'application/json');
            assert.equal(run.output.trigger.id, hooks[scheme].id);
            assert.deepEqual(Object.keys(run.output.headers).filter((name) => /signature|hmac/.test(name)), []);

            const again = await deliver(two, scheme, body, {id: 'd-1'});
            assert.equal(again.status, 200, again.text);
            assert.deepEqual(again.json, answer.json);

            const wrong = await deliver(one, scheme, body, {secret: 'whsec_d3Jvbmc='});
            assert.equal(wrong.status, 401, wrong.text);
            const altered = await deliver(one, scheme, `${body} `, {headers: sign[scheme](hooks[scheme].secret, body)});
            assert.equal(altered.status, 401, altered.text);
            const unsigned = await deliver(one, scheme, body, {headers: {}});
            assert.equal(unsigned.status, 401, unsigned.text);
            assert.equal((await firings(hooks[scheme].id)).length, 1);
        });
    }

    for (const scheme of ['moonbase', 'standard', 'stripe', 'slack'])
        it(`${scheme}: a time that is over five minutes off is refused`, async () => {
            for (const off of [-301, 302]) {
                const answer = await deliver(one, scheme, '{}', {at: seconds() + off, id: `old${off}`});
                assert.equal(answer.status, 401, answer.text);
            }
        });

    it('a delivery that comes twenty times at once on two cores starts one run', async () => {
        const body = '{"n": 20}';
        const headers = sign.github(hooks.github.secret, body, {id: 'twenty'});
        const answers = await Promise.all(Array.from({length: 20}, (_, n) => deliver(n % 2 ? one : two, 'github', body, {headers})));
        assert.equal(new Set(answers.map((answer) => answer.json.run_id)).size, 1);
        assert.deepEqual(answers.map((answer) => answer.status).sort(), [...Array(19).fill(200), 202]);
        const [{run_id}] = await firings(hooks.github.id);
        assert.equal(run_id, answers[0].json.run_id);
        assert.equal((await one.api.untilEnded(run_id)).status, 'succeeded');
    });

    it('without an id the same body at the same time is the same, at another time another', async () => {
        const at = seconds() - 10;
        const first = await deliver(one, 'moonbase', '{"b": 1}', {at});
        const same = await deliver(two, 'moonbase', '{"b": 1}', {at});
        const later = await deliver(two, 'moonbase', '{"b": 1}', {at: at + 1});
        assert.deepEqual([first.status, same.status, later.status], [202, 200, 202]);
        assert.equal(first.json.run_id, same.json.run_id);
        assert.notEqual(first.json.run_id, later.json.run_id);
    });

    it('a form becomes an object, and a body that is neither is refused', async () => {
        const form = 'command=%2Fdeploy&text=to+the%0Amoon&tag=a&tag=b';
        const answer = await deliver(one, 'slack', form, {type: 'application/x-www-form-urlencoded'});
        assert.equal(answer.status, 202, answer.text);
        const run = await one.api.untilEnded(answer.json.run_id);
        assert.deepEqual(run.output.body, {command: '/deploy', text: 'to the\nmoon', tag: ['a', 'b']});
        const broken = await deliver(one, 'github', '{"a": ');
        assert.equal(broken.status, 400, broken.text);
        assert.equal(broken.json.code, 'invalid_json');
    });

    it('a template puts what was delivered where it belongs', async () => {
        const strict = await deployEcho({input: {type: 'object', required: ['title'], additionalProperties: false, properties: {title: {type: 'string'}, labels: {type: 'array'}, note: {type: 'string'}, none: {}}}});
        const hook = await create({
            deployment_id: strict.id,
            kind: 'webhook',
            scheme: 'github',
            secret: 'a secret of my own',
            input: {title: '{{body.issue.title}}', labels: '{{body.issue.labels}}', note: 'by {{headers.x-github-event}} #{{ body.issue.n }}', none: '{{body.no.such}}'},
        });
        assert.equal(hook.secret, undefined);
        const post = (value) => {
            const body = JSON.stringify(value);
            return two.stranger.request('POST', hook.path, {body, headers: sign.github('a secret of my own', body)});
        };
        const answer = await post({issue: {title: 'it {{body}} breaks', labels: ['bug'], n: 7}});
        assert.equal(answer.status, 202, answer.text);
        const run = await one.api.untilEnded(answer.json.run_id);
        assert.deepEqual(run.output, {title: 'it {{body}} breaks', labels: ['bug'], note: 'by issues #7'});
        const refused = await post({issue: {}});
        assert.equal(refused.status, 422, refused.text);
        assert.equal(refused.json.code, 'invalid_input');
    });

    it("Slack's question whether somebody is there is answered and starts nothing", async () => {
        const before = (await firings(hooks.slack.id)).length;
        const answer = await deliver(one, 'slack', '{"type": "url_verification", "challenge": "abc"}');
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.json, {challenge: 'abc'});
        assert.equal((await firings(hooks.slack.id)).length, before);
    });

    it('what takes no deliveries cannot be told from what is not there', async () => {
        const cron = await create({deployment_id: deployment.id, kind: 'cron', schedule: '@yearly'});
        const disabled = await create({deployment_id: deployment.id, name: 'off', kind: 'webhook', enabled: false});
        const answers = [];
        for (const id of [cron.id, disabled.id, `trg_${'0'.repeat(32)}`]) {
            const answer = await one.stranger.request('POST', `/v1/hooks/${id}`, {body: '{}', headers: sign.moonbase(disabled.secret, '{}')});
            assert.equal(answer.status, 404);
            answers.push(JSON.stringify({...answer.json, instance: ''}));
        }
        assert.equal(new Set(answers).size, 1);
    });

    it('a secret that is made anew replaces the old one, and is never shown again', async () => {
        const hook = await create({deployment_id: deployment.id, name: 'anew', kind: 'webhook'});
        assert.match(hook.secret, /^whsec_/);
        const made = await one.api.request('PATCH', `/v1/triggers/${hook.id}`, {json: {secret: null}});
        assert.equal(made.status, 200, made.text);
        assert.notEqual(made.json.secret, hook.secret);
        const shown = await one.api.get(`/v1/triggers/${hook.id}`);
        assert.equal(shown.json.secret, undefined);
        assert.equal(shown.json.has_secret, true);
        const post = (secret) => one.stranger.request('POST', hook.path, {body: '{}', headers: sign.moonbase(secret, '{}')});
        assert.equal((await post(hook.secret)).status, 401);
        assert.equal((await post(made.json.secret)).status, 202);
        assert.equal(count(`mb.triggers where sealed like '%${made.json.secret}%'`), 0);
    });
});

describe('the API', () => {
    it('names the field of what is wrong', async () => {
        const {id} = await deployEcho();
        const cron = {deployment_id: id, kind: 'cron', schedule: '0 0 * * *'};
        const cases = [
            [{...cron, schedule: '61 * * * *'}, 400, '#/schedule', 'minute 61: from 0 to 59'],
            [{...cron, schedule: '0 0 30 2 *'}, 400, '#/schedule', /never come/],
            [{...cron, schedule: undefined}, 400, '#/schedule', /needs one/],
            [{...cron, timezone: 'Mars/Olympus'}, 400, '#/timezone', /no time zone/],
            [{...cron, timezone: '../../etc/passwd'}, 400, '#/timezone', /no time zone/],
            [{...cron, catch_up: 'all'}, 400, '#/catch_up', /./],
            [{...cron, scheme: 'github'}, 400, '#/scheme', 'a schedule has no scheme'],
            [{...cron, input: {a: {b: ['{{body.x}}']}}}, 400, '#/input/a/b/0', /there is trigger/],
            [{deployment_id: id, kind: 'webhook', schedule: '0 0 * * *'}, 400, '#/schedule', 'a webhook has no schedule'],
            [{deployment_id: id, kind: 'webhook', scheme: 'carrier-pigeon'}, 400, '#/scheme', /./],
            [{deployment_id: id, kind: 'webhook', headers: ['X-Upper']}, 400, '#/headers/0', /./],
            [{deployment_id: id, kind: 'webhook', secret: 'short'}, 400, '#/secret', /./],
            [{deployment_id: id, kind: 'webhook', input: {a: '{{boddy}}'}}, 400, '#/input/a', /trigger, body and headers/],
            [{...cron, deployment_id: `dep_${'0'.repeat(32)}`}, 404, '#/deployment_id', /no such deployment/],
            [{...cron, kind: 'moon phase'}, 400, '#/kind', /./],
            [{...cron, colour: 'red'}, 400, '#/colour', /./],
        ];
        for (const [body, status, pointer, detail] of cases) {
            const answer = await one.api.post('/v1/triggers', body);
            assert.equal(answer.status, status, answer.text);
            assert.equal(answer.json.errors[0].pointer, pointer, answer.text);
            if (typeof detail === 'string') assert.equal(answer.json.detail, detail);
            else assert.match(answer.json.detail, detail);
        }
        assert.equal((await one.api.all(`/v1/triggers?deployment=${id}`)).length, 0);
        assert.equal((await one.api.post('/v1/triggers', cron)).status, 201);
        const twice = await one.api.post('/v1/triggers', cron);
        assert.equal(twice.status, 409);
        assert.equal(twice.json.errors[0].pointer, '#/name');
    });

    it('fires by hand, and the same Idempotency-Key is the same run', async () => {
        const deployment = await deployEcho();
        const hook = await create({deployment_id: deployment.id, kind: 'webhook', enabled: false});
        const first = await one.api.post(`/v1/triggers/${hook.id}/fire`, {body: {n: 1}}, {headers: {'idempotency-key': 'k1'}});
        const again = await two.api.post(`/v1/triggers/${hook.id}/fire`, {body: {n: 1}}, {headers: {'idempotency-key': 'k1'}});
        const more = await two.api.post(`/v1/triggers/${hook.id}/fire`);
        assert.deepEqual([first.status, again.status, more.status], [202, 200, 202]);
        assert.equal(first.json.run_id, again.json.run_id);
        const run = await one.api.untilEnded(first.json.run_id);
        assert.deepEqual(run.output, {trigger: {id: hook.id, key: 'manual k1'}, body: {n: 1}, headers: {}});
    });

    it("keeps others out: another customer's trigger is not there, and a key needs the scope", async () => {
        const deployment = await deployEcho();
        const trigger = await create({deployment_id: deployment.id, kind: 'cron', schedule: '@daily'});
        const stranger = one.api.as(other);
        for (const [method, path, json] of [
            ['GET', '', undefined],
            ['PATCH', '', {enabled: false}],
            ['DELETE', '', undefined],
            ['GET', '/firings', undefined],
            ['POST', '/fire', {}],
        ]) {
            const answer = await stranger.request(method, `/v1/triggers/${trigger.id}${path}`, {json});
            assert.equal(answer.status, 404, `${method} ${path}: ${answer.text}`);
        }
        assert.deepEqual((await stranger.get('/v1/triggers')).json.data, []);
        assert.equal((await stranger.post('/v1/triggers', {deployment_id: deployment.id, kind: 'cron', schedule: '@daily'})).status, 404);
        const reader = (await one.api.post('/v1/keys', {name: 'r', scopes: ['triggers:read']})).json.key;
        assert.equal((await one.api.as(reader).get(`/v1/triggers/${trigger.id}`)).status, 200);
        assert.equal((await one.api.as(reader).delete(`/v1/triggers/${trigger.id}`)).status, 403);
        assert.equal((await one.api.delete(`/v1/triggers/${trigger.id}`)).status, 204);
        assert.equal((await one.api.get(`/v1/triggers/${trigger.id}`)).status, 404);
    });
});

describe('measurements', () => {
    /** Of both cores together. */
    async function measured() {
        const names = ['fired_total{kind="cron"}', 'fired_total{kind="webhook"}', 'fired_total{kind="manual"}', 'failed_total{kind="cron"}', 'failed_total{kind="webhook"}', 'failed_total{kind="manual"}', 'late_total', 'skipped_total', 'deliveries_refused_total'];
        const texts = await Promise.all([one, two].map(async (core) => (await core.api.get('/metrics')).text));
        const value = (text, name) => Number(text.split('\n').find((line) => line.startsWith(`moonbase_triggers_${name} `)).split(' ')[1]);
        return names.map((name) => texts.reduce((sum, text) => sum + value(text, name), 0));
    }
    /** What `action` adds, once it has added anything, in the order of the names above. */
    async function adds(expected, action) {
        const before = await measured();
        await action();
        const added = await until('it is counted', async () => {
            const now = (await measured()).map((value, i) => value - before[i]);
            return now.some((value) => value) && now;
        });
        assert.deepEqual(added, expected);
    }
    const strict = {input: {type: 'object', required: ['day'], properties: {day: {type: 'string'}}}};

    it('tell ticks: fired, late, skipped and failed, each once on one of the cores', async () => {
        const deployment = await deployEcho();
        const body = {deployment_id: deployment.id, kind: 'cron', schedule: '0 3 1 1 *'};
        const trigger = await create(body);
        const none = await create({...body, name: 'none', catch_up: 'none'});
        const wrong = await create({...body, name: 'wrong', deployment_id: (await deployEcho(strict)).id});
        await adds([1, 0, 0, 0, 0, 0, 0, 0, 0], () => pass(trigger.id));
        await adds([1, 0, 0, 0, 0, 0, 1, 0, 0], () => pass(trigger.id, '2 minutes'));
        await adds([0, 0, 0, 0, 0, 0, 0, 1, 0], () => pass(none.id, '2 minutes'));
        await adds([0, 0, 0, 1, 0, 0, 0, 0, 0], () => pass(wrong.id));
    });

    it('tell deliveries and firings by hand: fired, refused and failed', async () => {
        const deployment = await deployEcho();
        const hook = await create({deployment_id: deployment.id, kind: 'webhook', scheme: 'github'});
        const wrong = await create({deployment_id: (await deployEcho(strict)).id, kind: 'webhook', scheme: 'github'});
        const deliver = (to, secret = to.secret) => one.stranger.request('POST', to.path, {body: '[1]', headers: sign.github(secret, '[1]', {id: 'm-1'})});
        await adds([0, 1, 0, 0, 0, 0, 0, 0, 0], () => deliver(hook));
        await adds([0, 0, 0, 0, 0, 0, 0, 0, 1], () => deliver(hook, 'whsec_d3Jvbmc='));
        await adds([0, 0, 0, 0, 1, 0, 0, 0, 0], () => deliver(wrong));
        await adds([0, 0, 1, 0, 0, 0, 0, 0, 0], () => two.api.post(`/v1/triggers/${hook.id}/fire`));
        await adds([0, 0, 0, 0, 0, 1, 0, 0, 0], () => two.api.post(`/v1/triggers/${wrong.id}/fire`));
    });
});

describe('limits', () => {
    it('a webhook takes only so many deliveries in a minute', async () => {
        const {stranger} = await cluster.startCore('slow', undefined, {MOONBASE_HOOK_RATE_PER_MINUTE: '3'});
        const deployment = await deployEcho();
        const hook = await create({deployment_id: deployment.id, kind: 'webhook', scheme: 'github'});
        const statuses = [];
        for (let n = 0; n < 5; n++) {
            const answer = await stranger.request('POST', hook.path, {body: `[${n}]`, headers: sign.github(hook.secret, `[${n}]`)});
            statuses.push(answer.status);
            if (answer.status === 429) assert.ok(Number(answer.headers.get('retry-after')) > 0);
        }
        assert.deepEqual(statuses, [202, 202, 202, 429, 429]);
    });
});
