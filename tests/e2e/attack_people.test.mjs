// The hostile at one core: answers to forms that are none, and inputs that are too large for what they start.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage, echoAgent, uniqueName} from './lib/packages.mjs';

let moonbase, api;
before(async () => {
    moonbase = await startMoonbase({env: {MOONBASE_PARK_GRACE_MS: '200'}});
    api = moonbase.api;
});
after(() => moonbase.dispose());

const agent = (body, manifest) => agentPackage(`local moon = require "moon"\nreturn function(input)\n${body}\nend`, manifest);

describe('an answer to a form', () => {
    const FORM = `{type = "object", required = {"n"}, additionalProperties = false,
        properties = {n = {type = "integer"}, ["__proto__"] = {type = "string"}, constructor = {type = "string"}, ["a/~b"] = {type = "string"}}}`;
    async function asked(form = FORM) {
        const deployment = await api.deploy(agent(`return moon.ask{title = "?", form = ${form}}`, {tools: ['ask']}));
        const answer = await api.post(`/v1/deployments/${deployment.id}/execute`, {}, {headers: {prefer: 'respond-async'}});
        await api.untilRun(answer.json.id, (run) => run.status === 'waiting');
        return answer.json.id;
    }
    const send = (id, body) => api.request('POST', `/v1/runs/${id}/approve`, {body, headers: {'content-type': 'application/json'}});

    it('that is no answer is refused with its place, and the question stays open', async () => {
        const id = await asked();
        const wrong = [
            ['', 400], ['null', 400], ['[]', 400], ['{"approved": "yes"}', 400, '#/approved'], ['{"approved": 1}', 400, '#/approved'],
            ['{"approved": true, "data": {"n": 1}, "__proto__": {}}', 400, '#/__proto__'],
            ['{"approved": true, "data": {"n": 1}, "data": {"n": 2}}', 400],
            ['{"approved": true, "by": {"a": 1}, "data": {"n": 1}}', 400, '#/by'],
            [`{"approved": true, "data": ${'['.repeat(5000)}${']'.repeat(5000)}}`, 400],
            ['{"approved": true, "data": {"n": 1, "s": "\\u0000"}}', 400],
            ['{"approved": true, "data": {"n": 1, "s": "\\ud800"}}', 400],
            [`{"approved": true, "data": {"n": 1}, "comment": "${'x'.repeat(300_000)}"}`, 413],
            ['{"approved": true}', 422, '#/data'], ['{"approved": true, "data": null}', 422, '#/data'], ['{"approved": true, "data": [1]}', 422, '#/data'],
            ['{"approved": true, "data": {"n": "1"}}', 422, '#/data/n'], ['{"approved": true, "data": {"n": 1.5}}', 422, '#/data/n'],
            ['{"approved": true, "data": {"n": 1, "__proto__": 1}}', 422, '#/data/__proto__'],
            ['{"approved": true, "data": {"n": 1, "toString": 1}}', 422, '#/data/toString'],
            ['{"approved": true, "data": {"n": 1, "a/~b": 1}}', 422, '#/data/a~1~0b'],
        ];
        for (const [body, status, pointer] of wrong) {
            const answer = await send(id, body);
            assert.equal(answer.status, status, `${body.slice(0, 80)} ${answer.text}`);
            if (pointer) assert.equal(answer.json.errors[0].pointer, pointer, answer.text);
        }
        assert.equal((await api.get(`/v1/runs/${id}`)).json.status, 'waiting');
        const right = await send(id, '{"approved": true, "data": {"n": 1, "__proto__": "p", "constructor": "c"}}');
        assert.equal(right.status, 200, right.text);
        const {output} = await api.untilEnded(id);
        assert.deepEqual(Object.keys(output.data).sort(), ['__proto__', 'constructor', 'n']);
    });

    it('of two people at once is one of theirs, whole', async () => {
        const id = await asked();
        const answers = await Promise.all([1, 2, 3, 4].map((n) => api.post(`/v1/runs/${id}/approve`, {approved: true, by: `p${n}`, data: {n}})));
        assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409, 409, 409]);
        const n = 1 + answers.findIndex((answer) => answer.status === 200);
        const {output} = await api.untilEnded(id);
        assert.deepEqual([output.by, output.data], [`p${n}`, {n}]);
    });
});

describe('an input that no run can be started with', () => {
    const MIB = 1 << 20;

    it('is refused by a simulation, and the core goes on', async () => {
        const answer = await api.post('/v1/simulate', {files: echoAgent(), input: 'x'.repeat(5 * MIB)});
        assert.deepEqual([answer.status, answer.json.code], [413, 'too_large']);
        assert.equal((await api.get('/v1/packages')).status, 200);
    });

    it('fails the call that would start a child with it, and the core goes on', async () => {
        const name = uniqueName('stuffed');
        await api.deploy(agent('return #input.text', {name, config: {type: 'object'}}), {name, config: {much: 'y'.repeat(250_000)}});
        const parent = await api.deploy(agent(`return moon.run("${name}", {text = ("x"):rep(input.n)})`, {tools: ['agent.run'], agents: [name]}));
        const run = async (n) => api.untilEnded((await api.execute(parent.id, {n})).json.id); // it may have been parked
        const fits = await run(2 * MIB);
        assert.equal(fits.output, 2 * MIB, JSON.stringify(fits.error));
        const refused = await run(4 * MIB - 200);
        assert.deepEqual([refused.status, refused.error.code], ['failed', 'too_large']);
        assert.equal((await api.get('/v1/packages')).status, 200);
    });
});
