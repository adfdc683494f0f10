// The journal keeps of a conversation what is new in it; whoever reads a run's steps sees all of it: any
// conversation, after a kill -9 in its middle, in a fork, and in a replay.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage} from './lib/packages.mjs';
import {startService, until} from './lib/service.mjs';

const TURNS = 20;
const KILL_AT = 8;
const LONG = 'a text that is longer than a reference to it would be, and says: ';

const script = (url) => [
    ...Array.from({length: TURNS}, (_, turn) => ({
        match: 'take turns',
        turn,
        reply: `${LONG}turn ${turn}`,
        tool_calls: [{name: 'http.request', arguments: {url: `${url}/turn/${turn}`, headers: {}}}],
    })),
    {match: 'take turns', turn: TURNS, reply: 'that was all'},
    ...Array.from({length: 7}, (_, turn) => ({turn, reply: `${LONG}answer of turn ${turn} "$" \n`})),
    {reply: LONG},
];

let moonbase, api, service;
before(async () => {
    service = await startService();
    moonbase = await startMoonbase({
        env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1'},
        files: {MOONBASE_MODEL_SCRIPT: script(service.url)},
    });
    api = moonbase.api;
});
after(async () => {
    await moonbase?.dispose();
    service?.stop();
});

const stepsOf = (id, limit) => api.all(`/v1/runs/${id}/steps`, limit);
const questions = (steps) => steps.filter((step) => step.tool === 'llm.chat' && step.state === 'done');

describe('any conversation', () => {
    // Does what it is told, and gives back the arguments of its questions as it made them.
    const PROGRAM = `
local moon = require "moon"
return function(input)
  local asked, results = moon.json.array({}), {}
  for i, op in ipairs(input.ops) do
    if op.key then
      results[i] = moon.tool("kv.get", {key = op.key})
    else
      local messages = moon.json.array({})
      for _, one in ipairs(op.messages) do
        local result = one.of and results[one.of]
        if one.what == "answer" then
          messages[#messages + 1] = result.message
        elseif one.what == "result" then
          messages[#messages + 1] = {role = "tool", tool_call_id = "x", content = moon.json.encode(result)}
        elseif one.what == "text" then
          messages[#messages + 1] = {role = "user", content = result.text or "none"}
        else
          messages[#messages + 1] = one.literal
        end
      end
      local args = {model = "script", messages = messages, system = op.system, tools = op.tools, schema = op.schema}
      asked[#asked + 1] = moon.json.encode(args)
      local ok, result = pcall(moon.tool, "llm.chat", args)
      results[i] = ok and result or {text = result.code}
    end
  end
  return asked
end`;

    function random(seed) {
        let state = seed;
        return (n) => {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
            return (state >>> 8) % n;
        };
    }

    const WORDS = ['$', '"$message"', '{"$result":1}', 'é', '\n', '\\', LONG, 'short', `${LONG}${LONG}`];

    function conversation(upto) {
        const ops = [];
        let messages = [];
        const text = () => Array.from({length: 1 + upto(3)}, () => WORDS[upto(WORDS.length)]).join('');
        const answers = () => ops.flatMap((op, i) => (op.messages ? [i + 1] : []));
        const results = () => ops.flatMap((op, i) => (op.key ? [i + 1] : []));
        const one = () => {
            const kind = upto(8);
            const from = kind < 3 ? answers() : results();
            if (kind < 6 && from.length) {
                const what = kind < 2 ? 'answer' : kind < 3 ? 'text' : 'result';
                return {what, of: from[upto(from.length)]};
            }
            // now and then one that is refused: what is wrong with it is kept, too
            if (kind === 7 && upto(6) === 0) return {literal: {$message: 1, content: {$result: 2}}};
            return {literal: {role: 'user', content: text()}};
        };
        for (let i = 0; i < 25; i++) {
            if (upto(3) === 0) {
                ops.push({key: ['object', 'nulls', 'text', 'none'][upto(4)]});
                continue;
            }
            if (upto(10) === 0) messages = [];
            if (upto(8) === 0) messages = messages.slice(upto(messages.length + 1));
            messages = [...messages, ...Array.from({length: 1 + upto(3)}, one)];
            const op = {messages};
            if (upto(2)) op.system = upto(3) ? `${LONG}system` : text();
            if (upto(2)) op.tools = [{name: 'f', description: LONG, parameters: {$ref: '#/$defs/x'}}];
            if (upto(3) === 0) op.schema = {$schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object'};
            ops.push(op);
        }
        return ops;
    }

    it('is read as it was said', async () => {
        const manifest = {tools: ['llm.chat', 'kv.get', 'kv.set'], models: ['*']};
        const values = {
            object: {b: [1.5, {z: 1, a: LONG}], a: LONG},
            nulls: {b: null, a: [null, {x: null, y: LONG}]},
            text: `${LONG}\n"quoted"`,
        };
        const fill = await api.deploy(agentPackage(PROGRAM, manifest));
        const set = agentPackage(
            `local moon = require "moon"
return function(input)
  for key, value in pairs(input) do moon.kv.set(key, value) end
end`,
            manifest,
        );
        const setter = await api.deploy(set);
        assert.equal((await api.execute(setter.id, values)).json.status, 'succeeded');
        let refused = 0;
        for (let seed = 1; seed <= 12; seed++) {
            const ops = conversation(random(seed));
            const {json: run} = await api.execute(fill.id, {ops});
            assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
            const seen = questions(await stepsOf(run.id, 7));
            assert.deepEqual(seen.map((step) => step.args), run.output.map((args) => JSON.parse(args)), `seed ${seed}`);
            refused += seen.filter((step) => step.error).length;
        }
        assert.ok(refused > 0, 'some are refused');
    });
});

describe('a conversation with tools, killed in its middle', () => {
    const AGENT = `
local moon = require "moon"
return function(input)
  return moon.agent{model = "script", instructions = "${LONG}be careful.", max_steps = 50, loop_limit = 50,
    tools = {"http.request"}}:run(input).messages
end`;
    let run, early;

    const whole = (steps, messages) =>
        questions(steps).forEach((step, turn) => {
            assert.deepEqual(step.args.messages, messages.slice(0, 1 + 2 * turn), `turn ${turn}`);
            assert.equal(step.args.system, `${LONG}be careful.`);
            assert.deepEqual(step.args.tools, ['http.request']);
        });

    before(async () => {
        service.hold(`/turn/${KILL_AT}`);
        const {id} = await api.deploy(
            agentPackage(AGENT, {tools: ['llm.chat', 'http.request'], models: ['*'], hosts: ['127.0.0.1'], limits: {steps: 100}}),
        );
        const accepted = await api.accept(id, 'take turns');
        await until('it is in its middle', () => service.count(`/turn/${KILL_AT}`) === 1);
        await until('the journal has what came before', async () => {
            early = await stepsOf(accepted);
            return questions(early).length === KILL_AT + 1;
        });
        await moonbase.kill();
        service.release();
        await moonbase.start();
        run = await api.untilEnded(accepted, 60_000);
        assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
        assert.equal(run.diverged, false);
    });

    it('is whole in its steps, before and after', async () => {
        assert.equal(run.output.length, 2 * TURNS + 2);
        whole(early, run.output);
        const steps = await stepsOf(run.id);
        assert.equal(questions(steps).length, TURNS + 1);
        whole(steps, run.output);
        const done = early.filter((step) => step.state === 'done');
        assert.deepEqual(steps.slice(0, done.length), done);
        whole(await stepsOf(run.id, 3), run.output);
    });

    it('is whole in its events and its history', async () => {
        const events = [];
        for await (const event of api.follow(run.id, {lastEventId: 0})) {
            if (event.event === 'step') events.push({state: 'done', ...event.data});
            if (event.event === 'end' || event.event === 'run') break;
        }
        assert.equal(questions(events).length, TURNS + 1);
        whole(events, run.output);
        const history = await api.all(`/v1/runs/${run.id}/history`, 10);
        whole(history.filter((entry) => entry.kind === 'step').map((entry) => entry.data), run.output);
    });

    it('is whole in a fork of it', async () => {
        const steps = await stepsOf(run.id);
        const at = questions(steps)[12];
        const forked = await api.post(`/v1/runs/${run.id}/fork`, {from_step: at.seq, result: {...at.result, tool_calls: [], text: 'enough', message: {role: 'assistant', content: 'enough'}}});
        assert.equal(forked.status, 202, forked.text);
        const fork = await api.untilEnded(forked.json.id);
        assert.equal(fork.status, 'succeeded', JSON.stringify(fork.error));
        assert.equal(fork.output.at(-1).content, 'enough');
        whole(await stepsOf(fork.id), run.output);
        const goesOn = await api.post(`/v1/runs/${run.id}/fork`, {from_step: at.seq});
        const other = await api.untilEnded(goesOn.json.id);
        assert.deepEqual(other.output, run.output);
        whole(await stepsOf(other.id), run.output);
    });

    it('is replayed from its record', async () => {
        const {json: report} = await api.post(`/v1/runs/${run.id}/replay`);
        assert.equal(report.same, true, JSON.stringify(report).slice(0, 500));
        assert.equal(report.calls.changed, 0);
    });

    it('a replay on another version tells what changed in a question', async () => {
        const changed = await api.post('/v1/packages', {
            files: agentPackage(AGENT.replace('be careful', 'be quick'), {
                tools: ['llm.chat', 'http.request'],
                models: ['*'],
                hosts: ['127.0.0.1'],
                limits: {steps: 100},
            }),
        });
        assert.equal(changed.status, 201, changed.text);
        const {json: report} = await api.post(`/v1/runs/${run.id}/replay`, {package: changed.json.name, version: changed.json.version});
        assert.equal(report.calls?.changed, TURNS + 1, JSON.stringify(report).slice(0, 500));
        const paths = report.calls.changed_calls[5].changes.map((change) => change.path);
        assert.deepEqual(paths, ['/system']);
    });
});
