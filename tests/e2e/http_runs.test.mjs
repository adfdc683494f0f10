// Runs over HTTP: waiting, not waiting, streaming, following, stopping, deciding.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {checkedClient} from './lib/openapi.mjs';
import {agentPackage, echoAgent, uniqueName} from './lib/packages.mjs';
import {assertProblem} from './lib/problem.mjs';
import {events} from './lib/sse.mjs';

let moonbase, api;
before(async () => {
    moonbase = await startMoonbase();
    api = await checkedClient(moonbase.api);
});
after(() => moonbase.dispose());

async function collect(stream) {
    const all = [];
    for await (const event of stream) all.push(event);
    return all;
}

const deploy = async (main, manifest) => (await api.deploy(agentPackage(main, manifest))).id;

// Waits for a person; then gives back the decision.
const ASKER = `
local moon = require "moon"
return function(input)
    moon.emit("before", { n = 1 })
    local answer = moon.approve { title = "Refund?", form = input.form }
    return { approved = answer.approved, data = answer.data, comment = answer.comment }
end`;
const asker = () => deploy(ASKER, {tools: ['approve']});

const TELLER = `
local moon = require "moon"
return function(input)
    for i = 1, input.n do
        moon.emit("progress", { i = i })
        moon.kv.set("k" .. i, i)
    end
    moon.log("done")
    return input.n
end`;

describe('execute', () => {
    let echo;
    before(async () => (echo = (await api.deploy(echoAgent())).id));

    it('waits for the run and answers with it', async () => {
        const answer = await api.execute(echo, {a: [1, 'é', null]});
        assert.equal(answer.status, 200);
        assert.equal(answer.json.status, 'succeeded');
        assert.deepEqual(answer.json.output, {a: [1, 'é', null]});
        assert.equal(answer.headers.get('location'), `/v1/runs/${answer.json.id}`);
        assert.equal(answer.headers.get('preference-applied'), 'wait=30');
    });

    it('answers 200 for a run that failed, with code, file and line', async () => {
        const id = await deploy('return function()\n  error("no such order")\nend');
        const {status, json: run} = await api.execute(id, {});
        assert.equal(status, 200);
        assert.equal(run.status, 'failed');
        assert.equal(run.error.code, 'agent_error');
        assert.equal(run.error.file, 'main.lua');
        assert.equal(run.error.line, 2);
        assert.deepEqual((await api.get(`/v1/runs/${run.id}`)).json.error, run.error);
    });

    it('does not wait when it is asked not to', async () => {
        for (const prefer of ['respond-async', 'wait=0']) {
            const answer = await api.post(`/v1/deployments/${echo}/execute`, 7, {headers: {prefer}});
            assert.equal(answer.status, 202);
            assert.equal(answer.headers.get('preference-applied'), 'respond-async');
            const run = await api.untilEnded(answer.json.id);
            assert.equal(run.output, 7);
            assert.equal(run.input, 7);
        }
    });

    it('answers 202 when the run takes longer than the client waits', async () => {
        const id = await deploy('local moon = require "moon"\nreturn function() moon.sleep(3) return 1 end', {tools: ['sleep']});
        const answer = await api.execute(id, {}, {wait: 1});
        assert.equal(answer.status, 202);
        assert.equal((await api.untilEnded(answer.json.id)).output, 1);
    });

    it('answers 202 when the run waits for a person', async () => {
        const answer = await api.execute(await asker(), {});
        assert.equal(answer.status, 202);
        assert.equal(answer.json.status, 'waiting');
        assert.equal(answer.json.wait_reason, 'approval');
    });

    it('refuses input that does not fit, at its place', async () => {
        const {id} = await api.deploy(echoAgent({input: {type: 'object', properties: {n: {type: 'integer'}}}}));
        const answer = await api.execute(id, {n: 'one'});
        assertProblem(answer, 422, 'invalid_input');
        assert.equal(answer.json.errors[0].pointer, '#/n');
        assertProblem(await api.request('POST', `/v1/deployments/${id}/execute`, {body: '{"n":', headers: {'content-type': 'application/json'}}), 400, 'invalid_json');
    });

    it('gives the first run again under the same Idempotency-Key', async () => {
        const headers = {'idempotency-key': uniqueName()};
        const first = await api.execute(echo, {n: 1}, {headers});
        const again = await api.execute(echo, {n: 1}, {headers});
        assert.equal(again.status, 200);
        assert.equal(again.json.id, first.json.id);
        assert.deepEqual(again.json.output, {n: 1});
        assertProblem(await api.execute(echo, {n: 2}, {headers}), 422, 'idempotency_mismatch');
        const streamed = await collect(api.stream(echo, {n: 1}, {headers}));
        assert.equal(streamed.at(-1).data.id, first.json.id);
    });

    it('runs once when the same key comes many times at once', async () => {
        const headers = {'idempotency-key': uniqueName()};
        const answers = await Promise.all(Array.from({length: 8}, () => api.execute(echo, 5, {headers})));
        const ids = answers.filter((a) => a.status === 200).map((a) => a.json.id);
        assert.ok(ids.length >= 1);
        assert.equal(new Set(ids).size, 1);
        answers.filter((a) => a.status !== 200).forEach((a) => assertProblem(a, 409, 'conflict'));
    });
});

describe('events', () => {
    let teller;
    before(async () => (teller = await deploy(TELLER, {tools: ['kv.set']})));
    const journaled = (all) => all.filter((e) => ['step', 'emit', 'log'].includes(e.event));

    it('come as they happen, in order, and end with the run', async () => {
        const all = await collect(api.stream(teller, {n: 3}));
        const told = journaled(all);
        assert.deepEqual(told.map((e) => e.event), ['emit', 'step', 'emit', 'step', 'emit', 'step', 'log']);
        assert.deepEqual(told[0].data, {name: 'progress', data: {i: 1}});
        assert.equal(told[1].data.tool, 'kv.set');
        assert.equal(all.at(-1).event, 'done');
        assert.equal(all.at(-1).data.output, 3);
    });

    it('are the same afterwards, from the journal, from any position on', async () => {
        const live = await collect(api.stream(teller, {n: 2}));
        const runId = live.at(-1).data.id;
        const later = await collect(api.follow(runId));
        assert.deepEqual(journaled(later).map((e) => [e.event, e.id]), journaled(live).map((e) => [e.event, e.id]));
        const ids = journaled(live).map((e) => Number(e.id));
        assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
        for (const id of ids) {
            const rest = journaled(await collect(api.follow(runId, {lastEventId: id})));
            assert.deepEqual(rest.map((e) => Number(e.id)), ids.filter((other) => other > id));
        }
    });

    it('have steps in the shape of the list of steps', async () => {
        const live = await collect(api.stream(teller, {n: 1}));
        const step = live.find((e) => e.event === 'step').data;
        const {json} = await api.get(`/v1/runs/${live.at(-1).data.id}/steps`);
        const listed = json.data.find((s) => s.seq === step.seq);
        for (const [name, value] of Object.entries(step)) assert.deepEqual(listed[name], value, name);
    });

    it('go on over a wait for a person', async () => {
        const answer = await api.execute(await asker(), {});
        const following = collect(api.follow(answer.json.id));
        assert.equal((await api.post(`/v1/runs/${answer.json.id}/approve`, {approved: true})).status, 200);
        const all = await following;
        assert.deepEqual(journaled(all).map((e) => e.event), ['emit', 'step']);
        assert.equal(all.at(-1).data.output.approved, true);
    });

    it('of no run, or with a foreign position, are refused', async () => {
        const get = (path, headers = {}) => api.get(path, {headers: {accept: 'text/event-stream', ...headers}});
        assertProblem(await get('/v1/runs/run_00000000000000000000000000000000/events'), 404, 'not_found');
        assertProblem(await get('/v1/runs/run_00000000000000000000000000000000/events', {'last-event-id': 'x'}), 400, 'invalid_request');
    });
});

describe('cancel', () => {
    const LOOP = 'return function() while true do end end';

    it('stops a tight loop at once, and shows the run', async () => {
        const id = await deploy(LOOP);
        const run = await api.accept(id, {});
        const answer = await api.post(`/v1/runs/${run}/cancel`);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.status, 'cancelled');
        assert.equal(answer.json.error.code, 'cancelled');
        assert.equal((await api.post(`/v1/runs/${run}/cancel`)).status, 200, 'again');
    });

    it('stops a run that waits for a person', async () => {
        const {json: run} = await api.execute(await asker(), {});
        assert.equal((await api.post(`/v1/runs/${run.id}/cancel`)).status, 200);
        assertProblem(await api.post(`/v1/runs/${run.id}/approve`, {approved: true}), 409, 'conflict');
    });

    it('does not stop what has ended', async () => {
        const {id} = await api.deploy(echoAgent());
        const {json: run} = await api.execute(id, 1);
        assertProblem(await api.post(`/v1/runs/${run.id}/cancel`), 409, 'conflict');
    });

    it('ends a client that waits for the run', async () => {
        const id = await deploy(LOOP);
        const waiting = api.execute(id, {});
        let run;
        while (!run) [run] = (await api.get(`/v1/runs?deployment=${id}`)).json.data;
        await api.post(`/v1/runs/${run.id}/cancel`);
        assert.equal((await waiting).json.status, 'cancelled');
    });
});

describe('approvals', () => {
    it('are listed, decided once, and hand the answer to the agent', async () => {
        const form = {type: 'object', required: ['amount'], properties: {amount: {type: 'integer'}}};
        const {json: run} = await api.execute(await asker(), {form});
        const [open] = (await api.get(`/v1/approvals?run=${run.id}`)).json.data;
        assert.equal(open.title, 'Refund?');
        assert.deepEqual(open.form, form);
        const approve = (body) => api.post(`/v1/runs/${run.id}/approve`, body);
        assertProblem(await approve({approved: true, data: {amount: 'much'}}), 422, 'invalid_input');
        assertProblem(await approve({approved: true, seq: 999}), 404, 'not_found');
        const decided = await approve({approved: true, data: {amount: 3}, comment: 'fine', by: 'dana'});
        assert.equal(decided.status, 200, decided.text);
        assertProblem(await approve({approved: false}), 409, 'conflict');
        const {output} = await api.untilEnded(run.id);
        assert.deepEqual([output.approved, output.data, output.comment], [true, {amount: 3}, 'fine']);
        assert.deepEqual((await api.get(`/v1/approvals?run=${run.id}`)).json.data, []);
        const [done] = (await api.get(`/v1/approvals?run=${run.id}&state=decided`)).json.data;
        assert.equal(done.decided_by, 'dana');
    });

    it('cannot be settled as if they were effects', async () => {
        const {json: run} = await api.execute(await asker(), {});
        const [{seq}] = (await api.get(`/v1/approvals?run=${run.id}`)).json.data;
        assertProblem(await api.post(`/v1/runs/${run.id}/steps/${seq}/settle`, {happened: true}), 409, 'conflict');
    });
});

describe('the list of runs', () => {
    it('can be narrowed to state, deployment and time', async () => {
        const {id} = await api.deploy(echoAgent());
        const failing = await deploy('return function() error("x") end');
        const from = new Date().toISOString();
        const good = (await api.execute(id, 1)).json;
        const bad = (await api.execute(failing, 1)).json;
        const ids = async (query) => (await api.all(`/v1/runs?${query}`, 2)).map((r) => r.id);
        assert.deepEqual(await ids(`deployment=${id}`), [good.id]);
        assert.deepEqual(await ids(`created_from=${from}`), [bad.id, good.id]);
        assert.deepEqual(await ids(`created_from=${from}&status=failed,cancelled`), [bad.id]);
        assert.deepEqual(await ids(`created_to=${from}&deployment=${id}`), []);
        const [listed] = (await api.get(`/v1/runs?deployment=${id}`)).json.data;
        assert.equal(listed.input, undefined);
    });

    it('has for each run the sum of its steps', async () => {
        const teller = await deploy(TELLER, {tools: ['kv.set']});
        const {json: run} = await api.execute(teller, {n: 5});
        const steps = await api.all(`/v1/runs/${run.id}/steps`, 2);
        const sum = steps.reduce((total, step) => total + step.cost_micros, 0);
        assert.equal(sum, run.usage.cost_micros);
        assert.equal(steps.filter((s) => s.tool === 'kv.set').length, 5);
    });
});

describe('a stream', () => {
    it('whose client leaves does not stop the run', async () => {
        const id = await deploy('local moon = require "moon"\nreturn function() moon.emit("a", {}) moon.sleep(2) return 9 end', {tools: ['sleep']});
        const leave = new AbortController();
        const response = await api.open('POST', `/v1/deployments/${id}/execute`, {
            json: {},
            headers: {accept: 'text/event-stream'},
            signal: leave.signal,
        });
        const runId = response.headers.get('location').split('/').at(-1);
        for await (const event of events(response)) if (event.event === 'emit') break;
        leave.abort();
        assert.equal((await api.untilEnded(runId)).output, 9);
    });
});
