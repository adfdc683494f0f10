// Streams, tool calls, embeddings and chaos, against a server that plays both providers.
import assert from 'node:assert/strict';
import {rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {llmcall, modelsFile, startMock, whyNoMock} from './lib/models.mjs';
import {temporaryDir} from './lib/moonbase.mjs';

// The server cuts every 7 UTF-16 units: the parcel is not to be cut in two.
const text = '\u{1f4e6} Your parcel was sent on Monday; it should be there by Thursday. Caf\u00e9.';
const usage = {prompt_tokens: 40, completion_tokens: 20, total_tokens: 60, input_tokens: 40, output_tokens: 20};
const fixtures = [
    {match: {userMessage: 'parcel'}, response: {content: text, usage}},
    {match: {userMessage: 'look'}, response: {toolCalls: [{name: 'look_up', arguments: {id: '4711', deep: {a: [1, 2]}}}]}},
    {match: {userMessage: 'classify'}, response: {content: '{"category": "billing"}'}},
    {match: {userMessage: 'does not fit the schema'}, response: {content: '{"category": "worse"}'}},
    {match: {userMessage: 'refuse me'}, response: {error: {message: 'bad prompt', type: 'invalid_request_error'}, status: 400}},
    {match: {inputText: 'embed me'}, response: {embedding: [0.25, -0.5, 1]}},
];
const skip = await whyNoMock();
const tools = [{name: 'look_up', parameters: {type: 'object', properties: {id: {type: 'string'}}}}];

describe('a script', () => {
    let dir;
    before(async () => (dir = await temporaryDir('mb-models-')));
    after(() => rm(dir, {recursive: true, force: true}));

    it('streams what its file says', async () => {
        const script = path.join(dir, 'script.jsonl');
        await writeFile(script, '{"match": "parcel", "reply": "on its way"}\n');
        const models = {providers: {script: {kind: 'script'}}, models: {script: {provider: 'script'}}, default: 'script'};
        const [outcome] = await llmcall(dir, models, [{args: {prompt: 'My parcel?'}, stream: true}], '--script', script);
        assert.equal(outcome.result.text, 'on its way');
        assert.deepEqual(outcome.deltas, ['on its way']);
    });
});

describe('streams', {skip}, () => {
    let dir;
    let mock;
    let models;
    before(async () => {
        dir = await temporaryDir('mb-models-');
        mock = await startMock(dir, fixtures, '--chunk-size', '7', '--latency', '10');
        models = modelsFile({openai: mock.url, anthropic: mock.url, version: '2026-10-21'});
    });
    after(async () => {
        await mock?.dispose();
        await rm(dir, {recursive: true, force: true});
    });

    for (const model of ['gpt-5.4', 'claude-sonnet-5']) {
        it(`${model}: text comes in pieces that make up the result`, async () => {
            const args = {model, prompt: 'where is my parcel?'};
            const [streamed, whole] = await llmcall(dir, models, [{args, stream: true}, {args}]);
            assert.equal(streamed.error, undefined);
            assert.ok(streamed.deltas.length > 1);
            assert.equal(streamed.deltas.join(''), text);
            assert.equal(streamed.result.text, text);
            assert.equal(streamed.result.finish_reason, 'stop');
            assert.deepEqual(streamed.usage, whole.usage);
            assert.equal(streamed.usage.input_tokens, 40);
            assert.equal(streamed.cost_micros, 40 + 2 * 20);
            assert.equal(whole.result.text, text);
            assert.deepEqual(whole.deltas, []);
        });

        it(`${model}: tool calls come whole, streamed or not`, async () => {
            const args = {model, prompt: 'look', tools};
            const outcomes = await llmcall(dir, models, [{args, stream: true}, {args}]);
            for (const {result} of outcomes) {
                assert.equal(result.finish_reason, 'tool_calls');
                assert.equal(result.tool_calls.length, 1);
                assert.equal(result.tool_calls[0].name, 'look_up');
                assert.deepEqual(result.tool_calls[0].arguments, {id: '4711', deep: {a: [1, 2]}});
                assert.match(result.tool_calls[0].id, /./);
            }
        });

        it(`${model}: JSON fits the schema or is an error`, async () => {
            const schema = (values) => ({type: 'object', properties: {category: {enum: values}}, required: ['category']});
            const [good, bad] = await llmcall(dir, models, [
                {kind: 'json', args: {model, prompt: 'classify', schema: schema(['billing'])}},
                {kind: 'json', args: {model, prompt: 'classify', schema: schema(['other']), retries: 1}},
            ]);
            assert.deepEqual(good.result?.value, {category: 'billing'}, JSON.stringify(good));
            assert.equal(bad.error.code, 'model_invalid_output');
            assert.equal(bad.error.pointer, '/category');
            assert.equal(bad.tries, 2);
        });

        it(`${model}: what the provider refuses is not tried again`, async () => {
            const [outcome] = await llmcall(dir, models, [{args: {model, prompt: 'refuse me'}, stream: true}]);
            assert.equal(outcome.error.code, 'model_invalid_request');
            assert.match(outcome.error.message, /bad prompt/);
            assert.equal(outcome.tries, 1);
        });
    }

    it('embeddings keep their numbers', async () => {
        const args = {model: 'text-embedding-3-small', input: ['embed me']};
        const [outcome] = await llmcall(dir, models, [{kind: 'embed', args}]);
        assert.deepEqual(outcome.result.vectors, [[0.25, -0.5, 1]]);
    });
});

describe('chaos', {skip}, () => {
    let dir;
    before(async () => (dir = await temporaryDir('mb-models-')));
    after(() => rm(dir, {recursive: true, force: true}));

    /** Calls a server that always fails in one way, streaming and not, with both formats. */
    async function fail(...args) {
        const mock = await startMock(dir, fixtures, ...args);
        try {
            const models = modelsFile({openai: mock.url, anthropic: mock.url});
            const calls = ['gpt-5.4', 'claude-sonnet-5'].flatMap((model) =>
                [false, true].map((stream) => ({args: {model, prompt: 'parcel'}, stream, deadline_ms: 20000})),
            );
            return await llmcall(dir, models, calls, '--tries', '2');
        } finally {
            await mock.dispose();
        }
    }

    it('a connection that is cut is a lost connection, after its tries', async () => {
        for (const {error, tries, deltas} of await fail('--chaos-disconnect', '1')) {
            assert.match(error.code, /^(connect_failed|upstream_garbage)$/);
            assert.ok(tries === 2 || deltas.length > 0);
        }
    });

    it('an answer that is no JSON is garbage, after its tries', async () => {
        for (const {error, tries} of await fail('--chaos-malformed', '1')) {
            assert.equal(error.code, 'upstream_garbage');
            assert.equal(tries, 2);
        }
    });

    it('a rate limit is told with its wait', async () => {
        for (const {error, tries} of await fail('--chaos-ratelimit', '1')) {
            assert.equal(error.code, 'model_rate_limited');
            assert.equal(error.retryable, true);
            assert.ok(tries === 2 || error.retry_ms > 0);
        }
    });

    it('a server error is an upstream error, after its tries', async () => {
        for (const {error, tries} of await fail('--chaos-drop', '1')) {
            assert.equal(error.code, 'upstream_error');
            assert.equal(tries, 2);
        }
    });
});
