// Past runs again: the history, replays, forks, canaries, over HTTP and from the command line.
import assert from 'node:assert/strict';
import {rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {command, createCustomer} from './lib/command.mjs';
import {startMoonbase, temporaryDir} from './lib/moonbase.mjs';
import {checkedClient} from './lib/openapi.mjs';
import {agentPackage, uniqueName, writePackage} from './lib/packages.mjs';
import {assertProblem} from './lib/problem.mjs';
import {until} from './lib/service.mjs';
import {startStub, stubModels} from './lib/stub.mjs';

let dir, model, moonbase, api;
before(async () => {
    dir = await temporaryDir('mb-replay-');
    // It says the prompt again, with a number that counts up.
    model = await startStub(({number, body}) => ({content: `${JSON.parse(body).messages.at(-1).content}#${number}`}));
    moonbase = await startMoonbase({
        env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1'},
        files: {MOONBASE_MODELS_FILE: stubModels(model)},
    });
    api = await checkedClient(moonbase.api);
});
after(async () => {
    await moonbase?.dispose();
    await model?.stop();
    await rm(dir, {recursive: true, force: true});
});

const TOOLS = ['llm.chat', 'kv.get', 'kv.set', 'approve'];

// Depends on everything that a replay has to give again: input, configuration, clock, random numbers,
// ids, the answers of a model, what was stored, branches that run at the same time.
const AGENT = `
local moon = require "moon"
return function(input, ctx)
    moon.emit("begun", { for_whom = input.name })
    local before = moon.now()
    local said = moon.llm.chat { prompt = ctx.config.greeting .. " " .. input.name }.text
    moon.kv.set("last", { name = input.name, id = moon.uuid() })
    local branches = moon.parallel {
        function() return moon.llm.chat { prompt = "left" }.text end,
        function() return moon.llm.chat { prompt = "right" }.text end,
    }
    moon.log("half")
    return {
        said = said, branches = branches, random = moon.random(), id = moon.uuid(), before = before,
        after = moon.now(), stored = moon.kv.get("last"),
    }
end`;
const CONFIG = {type: 'object', properties: {greeting: {type: 'string'}}};

const upload = async (main, manifest) => {
    const answer = await api.post('/v1/packages', {files: agentPackage(main, manifest)});
    assert.equal(answer.status, 201, answer.text);
    return answer.json;
};

/** A deployment of a package of its own; `name` is for further versions of it. */
async function deployed(main = AGENT, manifest = {}, deployment = {config: {greeting: 'hello'}}) {
    const name = uniqueName();
    const own = {name, tools: TOOLS, models: ['*'], config: CONFIG, ...manifest};
    const id = (await api.deploy(agentPackage(main, own), deployment)).id;
    const version = (number, code = main, more = {}) => upload(code, {...own, version: number, ...more});
    return {id, name, version};
}

const execute = async (id, input = {name: 'Ada'}) => {
    const answer = await api.execute(id, input);
    assert.equal(answer.json.status, 'succeeded', answer.text);
    return answer.json;
};
const balance = async () => (await api.get('/v1/balance')).json.balance_micros;
const replay = async (run, body) => {
    const answer = await api.post(`/v1/runs/${run.id}/replay`, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
};
const history = (run) => api.all(`/v1/runs/${run.id}/history`, 3);
const steps = async (run) => (await api.all(`/v1/runs/${run.id}/steps`)).filter((step) => step.tool !== 'run');

/** Another customer's client. */
const somebodyElse = async () => api.as(await createCustomer(moonbase, uniqueName(), '--balance', '1'));

/** Runs `moonbase ARGS` beside the server. */
const beside = (...args) => command([...args, '--data', moonbase.dir]);

describe('history', () => {
    it('is the whole journal in order: input, price, steps, events, log lines, end', async () => {
        const {id} = await deployed(AGENT, {pricing: {per_run_micros: 7}});
        const run = await execute(id);
        const entries = await history(run);
        const seqs = entries.map((entry) => entry.seq);
        assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b));
        assert.equal(new Set(seqs).size, seqs.length);
        assert.deepEqual(entries[0].data.input, {name: 'Ada'});
        assert.equal(entries[0].data.config_revision, 1);
        const kinds = entries.map((entry) => entry.kind);
        assert.equal(kinds[0], 'input');
        assert.equal(kinds.at(-1), 'end');
        for (const [kind, n] of Object.entries({price: 1, step: 5, emit: 1, log: 1, end: 1}))
            assert.equal(kinds.filter((k) => k === kind).length, n, kind);
        assert.deepEqual(entries.find((entry) => entry.kind === 'price').data, {cost_micros: 7});
        assert.deepEqual(entries.at(-1).data.output, run.output);
    });

    it('shows the question and the decision of a step that a person decided', async () => {
        const {id} = await deployed('local moon = require "moon"\nreturn function() return moon.approve { title = "Go?" }.approved end');
        const waiting = (await api.execute(id, {})).json;
        const open = await history(waiting);
        assert.equal(open.at(-1).kind, 'step');
        assert.equal(open.at(-1).data.state, 'begun');
        assert.equal(open.at(-1).data.question.title, 'Go?');
        assert.equal(open.at(-1).data.decision, null);
        await api.post(`/v1/runs/${waiting.id}/approve`, {approved: true, by: 'dana'});
        await api.untilEnded(waiting.id);
        const step = (await history(waiting)).find((entry) => entry.kind === 'step').data;
        assert.equal(step.decision.by, 'dana');
        assert.equal(step.decision.decision.approved, true);
        assert.equal(step.result.approved, true);
    });

    it("is nobody else's", async () => {
        const {id} = await deployed();
        const run = await execute(id);
        assertProblem(await (await somebodyElse()).get(`/v1/runs/${run.id}/history`), 404, 'not_found');
    });
});

describe('replay', () => {
    it('gives the same output from the record alone, calls nothing and costs nothing', async () => {
        const {id} = await deployed();
        const run = await execute(id);
        const [before, calls, rows] = [await balance(), model.calls, (await history(run)).length];
        await model.stop();
        try {
            for (let i = 0; i < 3; i++) {
                const report = await replay(run);
                assert.equal(report.same, true, JSON.stringify(report));
                assert.equal(report.diverged, false);
                assert.equal(report.is_own_package, true);
                assert.deepEqual(report.replayed.output, run.output);
                assert.deepEqual(report.output_changes, []);
                assert.equal(report.calls.same, 5);
                assert.deepEqual(report.events, {same: 2, new: 0, gone: 0});
                assert.equal(report.cost.charged_micros, 0);
                assert.equal(report.cost.difference_micros, 0);
            }
        } finally {
            await model.start();
        }
        assert.equal(model.calls, calls);
        assert.equal(await balance(), before);
        assert.equal((await history(run)).length, rows);
        assert.equal((await api.get('/v1/runs?limit=1')).json.data[0].id, run.id, 'no run was stored');
    });

    it('says of another version which calls are changed, new and gone, and what is different', async () => {
        const {id, version} = await deployed();
        const run = await execute(id);
        await version(
            '1.1.0',
            AGENT.replace('prompt = "left"', 'prompt = "far left"')
                .replace('moon.log("half")', 'pcall(moon.llm.chat, { prompt = "one more" })')
                .replace('moon.kv.set("last", { name = input.name, id = moon.uuid() })', '')
                .replace('after = moon.now()', 'after = 0'),
        );
        const calls = model.calls;
        const report = await replay(run, {version: '1.1.0'});
        assert.equal(model.calls, calls);
        assert.equal(report.is_own_package, false);
        assert.equal(report.package.version, '1.1.0');
        assert.equal(report.same, false);
        assert.equal(report.diverged, false);
        const {changed_calls: changed, new_calls: fresh, gone_calls: gone} = report.calls;
        assert.deepEqual(changed.map((c) => [c.tool, c.changes]), [
            ['llm.chat', [{op: 'replace', path: '/prompt', was: 'left', now: 'far left'}]],
        ]);
        assert.deepEqual(fresh.map((c) => [c.tool, c.args.prompt]), [['llm.chat', 'one more']]);
        assert.deepEqual(gone.map((c) => c.tool), ['kv.set']);
        assert.equal(report.calls.same, 3);
        assert.equal(report.cost.unpriced_calls, 1);
        const paths = report.output_changes.map((c) => c.path);
        assert.ok(paths.includes('/after'), paths);
        assert.ok(!paths.includes('/said') && !paths.includes('/branches/0'), paths);
    });

    it('answers a call that nothing recorded with not_recorded', async () => {
        const {id, version} = await deployed();
        const run = await execute(id);
        await version('2.0.0', 'local moon = require "moon"\nreturn function() return moon.kv.get("a") .. moon.kv.get("b") end');
        const report = await replay(run, {version: '2.0.0'});
        assert.equal(report.replayed.status, 'failed');
        assert.equal(report.replayed.error.code, 'not_recorded');
        assert.deepEqual([report.calls.changed, report.calls.new, report.calls.gone], [1, 1, 4]);
    });

    it('gives a failed run the same error again', async () => {
        const {id} = await deployed('local moon = require "moon"\nreturn function()\n  moon.kv.set("a", 1)\n  error { code = "no_stock", message = "sold out" }\nend');
        const run = (await api.execute(id, {})).json;
        assert.equal(run.status, 'failed');
        const report = await replay(run);
        assert.equal(report.same, true, JSON.stringify(report));
        assert.equal(report.replayed.error.code, 'no_stock');
    });

    it('is refused while the run has not ended, for another customer, for what is not there', async () => {
        const {id, name} = await deployed('local moon = require "moon"\nreturn function() return moon.approve { title = "Go?" } end');
        const waiting = (await api.execute(id, {})).json;
        assertProblem(await api.post(`/v1/runs/${waiting.id}/replay`), 409, 'conflict');
        await api.post(`/v1/runs/${waiting.id}/cancel`);
        assert.equal((await replay(waiting)).recorded.status, 'cancelled');
        assertProblem(await (await somebodyElse()).post(`/v1/runs/${waiting.id}/replay`), 404, 'not_found');
        assertProblem(await api.post(`/v1/runs/run_${'0'.repeat(32)}/replay`), 404, 'not_found');
        assertProblem(await api.post(`/v1/runs/${waiting.id}/replay`, {version: '9.9.9'}), 404, 'not_found', '#/version');
        assertProblem(await api.post(`/v1/runs/${waiting.id}/replay`, {package: `${name}_x`}), 404, 'not_found', '#/package');
        assertProblem(await api.post(`/v1/runs/${waiting.id}/replay`, {versoin: '1'}), 400, 'invalid_request', '#/versoin');
    });

    it('is answered while a loop of the candidate burns its CPU time, and then fails like a run', async () => {
        const {id, version} = await deployed(AGENT, {limits: {cpu_ms: 200}});
        const run = await execute(id);
        await version('1.0.1', 'return function() while true do end end', {limits: {cpu_ms: 200}});
        const [looping, own] = await Promise.all([replay(run, {version: '1.0.1'}), replay(run)]);
        assert.equal(looping.replayed.error.code, 'cpu_limit');
        assert.equal(own.same, true);
    });
});

describe('fork', () => {
    it('takes earlier steps from the record at no cost and executes the later ones', async () => {
        const {id} = await deployed(AGENT, {pricing: {per_run_micros: 7}});
        const run = await execute(id);
        const all = await steps(run);
        const at = all.find((step) => step.tool === 'kv.set');
        const [before, calls] = [await balance(), model.calls];
        const answer = await api.post(`/v1/runs/${run.id}/fork`, {from_step: at.seq});
        assert.equal(answer.status, 202, answer.text);
        assert.equal(answer.headers.get('location'), `/v1/runs/${answer.json.id}`);
        const fork = await api.untilEnded(answer.json.id);
        assert.equal(fork.status, 'succeeded', JSON.stringify(fork.error));
        assert.notEqual(fork.id, run.id);
        assert.equal(fork.forked_from, run.id);
        assert.equal(fork.forked_at_step, at.seq);
        assert.equal(fork.output.said, run.output.said, 'from the record');
        assert.equal(fork.output.before, run.output.before, 'the clock begins where that of the run did');
        assert.equal(fork.output.random, run.output.random);
        assert.notDeepEqual(fork.output.branches, run.output.branches, 'executed');
        assert.equal(model.calls, calls + 2);
        const own = await steps(fork);
        assert.deepEqual(own.map((step) => step.replayed), [true, false, false, false, false]);
        assert.equal(own[0].cost_micros, 0);
        assert.equal(fork.usage.cost_micros, own.reduce((sum, step) => sum + step.cost_micros, 7));
        await until('it is charged', async () => (await balance()) === before - fork.usage.cost_micros, 5_000);
        assert.equal((await replay(fork)).same, true);
    });

    it('goes on with the result that a step was given instead', async () => {
        const {id} = await deployed();
        const run = await execute(id);
        const [first] = await steps(run);
        const result = {...first.result, text: 'as edited'};
        const fork = await api.untilEnded((await api.post(`/v1/runs/${run.id}/fork`, {from_step: first.seq, result})).json.id);
        assert.equal(fork.output.said, 'as edited');
        const error = {code: 'model_refused', message: 'no'};
        const failed = await api.untilEnded((await api.post(`/v1/runs/${run.id}/fork`, {from_step: first.seq, error})).json.id);
        assert.equal(failed.status, 'failed');
        assert.equal(failed.error.code, 'model_refused');
    });

    it('takes another input, which has to fit the package', async () => {
        const input = {type: 'object', properties: {name: {type: 'string'}}, required: ['name']};
        const {id} = await deployed(AGENT, {input});
        const run = await execute(id);
        const last = (await steps(run)).at(-1);
        const refused = await api.post(`/v1/runs/${run.id}/fork`, {from_step: last.seq, input: {name: 7}});
        assertProblem(refused, 422, 'invalid_input', '#/input/name');
        const answer = await api.post(`/v1/runs/${run.id}/fork`, {from_step: last.seq, input: {name: 'Bob'}});
        const fork = await api.untilEnded(answer.json.id);
        assert.match(fork.output.said, /hello Bob#/);
        assert.deepEqual(fork.output.branches, run.output.branches, 'these do not depend on the input');
        assert.deepEqual((await api.get(`/v1/runs/${fork.id}`)).json.input, {name: 'Bob'});
    });

    it('asks a person again when it begins at the question, and not when it begins after it', async () => {
        const {id} = await deployed(`
local moon = require "moon"
return function()
    local first = moon.approve { title = "Go?" }
    return { approved = first.approved, by = first.by, said = moon.llm.chat { prompt = "go" }.text }
end`);
        const run = (await api.execute(id, {})).json;
        const [question] = await steps(run);
        const early = await api.post(`/v1/runs/${run.id}/fork`, {from_step: question.seq, result: {approved: true, by: 'nobody'}});
        assert.equal(early.status, 202, 'one that waits may be forked');
        assert.equal((await api.untilEnded(early.json.id)).output.by, 'nobody');
        await api.post(`/v1/runs/${run.id}/approve`, {approved: true, by: 'dana'});
        const ended = await api.untilEnded(run.id);
        const said = (await steps(ended)).find((step) => step.tool === 'llm.chat');
        const later = await api.post(`/v1/runs/${run.id}/fork`, {from_step: said.seq});
        assert.equal((await api.untilEnded(later.json.id)).output.by, 'dana');
        const again = await api.post(`/v1/runs/${run.id}/fork`, {from_step: question.seq});
        const asking = await api.untilRun(again.json.id, (r) => r.status === 'waiting');
        assert.equal(asking.wait_reason, 'approval');
        await api.post(`/v1/runs/${asking.id}/approve`, {approved: false, by: 'eve'});
        assert.equal((await api.untilEnded(asking.id)).output.by, 'eve');
    });

    it('can be forked itself, and survives kill -9 like any run', async () => {
        const {id} = await deployed();
        const run = await execute(id);
        const [first, second] = await steps(run);
        const once = await api.untilEnded((await api.post(`/v1/runs/${run.id}/fork`, {from_step: second.seq})).json.id);
        const copied = (await steps(once)).find((step) => step.tool === 'llm.chat');
        assert.equal(copied.seq, first.seq);
        const answer = await api.post(`/v1/runs/${once.id}/fork`, {from_step: (await steps(once))[1].seq});
        await moonbase.killAndRestart();
        const twice = await api.untilEnded(answer.json.id);
        assert.equal(twice.status, 'succeeded', JSON.stringify(twice.error));
        assert.equal(twice.output.said, run.output.said);
        assert.equal(twice.output.before, run.output.before);
        assert.equal(twice.diverged, false);
    });

    it('is made once under one Idempotency-Key', async () => {
        const {id} = await deployed();
        const run = await execute(id);
        const [first] = await steps(run);
        const headers = {'idempotency-key': uniqueName()};
        const fork = () => api.post(`/v1/runs/${run.id}/fork`, {from_step: first.seq}, {headers});
        const answers = [await fork(), await fork()];
        assert.equal(answers[0].json.id, answers[1].json.id);
        const other = await api.post(`/v1/runs/${run.id}/fork`, {from_step: first.seq, input: 1}, {headers});
        assertProblem(other, 422, 'idempotency_mismatch');
        await api.untilEnded(answers[0].json.id);
    });

    it('is refused at a step that is no call, of a run that is being executed, for another customer', async () => {
        const {id} = await deployed();
        const run = await execute(id);
        assertProblem(await api.post(`/v1/runs/${run.id}/fork`, {from_step: 99}), 422, 'no_such_step', '#/from_step');
        const both = {from_step: 2, result: 1, error: {code: 'x', message: ''}};
        assertProblem(await api.post(`/v1/runs/${run.id}/fork`, both), 400, 'invalid_request', '#/error');
        assertProblem(await api.post(`/v1/runs/${run.id}/fork`, {}), 400, 'invalid_request');
        assertProblem(await (await somebodyElse()).post(`/v1/runs/${run.id}/fork`, {from_step: 1}), 404, 'not_found');
        const busy = await deployed('return function() while true do end end', {limits: {cpu_ms: 60_000}});
        const loop = await api.accept(busy.id, {});
        assertProblem(await api.post(`/v1/runs/${loop}/fork`, {from_step: 1}), 409, 'conflict');
        assertProblem(await api.post(`/v1/runs/${loop}/replay`), 409, 'conflict');
        await api.post(`/v1/runs/${loop}/cancel`);
    });
});

describe('canary', () => {
    it('replays the last runs on the candidate and sums up', async () => {
        const {id, version} = await deployed(AGENT, {pricing: {per_run_micros: 10}});
        const runs = [];
        for (let i = 0; i < 5; i++) runs.unshift(await execute(id, {name: i % 2 ? 'Ada' : 'Bob'}));
        // Other output for one of the names, and a dearer run.
        await version('1.1.0', AGENT.replace('before = before', 'before = input.name == "Ada" and 0 or before'), {
            pricing: {per_run_micros: 12},
        });
        const [before, calls] = [await balance(), model.calls];
        const answer = await api.post(`/v1/deployments/${id}/canary`, {version: '1.1.0', runs: 4});
        assert.equal(answer.status, 200, answer.text);
        const {summary, runs: reports, package: candidate} = answer.json;
        assert.equal(candidate.version, '1.1.0');
        assert.deepEqual(reports.map((r) => r.run_id), runs.slice(0, 4).map((r) => r.id));
        assert.deepEqual(reports.map((r) => r.outcome), ['same', 'changed', 'same', 'changed']);
        assert.deepEqual(reports[1].output_changes.map((c) => c.path), ['/before']);
        assert.deepEqual(
            [summary.runs, summary.same, summary.changed, summary.not_replayed, summary.difference_micros],
            [4, 2, 2, 0, 8],
        );
        assert.equal(model.calls, calls);
        assert.equal(await balance(), before);
        const all = await api.post(`/v1/deployments/${id}/canary`, {runs: 100, filter: {status: ['failed']}});
        assert.equal(all.json.summary.runs, 0);
    });

    it('is refused for what is not there', async () => {
        const {id} = await deployed();
        assertProblem(await api.post(`/v1/deployments/${id}/canary`, {version: '7'}), 404, 'not_found', '#/version');
        assertProblem(await api.post(`/v1/deployments/${id}/canary`, {runs: 101}), 400, 'invalid_request', '#/runs');
        assertProblem(await (await somebodyElse()).post(`/v1/deployments/${id}/canary`, {}), 404, 'not_found');
    });
});

describe('the command line', () => {
    /** A folder with the agent, its code changed. */
    const folder = (name, code) =>
        writePackage(
            path.join(dir, uniqueName()),
            agentPackage(code, {name, version: '9.0.0', tools: TOOLS, models: ['*'], config: CONFIG}),
        );

    it('replays: 0 when all is the same, 1 when it differs, 2 when it cannot', async () => {
        const {id, name} = await deployed();
        const run = await execute(id);
        const same = await beside('replay', run.id, '--json');
        assert.equal(same.code, 0, same.stderr);
        assert.deepEqual(JSON.parse(same.stdout).replayed.output, run.output);
        const changed = await beside('replay', run.id, '--package', await folder(name, AGENT.replace('"left"', '"up"')));
        assert.equal(changed.code, 1, changed.stderr);
        assert.match(changed.stdout, /changed +llm\.chat \(step \d+\)\n +\/prompt: "left" -> "up"/);
        assert.equal((await beside('replay', `run_${'0'.repeat(32)}`)).code, 2);
    });

    it('forks, and the server executes it', async () => {
        const {id} = await deployed();
        const run = await execute(id);
        const [first] = await steps(run);
        const file = path.join(dir, 'result.json');
        await writeFile(file, JSON.stringify({...first.result, text: 'by hand'}));
        const forked = await beside('fork', run.id, '--from-step', String(first.seq), '--result', file);
        assert.equal(forked.code, 0, forked.stderr);
        const fork = await api.untilEnded(forked.stdout.trim());
        assert.equal(fork.output.said, 'by hand');
        const refused = await beside('fork', run.id, '--from-step', '99');
        assert.equal(refused.code, 2);
        assert.match(refused.stderr, /no call of the run/);
    });

    it('tries a folder on past runs', async () => {
        const {id, name} = await deployed();
        for (let i = 0; i < 3; i++) await execute(id);
        const same = await beside('canary', id, '--package', await folder(name, `${AGENT}\n-- a comment`), '--json');
        assert.equal(same.code, 0, same.stderr);
        assert.equal(JSON.parse(same.stdout).summary.same, 3);
        const changed = await beside('canary', id, '--package', await folder(name, AGENT.replace('"right"', '"wrong"')), '--runs', '2');
        assert.equal(changed.code, 1, changed.stderr);
        assert.match(changed.stdout, /2 runs: 0 the same, 2 changed/);
        assert.equal((await beside('canary', `dep_${'0'.repeat(32)}`, '--version', '1')).code, 2);
    });
});
