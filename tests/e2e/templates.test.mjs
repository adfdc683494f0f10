// Every template compiles without a warning, is drawn tidily, passes its cases, and runs after it was published.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {command} from './lib/command.mjs';
import {root, startMoonbase} from './lib/moonbase.mjs';

const folder = path.join(root, 'agents/templates');
const names = readdirSync(folder, {withFileTypes: true}).filter((one) => one.isDirectory()).map((one) => one.name);
const read = (name, file) => JSON.parse(readFileSync(path.join(folder, name, file), 'utf8'));

/** What a run comes to with the model local and nothing else to reach: its output, or what it waits for. */
const EXPECTED = {
    incident_response: {waits: /^Page for checkout/, output: (o) => o.errors === 3 && o.update.includes('Checkout') && !o.paged},
    invoice_extraction: {output: (o) => o.status === 'matched' && o.total === 49.4},
    lead_enrichment: {output: (o) => o.leads.length === 3 && o.leads[0].name === 'Ana Duarte'},
    rag_chat: {output: (o) => o.answer.includes('five days') && o.citations[0].id === 'holidays'},
    ticket_triage: {waits: /^Send this reply/, output: (o) => o.status === 'answered' && o.reply.includes('Kim')},
    weekly_report: {output: (o) => o.done === 83 && o.report.includes('| Support | 61 | 9 |')},
};

describe('templates', () => {
    let server;
    before(async () => (server = await startMoonbase()));
    after(() => server.dispose());

    it('are the six that the builder offers', () => assert.deepEqual([...names].sort(), Object.keys(EXPECTED)));

    for (const name of names) {
        it(`${name} compiles without a warning and checks as a package`, async () => {
            const {code, stdout} = await command(['compile', path.join(folder, name), '--json']);
            assert.equal(code, 0, stdout);
            const result = JSON.parse(stdout);
            assert.deepEqual([result.ok, result.errors, result.warnings], [true, [], []]);
            assert.equal((await command(['check', path.join(folder, name)])).code, 0);
        });

        it(`${name} reads left to right, and nothing lies upon anything else`, () => {
            const {nodes, edges, notes, name: own} = read(name, 'workflow.json');
            assert.equal(own, name);
            const boxes = [...nodes, ...notes].map((one) => one.position);
            for (const [i, a] of boxes.entries())
                for (const b of boxes.slice(i + 1))
                    assert.ok(Math.abs(a.x - b.x) >= 240 || Math.abs(a.y - b.y) >= 80, `${JSON.stringify([a, b])}`);
            const place = Object.fromEntries(nodes.map((one) => [one.id, one]));
            for (const {from, to} of edges)
                assert.ok(place[to].type === 'loop' || place[from].position.x <= place[to].position.x, `${from} -> ${to}`);
        });

        it(`${name} passes its cases`, async () => {
            const {code, stdout, stderr} = await command(['eval', path.join(folder, name)]);
            assert.equal(code, 0, stdout + stderr);
        });

        it(`${name} runs, published and deployed`, async () => {
            const {api} = server;
            await store(api, name);
            const flow = (await api.post('/v1/workflows', {document: read(name, 'workflow.json')})).json;
            const answer = await api.post(`/v1/workflows/${flow.id}/publish`, {deployment: 'new'});
            assert.equal(answer.status, 201, answer.text);
            const {waits, output} = EXPECTED[name];
            let run = (await api.execute(answer.json.deployment.id, read(name, 'examples/input.json'))).json;
            if (waits) {
                const [asked] = (await api.get(`/v1/approvals?run=${run.id}`)).json.data;
                assert.match(asked.title, waits);
                await api.post(`/v1/runs/${run.id}/approve`, {approved: true});
                run = await api.untilEnded(run.id);
            }
            assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
            assert.ok(output(run.output), JSON.stringify(run.output));
        });
    }
});

/** Puts what a template's cases have in memory into the customer's collections. */
async function store(api, name) {
    const given = read(name, 'evals/cases.json').defaults.given?.memory ?? {};
    for (const [collection, documents] of Object.entries(given)) {
        const answer = await api.post(`/v1/knowledge/${collection}/documents`, {documents});
        assert.ok(answer.status < 300, answer.text);
    }
}
