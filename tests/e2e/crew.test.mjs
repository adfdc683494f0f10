// Crews through the real server, with the model `script`: what their agents answer, what a person
// decides, and what is left when a process is killed under them.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {command} from './lib/command.mjs';
import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage} from './lib/packages.mjs';
import {killWorkers} from './lib/processes.mjs';
import {startService, until} from './lib/service.mjs';

const LOOK = '/look'; // what the scout asks the service for

// What the script answers: "system" is the agent, "match" what it is told last, "turn" how often it has
// answered in this conversation.
const script = [
    {system: 'You are Analyst', match: 'not accepted', reply: 'Sales rose by 12 percent.'},
    {system: 'You are Analyst', match: 'Analyse', reply: 'Sales rose.'},
    {system: 'You are Analyst', match: 'Which month', reply: 'May was best.'},
    {system: 'You are Writer', match: 'saying: Shorter', reply: 'Up 12 percent.'},
    {system: 'You are Writer', match: 'Write', reply: 'Dear board: sales rose by 12 percent.'},
    {
        system: 'You are Manager', turn: 0,
        tool_calls: [
            {name: 'ask_question', arguments: {coworker: 'Analyst', question: 'Which month?', context: 'Sales.'}},
            {name: 'delegate_work', arguments: {coworker: 'nobody', task: 'Write.', context: ''}},
        ],
    },
    {
        system: 'You are Manager', turn: 1,
        tool_calls: [{name: 'delegate_work', arguments: {coworker: 'writer', task: 'Write it.', context: 'May.'}}],
    },
    {system: 'You are Manager', turn: 2, reply: 'Checked: sales rose, most of all in May.'},
    {system: 'You are Scout', turn: 0, tool_calls: [{name: 'look', arguments: {}}]},
    {system: 'You are Scout', turn: 1, reply: 'I count 42 ships.'},
];

const CREW = `
local moon = require "moon"
local agents = {
  { name = "analyst", role = "Analyst", goal = "Find what {{topic}} says." },
  { name = "writer", role = "Writer" },
  { name = "scout", role = "Scout", tools = { {
    name = "look", description = "Counts ships.", args = moon.schema.object({}),
    run = function() return moon.tool("http.request", { method = "GET", url = URL }).body end,
  } } },
}
local function task(name, agent, text, more)
  local made = { name = name, agent = agent, description = text .. " {{topic}}.", expected_output = "A sentence." }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end
local function crew(tasks, more)
  local made = { name = "board", model = "script", agents = agents, tasks = tasks }
  for key, value in pairs(more or {}) do made[key] = value end
  return moon.crew(made)
end
return function(input)
  URL = input.url
  BODY
end`;

const ANALYSE_AND_WRITE = 'task("analyse", "analyst", "Analyse"), task("write", "writer", "Write about")';
const LOOK_AND_WRITE = `task("look", "scout", "Count", { async = true }), ${ANALYSE_AND_WRITE},
    task("report", "writer", "Write all about", { context = { "look", "write" } })`;

let moonbase, api, service;
before(async () => {
    service = await startService({answer: () => '42 ships'});
    moonbase = await startMoonbase({
        env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1'},
        files: {MOONBASE_MODEL_SCRIPT: script},
    });
    api = moonbase.api;
});
after(async () => {
    await moonbase?.dispose();
    service?.stop();
});

async function deploy(body) {
    const manifest = {tools: ['llm.chat', 'approve', 'http.request'], models: ['script'], hosts: ['127.0.0.1']};
    return (await api.deploy(agentPackage(CREW.replace('BODY', () => body), manifest))).id;
}

const accept = async (body) => api.accept(await deploy(body), {topic: 'sales', url: service.url + LOOK});

const stepsOf = async (id) => api.all(`/v1/runs/${id}/steps`);
const ended = (id) => api.untilRun(id, (run) => run.finished_at, 30_000);

async function succeeded(id) {
    const run = await ended(id);
    assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
    assert.equal(run.diverged, false);
    return run;
}

const result = (run) => run.output;
const asked = async (id) => (await stepsOf(id)).filter((step) => step.tool === 'llm.chat');

describe('a crew', () => {
    it('does its tasks in order, each with the output of the one before', async () => {
        const id = await accept(`return crew({ ${ANALYSE_AND_WRITE} }):run(input)`);
        const output = result(await succeeded(id));
        assert.equal(output.output, 'Dear board: sales rose by 12 percent.');
        assert.equal(output.tasks.analyse.output, 'Sales rose.');
        assert.deepEqual([output.usage.calls, output.usage.steps], [2, 2]);
        assert.ok(output.usage.tokens_in > 0);
        const calls = await asked(id);
        assert.equal(calls.length, 2);
        const told = JSON.stringify(calls[1].args);
        assert.match(told, /Write about sales\./);
        assert.match(told, /## analyse\\nSales rose\./);
        assert.match(JSON.stringify(calls[0].args), /Your goal: Find what sales says\./);
    });

    it('tells what it does in events', async () => {
        const id = await accept(`return crew({ ${ANALYSE_AND_WRITE} }):run(input).text`);
        await succeeded(id);
        const told = [];
        for await (const event of api.follow(id)) {
            const {name, data} = event.data;
            if (name?.startsWith('crew.')) told.push(`${name} ${data.task}`);
        }
        const expected = ['task_started analyse', 'task_done analyse', 'task_started write', 'task_done write'];
        assert.deepEqual(told, expected.map((line) => `crew.${line}`));
    });

    it('with a manager has its work delegated; a wrong co-worker is told to the model', async () => {
        const id = await accept(`
            local one = { name = "all", description = "Report on {{topic}}.", expected_output = "A sentence." }
            return crew({ one }, { process = "hierarchical", manager = "script" }):run(input)`);
        const output = result(await succeeded(id));
        assert.equal(output.output, 'Checked: sales rose, most of all in May.');
        assert.equal(output.usage.calls, 5);
        const told = JSON.stringify((await asked(id)).map((step) => step.args));
        assert.match(told, /there is no co-worker 'nobody'; there are: analyst, writer, scout/);
        assert.match(told, /May was best\./);
        assert.match(told, /Dear board/);
    });

    it('has an answer made again that its guardrail refuses', async () => {
        const rule = 'function(text) return text:find("%d") ~= nil, "Name the number." end';
        const id = await accept(`return crew({ task("analyse", "analyst", "Analyse", { guardrail = ${rule} }) }):run(input)`);
        const output = result(await succeeded(id));
        assert.equal(output.output, 'Sales rose by 12 percent.');
        assert.equal(output.tasks.analyse.attempts, 2);
    });

    it('fails with a code when the definition is wrong, before any model is asked', async () => {
        const id = await accept('return crew({ task("analyse", "nobody", "Analyse") }):run(input)');
        const run = await ended(id);
        assert.deepEqual([run.status, run.error.code], ['failed', 'invalid_definition']);
        assert.match(run.error.message, /task 'analyse', field 'agent'/);
        assert.equal((await asked(id)).length, 0);
    });

    it('runs for each of many inputs', async () => {
        const id = await accept(`
            local results = crew({ ${ANALYSE_AND_WRITE} }):run_each({ input, { topic = "costs" }, input }, { limit = 2 })
            return { #results, results[2].text, results[3].usage.calls }`);
        assert.deepEqual(result(await succeeded(id)), [3, 'Dear board: sales rose by 12 percent.', 2]);
        assert.equal((await asked(id)).length, 6);
    });
});

describe('a review', () => {
    const body = `return crew({ task("analyse", "analyst", "Analyse"),
        task("write", "writer", "Write about", { review = { title = "Send {{topic}}?" } }) }):run(input)`;

    const waiting = (id) => api.untilRun(id, (run) => run.status === 'waiting' || run.finished_at);

    async function decide(id, answer) {
        const open = (await api.all('/v1/approvals')).find((one) => one.run_id === id && !one.decided_at);
        assert.ok(open, 'an approval is open');
        const given = await api.post(`/v1/runs/${id}/approve`, answer);
        assert.equal(given.status, 200, given.text);
        return open;
    }

    it('waits, goes back to the agent with a comment, and goes on when it is approved', async () => {
        const id = await accept(body);
        assert.equal((await waiting(id)).wait_reason, 'approval');
        const first = await decide(id, {approved: false, comment: 'Shorter'});
        assert.equal(first.title, 'Send sales?');
        assert.equal(first.details.draft, 'Dear board: sales rose by 12 percent.');
        await until('the second draft', async () => (await asked(id)).length === 3);
        await waiting(id);
        await decide(id, {approved: true});
        const output = result(await succeeded(id));
        assert.deepEqual([output.output, output.tasks.write.attempts], ['Up 12 percent.', 2]);
    });

    it('outlives the server', async () => {
        const id = await accept(body);
        await waiting(id);
        await moonbase.killAndRestart();
        assert.equal((await waiting(id)).wait_reason, 'approval');
        await decide(id, {approved: true});
        assert.equal(result(await succeeded(id)).output, 'Dear board: sales rose by 12 percent.');
        assert.equal((await asked(id)).length, 2);
    });
});

describe('a crew whose async task waits for the outside', () => {
    // look waits; analyse and write are done beside it; report needs look.
    async function held() {
        service.calls.length = 0;
        service.hold(LOOK);
        const id = await accept(`return crew({ ${LOOK_AND_WRITE} }):run(input)`);
        await until('the tool is called', () => service.count(LOOK) === 1);
        await until('the others are done', async () => (await asked(id)).length === 3);
        return id;
    }

    async function check(id) {
        const output = result(await succeeded(id));
        assert.equal(output.tasks.look.output, 'I count 42 ships.');
        assert.equal(output.usage.calls, 5);
        const calls = await asked(id);
        assert.equal(calls.length, 5, 'nothing that was recorded is asked again');
        assert.match(JSON.stringify(calls[4].args), /## look\\nI count 42 ships\./);
    }

    it('goes on beside it, and waits where it is needed', async () => {
        const id = await held();
        service.release();
        await check(id);
    });

    it('outlives its sandbox', async () => {
        const id = await held();
        killWorkers(moonbase, 'moonbase-agent');
        service.release();
        await check(id);
    });

    it('outlives kill -9 of the core', async () => {
        const id = await held();
        await moonbase.kill();
        service.release();
        await moonbase.start();
        await check(id);
        assert.equal(service.count(LOOK), 2, 'only what had no result was done again');
    });

    it('is replayed with the same outcome, asking nobody', async () => {
        const id = await held();
        service.release();
        const run = await succeeded(id);
        const calls = service.calls.length;
        const replayed = await command(['replay', id, '--json', '--data', moonbase.dir]);
        assert.equal(replayed.code, 0, replayed.stderr);
        assert.match(replayed.stderr, /the same outcome as recorded/);
        const report = JSON.parse(replayed.stdout);
        assert.deepEqual(report.replayed.output, run.output);
        assert.deepEqual([report.same, report.diverged, report.calls.new, report.events.new], [true, false, 0, 0]);
        assert.equal(service.calls.length, calls);
    });
});
