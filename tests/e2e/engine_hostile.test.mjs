// Who calls the engine to harm it, or others with it: forks, replays, simulations, branches, prompts.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {createCustomer} from './lib/command.mjs';
import {startMoonbase} from './lib/moonbase.mjs';
import {checkedClient} from './lib/openapi.mjs';
import {agentPackage, uniqueName} from './lib/packages.mjs';
import {assertProblem} from './lib/problem.mjs';
import {until} from './lib/service.mjs';
import {startStub, stubModels} from './lib/stub.mjs';

const SECRET = 'sealed-and-never-to-be-seen';
const TOOLS = ['llm.chat', 'kv.get', 'kv.set', 'sleep', 'approve', 'agent.run', 'agent.wait', 'http.request'];
const HEAD = 'local moon = require "moon"\nreturn function(input, ctx)\n';

let model, moonbase, api, other;
before(async () => {
    // It takes as long as it likes, fails now and then, and never says the same twice.
    model = await startStub(async ({number, path}) => {
        await new Promise((resolve) => setTimeout(resolve, (number * 37) % 53));
        const status = path.startsWith('/v1/') && number % 9 === 0 ? 500 : 200;
        return {status, content: `said ${number}`, prompt_tokens: 10 + (number % 7)};
    });
    const {providers, models, ...rest} = stubModels(model);
    const free = {price: {in: 0, out: 0}};
    moonbase = await startMoonbase({
        env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1', MOONBASE_PARK_GRACE_MS: '200'},
        files: {
            MOONBASE_MODELS_FILE: {
                ...rest,
                providers: {...providers, local: {kind: 'local', ...free}},
                models: {...models, local: {provider: 'local', ...free}},
            },
        },
    });
    api = await checkedClient(moonbase.api);
    other = api.as(await createCustomer(moonbase, uniqueName(), '--balance', '1'));
});
after(async () => {
    await moonbase?.dispose();
    await model?.stop();
});

/** Deploys the body of a main function. */
const deploy = (body, deployment = {}, manifest = {}, by = api) =>
    by.deploy(
        agentPackage(`${HEAD}${body}\nend`, {tools: TOOLS, models: ['*'], hosts: ['127.0.0.1'], agents: ['*'], ...manifest}),
        {name: uniqueName('dep'), ...deployment},
    );

async function execute(deployment, input = {}) {
    const answer = await api.execute(deployment.id, input);
    return answer.status === 200 ? answer.json : api.untilEnded(answer.json.id);
}

const stepsOf = (run) => api.all(`/v1/runs/${run.id}/steps`);
const keyOf = async (scopes, roles) =>
    api.as((await api.post('/v1/keys', {name: 'x', scopes, roles})).json.key);

/** The other customer's runs, one after the other, while `work` goes on: all succeed. */
async function whileOthersRun(work) {
    const deployment = await deploy('return moon.kv.get("a") or input.n', {}, {}, other);
    let over = false;
    const runs = (async () => {
        for (let n = 0; !over; n++) {
            const {json} = await other.execute(deployment.id, {n});
            assert.equal(json.status, 'succeeded', JSON.stringify(json));
        }
    })();
    try {
        await work();
    } finally {
        over = true;
        await runs;
    }
}

describe('a forged result', () => {
    it('of a child run, with any numbers in it, harms nobody', async () => {
        const helper = await deploy('return 1');
        const parent = await deploy(
            `local handle = moon.run("${helper.name}", {}, {wait = false})
             return moon.run.wait(handle)`,
            {budget_micros: 1_000_000},
        );
        const run = await execute(parent);
        assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
        const [{seq, result}] = await stepsOf(run);
        for (const forged of ['-1', '-9223372036854775808', '9223372036854775807', '1e300', '"x"', '{}']) {
            const text = `{"run_id": "${result.run_id}", "budget_micros": ${forged}, "usage": {"cost_micros": ${forged}}}`;
            const fork = await api.request('POST', `/v1/runs/${run.id}/fork`, {
                body: `{"from_step": ${seq}, "result": ${text}}`,
                headers: {'content-type': 'application/json'},
            });
            if (fork.status === 202) assert.equal((await api.untilEnded(fork.json.id)).status, 'failed');
            else assert.equal(fork.status, 400, fork.text); // no JSON number
        }
        assert.equal((await execute(helper)).status, 'succeeded');
    });

    it('of an approval needs a key that may approve, as does taking one over', async () => {
        const deployment = await deploy(`
            local answer = moon.approve { title = "Pay?", roles = {"finance"} }
            moon.kv.set("paid", answer.approved)
            return answer.by`);
        const waiting = (await api.execute(deployment.id, {})).json;
        const [question] = await stepsOf(waiting);
        const intern = await keyOf(['runs:write', 'runs:read'], ['finance']);
        const clerk = await keyOf(['runs:write', 'runs:read', 'approvals:write'], ['clerk']);
        const boss = await keyOf(['runs:write', 'runs:read', 'approvals:write'], ['finance']);
        const forged = {from_step: question.seq, result: {approved: true, by: 'boss'}};
        for (const nobody of [intern, clerk])
            assertProblem(await nobody.post(`/v1/runs/${waiting.id}/fork`, forged), 403, 'forbidden');
        assert.equal((await boss.post(`/v1/runs/${waiting.id}/fork`, forged)).status, 202);
        assert.equal((await boss.post(`/v1/runs/${waiting.id}/approve`, {approved: true})).status, 200);
        const ended = await api.untilEnded(waiting.id);
        const paid = (await stepsOf(ended)).find((step) => step.tool === 'kv.set');
        for (const nobody of [intern, clerk])
            assertProblem(await nobody.post(`/v1/runs/${ended.id}/fork`, {from_step: paid.seq}), 403, 'forbidden');
        const again = await intern.post(`/v1/runs/${ended.id}/fork`, {from_step: question.seq});
        assert.equal((await api.untilRun(again.json.id, (run) => run.status === 'waiting')).wait_reason, 'approval');
    });
});

describe('decisions', () => {
    it('that come many times at once count once', async () => {
        const waiting = (await api.execute((await deploy('return moon.approve { title = "Go?" }.approved')).id, {})).json;
        const answers = await Promise.all(
            Array.from({length: 8}, () => api.post(`/v1/runs/${waiting.id}/approve`, {approved: true})),
        );
        assert.deepEqual(answers.map((a) => a.status).sort(), [200, 409, 409, 409, 409, 409, 409, 409]);
    });

    it('are asked for again by a fork of a fork of a cancelled run', async () => {
        const deployment = await deploy('return moon.approve { title = "Go?" }.approved');
        let run = (await api.execute(deployment.id, {})).json;
        for (let i = 0; i < 2; i++) {
            await api.post(`/v1/runs/${run.id}/cancel`);
            await api.untilEnded(run.id);
            const fork = await api.post(`/v1/runs/${run.id}/fork`, {from_step: 1});
            run = await api.untilRun(fork.json.id, (r) => r.status === 'waiting');
        }
        await api.post(`/v1/runs/${run.id}/approve`, {approved: true});
        assert.equal((await api.untilEnded(run.id)).output, true);
    });
});

describe("what is another customer's", () => {
    it('is not there for any of the new operations', async () => {
        const deployment = await deploy('return moon.kv.get("a")');
        const run = await execute(deployment);
        for (const [method, place, json] of [
            ['GET', `/v1/runs/${run.id}/history`],
            ['POST', `/v1/runs/${run.id}/replay`, {}],
            ['POST', `/v1/runs/${run.id}/replay`, {package: deployment.package.id}],
            ['POST', `/v1/runs/${run.id}/fork`, {from_step: 1}],
            ['POST', `/v1/runs/${run.id}/fork`, {from_step: 1, input: {}}],
            ['POST', `/v1/deployments/${deployment.id}/canary`, {}],
            ['POST', '/v1/simulate', {package: deployment.package.name, input: {}}],
        ])
            assertProblem(await other.request(method, place, {json}), 404, 'not_found');
        assert.deepEqual((await other.get(`/v1/runs?parent=${run.id}`)).json.data, []);
        const reader = await keyOf(['packages:read'], []);
        for (const [method, place] of [
            ['GET', `/v1/runs/${run.id}/history`],
            ['POST', `/v1/runs/${run.id}/replay`],
            ['POST', `/v1/deployments/${deployment.id}/canary`],
        ])
            assertProblem(await reader.request(method, place, {json: method === 'POST' ? {} : undefined}), 403, 'forbidden');
    });

    it('a sealed secret is in no history, replay, fork or log', async () => {
        const deployment = await deploy(
            `return moon.tool("http.request", {method = "GET", url = input.url,
                 auth = {secret = "TOKEN", as = "bearer"}}).status`,
            {secrets: {TOKEN: SECRET}},
            {secrets: ['TOKEN']},
        );
        const run = await execute(deployment, {url: `${model.url}/plain`});
        assert.equal(run.output, 200, JSON.stringify(run.error));
        assert.ok(model.keys.includes(`Bearer ${SECRET}`), 'it was sent');
        const fork = await api.post(`/v1/runs/${run.id}/fork`, {from_step: 1});
        await api.untilEnded(fork.json.id);
        const texts = [moonbase.log];
        for (const id of [run.id, fork.json.id]) {
            texts.push((await api.get(`/v1/runs/${id}/history`)).text, (await api.get(`/v1/runs/${id}`)).text);
            texts.push((await api.post(`/v1/runs/${id}/replay`, {})).text);
        }
        for (const text of texts) assert.ok(!text.includes(SECRET), text.slice(0, 2000));
    });
});

describe('branches in any order', () => {
    const bodies = {
        race: `local won, i = moon.race { function() return moon.llm.chat { prompt = "x" }.text end,
                   function() return moon.llm.chat { prompt = "y" }.text end, function() moon.sleep(0.03) return "slow" end }
               return { won, i, moon.now(), moon.uuid() }`,
        map: `return { moon.map({ 1, 2, 3, 4, 5, 6, 7 }, function(x)
                   return { moon.llm.chat { prompt = "m" .. x % 2 }.text, moon.now(), moon.uuid() }
               end, { limit = 3 }), moon.now(), moon.random() }`,
        graph: `return moon.graph { state = { items = "array", out = "append" }, nodes = {
                   split = function() return { items = { "a", "b", "c", "d" } } end,
                   work = { run = function(item) return { out = { item .. moon.llm.chat { prompt = item }.text } } end,
                       retries = 2, backoff_s = 0.01, timeout_s = 0.04,
                       fallback = function(item) return { out = { item .. moon.now() } } end },
               }, edges = { split = { each = "items", to = "work" }, work = "end" }, start = "split" }:run({}, { stream = "updates" })`,
        saga: `local ok, err = pcall(moon.saga, function(saga)
                   saga:step(function() return moon.llm.chat("one").text end, function(said) moon.kv.set("undone", said) end)
                   moon.parallel { function() saga:step(function() return moon.llm.chat("two").text end, function() end) end,
                       function() saga:step(function() return moon.llm.chat("two").text end, function() end) end }
                   error { code = "boom", message = "no", retryable = false }
               end)
               return { ok, err, moon.now() }`,
        children: `return moon.map({ 1, 2, 3, 4 }, function(n) return { pcall(moon.run, "CHILD", { n = n % 2 }, { budget_micros = 9000 }) } end)`,
    };

    it('are replayed as they were, two hundred runs of them, for nothing', async () => {
        const child = await deploy('if input.n == 1 then error { code = "bad", message = "no" } end return moon.llm.chat("child").text', {
            name: uniqueName('child'),
        });
        const deployments = [];
        for (const body of Object.values(bodies))
            deployments.push(await deploy(body.replace('CHILD', child.name), {budget_micros: 10_000_000}));
        const runs = [];
        const each = async (work) => {
            let next = 0;
            const one = async () => {
                while (next < 200) await work(next++);
            };
            await Promise.all(Array.from({length: 16}, one));
        };
        await each(async (n) => {
            runs[n] = await execute(deployments[n % deployments.length], {n});
            assert.equal(runs[n].diverged, false);
        });
        const before = [model.calls, (await api.get('/v1/balance')).json.balance_micros];
        await each(async (n) => {
            let answer;
            do answer = await api.post(`/v1/runs/${runs[n].id}/replay`, {});
            while (answer.status === 503);
            const {same, diverged, calls, output_changes: changes} = answer.json;
            assert.deepEqual([same, diverged], [true, false], JSON.stringify([n % deployments.length, runs[n].id, calls, changes]));
        });
        assert.deepEqual([model.calls, (await api.get('/v1/balance')).json.balance_micros], before);
    });
});

describe('a flood', () => {
    it("of replays leaves others' replays and simulations their place", async () => {
        const deployment = await deploy('while true do end', {limits: {cpu_ms: 300}});
        const run = await execute(deployment);
        assert.equal(run.error.code, 'cpu_limit');
        const mine = await deploy('return moon.kv.get("a")', {}, {}, other);
        const theirs = (await other.execute(mine.id, {})).json;
        const leave = new AbortController();
        const statuses = [];
        const flood = Array.from({length: 80}, () =>
            api.post(`/v1/runs/${run.id}/replay`, {}, {signal: leave.signal}).then(
                (answer) => statuses.push([answer.status, answer.headers.get('retry-after')]),
                () => {}, // it left
            ),
        );
        await until('most are refused', () => statuses.length >= 60);
        for (const [status, retry] of statuses) assert.deepEqual([status, retry], [503, '1']);
        assert.equal((await other.post(`/v1/runs/${theirs.id}/replay`, {})).json.same, true);
        assert.equal((await other.post(`/v1/deployments/${mine.id}/canary`, {})).json.summary.same, 1);
        const files = agentPackage('return function() return 1 end');
        const simulated = await other.post('/v1/simulate', {files, input: {}});
        assert.equal(simulated.json.output, 1, simulated.text);
        leave.abort();
        await Promise.all(flood);
    });

    it('of large results comes in pages that end early, and is too large for a replay', async () => {
        const deployment = await deploy(
            `moon.kv.set("big", string.rep("x", 250000))
             for i = 1, 300 do moon.kv.get("big") end
             return 1`,
        );
        const run = await execute(deployment);
        assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
        for (const list of ['history', 'steps']) {
            const page = await api.get(`/v1/runs/${run.id}/${list}?limit=100`);
            assert.ok(page.text.length < 9_000_000, `${page.text.length} bytes`);
            const seqs = (await api.all(`/v1/runs/${run.id}/${list}`)).map((entry) => entry.seq);
            assert.deepEqual(seqs, Array.from({length: seqs.length}, (_, i) => seqs[0] + i));
            assert.ok(seqs.length >= 301);
        }
        assertProblem(await api.post(`/v1/runs/${run.id}/replay`, {}), 413, 'too_large');
        const {json} = await api.post(`/v1/deployments/${deployment.id}/canary`, {});
        assert.equal(json.runs[0].error.code, 'too_large');
    });

    const cases = {
        graph_of_ten_thousand: [
            `local nodes, edges = {}, {}
             for i = 1, 10000 do nodes["n" .. i] = function() return {} end edges["n" .. i] = i < 10000 and "n" .. i + 1 or "end" end
             moon.graph { state = {a = "any"}, nodes = nodes, edges = edges, start = "n1" }:run({}, {max_steps = 20000})
             return "done"`,
        ],
        map_of_a_million: ['local l = {} for i = 1, 1000000 do l[i] = i end return #moon.map(l, function(x) return x end)'],
        calls_of_a_million: [
            'local l = {} for i = 1, 1000000 do l[i] = i end moon.map(l, function(x) return moon.kv.get("k" .. x) end)',
            'step_limit',
        ],
        too_many_branches: [
            'local l = {} for i = 1, 5000 do l[i] = i end moon.map(l, function() moon.sleep(1) end, {limit = 5000})',
            'agent_error',
        ],
        nested_branches: [
            'local function nest(n) return moon.parallel { function() return nest(n + 1) end } end nest(1)',
            'agent_error',
        ],
        coroutine_in_a_node: [
            `moon.graph { state = {a = "any"}, nodes = { x = function()
                 local co = coroutine.wrap(function() while true do coroutine.yield() end end)
                 while true do co() end
             end }, edges = { x = "end" }, start = "x" }:run({})`,
            'cpu_limit',
        ],
        fan_out_of_too_much: [
            `local l = {} for i = 1, 400000 do l[i] = i end
             moon.graph { state = {l = "array", o = "append"}, nodes = { a = function() return {l = l} end,
                 b = function(x) return {o = {x}} end }, edges = { a = {each = "l", to = "b"}, b = "end" }, start = "a" }:run({})`,
            'memory_limit',
        ],
        schema_that_is_itself: [
            `moon.graph { state = {a = {["$ref"] = "#"}}, nodes = { x = function() return {a = 1} end },
                 edges = { x = "end" }, start = "x" }:run({})`,
            'invalid_update',
        ],
        template_of_openings: [
            'return #moon.template.render(string.rep("{{", 500000), {})',
        ],
        template_that_grows: [
            'return #moon.template.render(string.rep("{{a}}", 100000), {a = string.rep("x", 100000)})',
            'memory_limit',
        ],
    };
    it('of code ends with its own error, and others do not notice', async () => {
        await whileOthersRun(async () => {
            for (const [name, [body, code]] of Object.entries(cases)) {
                const run = await execute(await deploy(body));
                assert.equal(run.error?.code, code, `${name}: ${JSON.stringify(run.error)}`);
                assert.equal(run.status, code ? 'failed' : 'succeeded', name);
            }
        });
    });

    it('of openings or spaces in a prompt is refused at upload, and tools of others go on', async () => {
        const spaces = ' '.repeat(300_000);
        await whileOthersRun(async () => {
            for (const prompt of ['{{ '.repeat(300_000), `${'{{ '.repeat(300_000)}}}`, `---\nvars:${spaces}x y${spaces};\n---\n`, '{{?}}'.repeat(150_000)]) {
                const files = agentPackage('return function() return 1 end', {}, {'prompts/x.md': prompt});
                assertProblem(await api.post('/v1/packages', {files}), 422, 'invalid_package');
            }
        });
        assert.doesNotMatch(moonbase.log, /worker_killed|sandbox_lost/);
    });
});
