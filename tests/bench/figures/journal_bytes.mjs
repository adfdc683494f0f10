// What the journal holds of an agent that uses tools in a long conversation, against what is new in that
// conversation: each message of the model and each result of a tool, once, as JSON. The journal's side is
// all text of the run's steps: arguments, results, errors.
import {randomBytes} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

import {temporaryDir} from '../../e2e/lib/moonbase.mjs';
import {agentPackage} from '../../e2e/lib/packages.mjs';
import {startServer} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {show} from '../lib/stats.mjs';

const TURNS = 100;
const MOST = 1.5;
const MOST_LATER = 1.1;
const rows = [
    {what: `journal bytes of a ${TURNS}-turn tool-using run, against the new content`, must: `at most ${MOST}x`},
    {what: 'the same, bytes of the last quarter of the turns against the first', must: `at most ${MOST_LATER}x`},
];

// No two of them have much in common.
const words = (bytes) => randomBytes(bytes / 2).toString('hex').replace(/(.{7})/g, '$1 ');

/** An order desk: JSON of about a kilobyte for any order. */
async function startOrders() {
    const server = http.createServer((request, response) => {
        request.resume();
        response.setHeader('content-type', 'application/json');
        response.end(
            JSON.stringify({order: request.url, lines: [1, 2, 3].map((n) => ({n, item: words(120)})), history: words(600)}),
        );
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close(server.closeAllConnections())};
}

/** The model says what it found, and looks up the next one; each time something else. */
function script(url, turns) {
    const entries = Array.from({length: turns}, (_, turn) => ({
        turn,
        reply: `Order ${turn}: ${words(240)}`,
        tool_calls: [{name: 'http.request', arguments: {url: `${url}/orders/${turn}`}}],
    }));
    return [...entries, {turn: turns, reply: 'All orders are looked up.'}];
}

const agent = (turns) =>
    agentPackage(
        `local moon = require "moon"
return function(input)
    return moon.agent{
        name = "desk", model = "script", max_steps = ${turns + 1}, loop_limit = 1000,
        instructions = "You look up orders one by one, and say in a few words what is remarkable about each of them.",
        tools = {"http.request", {name = "note", description = "Keeps a note about an order for the report.", args = moon.schema.object{
            order = moon.schema.string{description = "the order's number"}, text = moon.schema.string{description = "what is remarkable"},
        }, run = function() return "noted" end}},
    }:run(input).messages
end`,
        {tools: ['llm.chat', 'http.request'], models: ['*'], hosts: ['127.0.0.1'], limits: {steps: 5000, cpu_ms: 20000}},
    );

const bytesOf = (value) => Buffer.byteLength(JSON.stringify(value));
const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);

async function measure({stub, say}) {
    const turns = Math.max(8, scaled(TURNS));
    const orders = await startOrders();
    const dir = await temporaryDir('mb-bench-');
    const file = path.join(dir, 'script.json');
    writeFileSync(file, JSON.stringify(script(orders.url, turns)));
    const env = {MOONBASE_MODELS_FILE: '', MOONBASE_MODEL_SCRIPT: file, MOONBASE_RUN_STEPS: '5000'};
    const server = await startServer(stub, {env});
    try {
        const deployment = await server.api.deploy(agent(turns));
        const {json: run} = await server.api.execute(deployment.id, 'Look up the orders.', {wait: 120});
        if (run.status !== 'succeeded' || run.output.length !== 2 * turns + 2)
            throw new Error(`the run: ${JSON.stringify(run).slice(0, 500)}`);
        const steps = server
            .sql(
                `select tool, coalesce(octet_length(args), 0), coalesce(octet_length(result), 0) + coalesce(octet_length(error), 0)
                from mb.steps where kind = 1 order by seq`,
            )
            .map(([tool, args, result]) => ({tool, args: Number(args), result: Number(result)}));
        const whole = await server.api.all(`/v1/runs/${run.id}/steps`);
        return report({run, steps, whole, turns, say});
    } finally {
        orders.stop();
        await server.dispose();
        await rm(dir, {recursive: true, force: true});
    }
}

function report({run, steps, whole, turns, say}) {
    const all = (list) => sum(list.map((step) => step.args + step.result));
    const fresh = sum(run.output.map(bytesOf));
    const journal = all(steps);
    const quarter = Math.floor(turns / 4) * 2; // two steps a turn
    const later = all(steps.slice(-1 - quarter, -1)) / all(steps.slice(0, quarter));
    const questions = steps.filter((step) => step.tool === 'llm.chat');
    const inFull = sum(whole.map((step) => bytesOf(step.args) + bytesOf(step.result)));
    const ratio = journal / fresh;
    say(
        `${turns} turns: new content ${fresh} bytes, journal ${journal}, of which the questions' arguments ` +
            `${sum(questions.map((step) => step.args))} and the results ${sum(steps.map((step) => step.result))}; ` +
            `with whole arguments it were ${inFull} (${show(inFull / fresh)}x)`,
    );
    return {
        rows: [
            {...rows[0], reached: `${show(ratio)}x`, ok: ratio <= MOST},
            {...rows[1], reached: `${show(later)}x`, ok: later <= MOST_LATER},
        ],
        raw: {turns, fresh, journal, in_full: inFull, steps},
    };
}

export const figure = {name: 'journal_bytes', about: 'the journal of a long conversation', rows, measure};
