// Replay of a run of a thousand steps over HTTP: from the request to the report. The first one reads a
// package that no sandbox has yet; the others find it there. The model must not hear of it.
import {agentPackage} from '../../e2e/lib/packages.mjs';
import {startServer} from '../lib/server.mjs';
import {scaled, settings} from '../lib/settings.mjs';
import {median, quantile, show} from '../lib/stats.mjs';

const STEPS = 1000;
const MOST_MS = 250;
const rows = [
    {what: 'replay of a 1,000-step run: median', must: `${MOST_MS} ms`},
    {what: 'the same, the slowest (the first, in a new sandbox, included)', must: `${MOST_MS} ms`},
    {what: 'model calls during replays', must: '0'},
];

// Half of the steps are model calls, half of them keep what was said.
const agent = () =>
    agentPackage(
        `local moon = require "moon"
return function(input)
    local total = 0
    for i = 1, input.steps / 2 do
        local text = moon.llm.chat({ model = "stub", prompt = "ticket " .. i }).text
        moon.kv.set("said:" .. i, { text = text, at = i })
        total = total + #text
    end
    return { total = total }
end`,
        {tools: ['llm.chat', 'kv.set'], models: ['*'], limits: {steps: 5000, cpu_ms: 10000}},
    );

async function replay(server, run) {
    const began = performance.now();
    const answer = await server.api.post(`/v1/runs/${run.id}/replay`);
    const ms = performance.now() - began;
    if (answer.status !== 200) throw new Error(`replay: ${answer.status} ${answer.text}`);
    return {ms, report: answer.json};
}

async function measure({stub, say}) {
    const steps = scaled(STEPS / 2) * 2;
    const server = await startServer(stub, {path: '/log/0', env: {MOONBASE_RUN_STEPS: '5000'}});
    try {
        const deployment = await server.api.deploy(agent());
        const {json: run} = await server.api.execute(deployment.id, {steps}, {wait: 120});
        if (run.usage?.steps !== steps) throw new Error(`the run: ${JSON.stringify(run)}`);
        const calls = stub.calls().length;
        const samples = [];
        for (let i = 0; i < Math.max(10, settings.reps * 4); i++) samples.push(await replay(server, run));
        const same = samples.every(({report}) => report.same && report.calls.same === steps);
        const ms = samples.map((sample) => sample.ms);
        const made = stub.calls().length - calls;
        const inside = samples.map(({report}) => report.duration_ms);
        const cpu = samples.map(({report}) => report.usage.cpu_us / 1000);
        say(
            `${steps} steps: first ${show(ms[0])} ms, median ${show(median(ms))} ms (in the core ` +
                `${show(median(inside))} ms, of which the sandbox computed ${show(median(cpu))} ms)`,
        );
        const row = (i, value) => ({...rows[i], reached: `${show(value)} ms`, ok: same && value <= MOST_MS});
        return {
            rows: [
                row(0, median(ms)),
                row(1, quantile(ms, 1)),
                {...rows[2], reached: `${made}`, ok: made === 0 && calls >= steps / 2},
            ],
            raw: {steps, same, ms, inside_ms: inside, cpu_ms: cpu, model_calls: made},
        };
    } finally {
        await server.dispose();
    }
}

export const figure = {name: 'replay', about: 'a run of 1,000 steps again, from its record', rows, measure};
