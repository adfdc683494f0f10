// The package knowledge_base_agent on the real server: PostgreSQL's search, its demo documents, the model local.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {agentFolder, documentsOf} from './lib/agents.mjs';
import {startMoonbase} from './lib/moonbase.mjs';
import {uniqueName} from './lib/packages.mjs';

let moonbase, api, files;
const bodies = {};
before(async () => {
    moonbase = await startMoonbase({env: {MOONBASE_PARK_GRACE_MS: '200'}});
    api = moonbase.api;
    files = await agentFolder('knowledge_base_agent');
    for (const collection of ['handbook', 'products']) {
        const documents = documentsOf(files, `knowledge/${collection}`);
        documents.forEach((one) => (bodies[one.id] = one.body.replace(/\s+/g, ' ')));
        const stored = await api.post(`/v1/knowledge/${collection}/documents`, {documents});
        assert.ok(stored.status < 300, stored.text);
    }
});
after(() => moonbase?.dispose());

let main;
const deploy = (config = {}) => api.deploy(files, {name: uniqueName('kb'), config});
async function ask(question, {config, ...more} = {}) {
    main ??= await deploy();
    const deployment = config ? await deploy(config) : main;
    const answer = await api.execute(deployment.id, {question, ...more});
    const run = answer.json.output === undefined ? await api.untilEnded(answer.json.id) : answer.json;
    assert.equal(run.status, 'succeeded', JSON.stringify(run.error ?? answer.text));
    for (const {marker, document_id, quote} of run.output.citations) {
        assert.ok(bodies[document_id].includes(quote.replace(/\s+/g, ' ')), `made up: ${quote}`);
        assert.ok(run.output.answer.includes(`[${marker}]`), run.output.answer);
    }
    return run.output;
}
const cited = (output) => output.citations.map((one) => one.document_id);

describe('knowledge_base_agent', () => {
    it('succeeds with its first example: the health check', async () => {
        const [example] = JSON.parse(files['agent.json']).examples;
        const output = await ask(example.input.question);
        assert.equal(output.answered, true, JSON.stringify(output));
        assert.deepEqual(cited(output), ['k200-error-codes']);
        assert.match(output.answer, /strainer/);
    });

    it('answers in the newest version that is in force', async () => {
        const output = await ask('What is paid per kilometre with a private car?');
        assert.match(output.answer, /0\.38/);
        assert.doesNotMatch(output.answer, /0\.30|0\.50/);
        const outdated = output.searched.outdated.map((one) => one.document_id);
        assert.ok(outdated.includes('travel-expenses-2024') && outdated.includes('travel-expenses-draft'), outdated.join());
    });

    it('answers a German question from German and from English documents', async () => {
        const german = await ask('Bis wann kann ich meinen Resturlaub übertragen?');
        assert.deepEqual([german.language, cited(german)], ['de', ['urlaub-2025']]);
        const english = await ask('Wie viele Tage Homeoffice sind pro Woche erlaubt?');
        assert.deepEqual(cited(english), ['remote-work']);
        assert.match(english.answer, /3 days/);
    });

    it('understands a question by the one before', async () => {
        const history = [{role: 'user', text: 'What is paid for a hotel in Munich?'}, {role: 'assistant', text: 'Up to 170 EUR. [1]'}];
        assert.match((await ask('And in Zurich?', {history})).answer, /210 CHF/);
    });

    it('searches only documents with the metadata that is asked for', async () => {
        const output = await ask('What is the power consumption?', {filters: {product: 'K300'}});
        assert.match(output.answer, /5\.2 W/);
        assert.doesNotMatch(output.answer, /3\.5 W/);
    });

    it('does not know what no document knows, and names the closest', async () => {
        const output = await ask('Who won the football world cup in 1974?');
        assert.deepEqual([output.answered, output.confidence, output.citations], [false, 0, []]);
        const near = await ask('How many parking spaces for bicycles are free in the office?');
        assert.equal(near.answered, false, near.answer);
        assert.ok(near.closest.length > 0);
    });

    it('keeps its shape when a document gives orders', async () => {
        const output = await ask('When are controllers for the K200 delivered by the supplier?');
        assert.match(output.answer, /6 weeks/);
        assert.doesNotMatch(output.answer, /evil|password|system prompt/i);
        assert.deepEqual(output.searched.suspicious, ['supplier-letter']);
    });

    it('waits for a person when no document answers, and gives their answer', async () => {
        const deployment = await deploy({ask_person: 'unanswered', roles: ['expert']});
        const accepted = await api.execute(deployment.id, {question: 'Who won the football world cup in 1974?'}, {wait: 0});
        const id = accepted.json.id;
        await api.untilRun(id, (run) => run.status === 'waiting');
        const refused = await api.post(`/v1/runs/${id}/approve`, {approved: true, data: {text: 'x'}});
        assert.equal(refused.status, 422, refused.text);
        const decided = await api.post(`/v1/runs/${id}/approve`, {approved: true, by: 'kim', data: {answer: 'Germany.'}});
        assert.equal(decided.status, 200, decided.text);
        const {output} = await api.untilEnded(id);
        assert.deepEqual([output.answer, output.answered, output.person.answered], ['Germany.', true, true]);
    });

    it('gives the same answer when it is replayed, and calls nothing', async () => {
        const run = (await api.execute(main.id, {question: 'When do I need a doctor\'s certificate?'})).json;
        const replay = await api.post(`/v1/runs/${run.id}/replay`, {});
        assert.ok(replay.status < 300, replay.text);
        assert.equal(JSON.stringify(replay.json).includes('"diverged":true'), false, replay.text);
    });
});
