// What the model clients send, checked by the providers' published API descriptions.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readFile, rm} from 'node:fs/promises';
import {createSecureServer} from 'node:http2';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {promisify} from 'node:util';

import {llmcall, modelsFile, startSpec, whyNoSpecs} from './lib/models.mjs';
import {temporaryDir} from './lib/moonbase.mjs';
import {until} from './lib/service.mjs';

const skip = await whyNoSpecs();

const image = 'data:image/png;base64,iVBORw0KGgo=';
const tools = [
    {
        name: 'look_up',
        description: 'Looks an order up.',
        parameters: {type: 'object', properties: {id: {type: 'string'}}, required: ['id']},
    },
    {name: 'now'},
];
const conversation = [
    {role: 'system', content: 'Be brief.'},
    {role: 'user', content: 'Where is order 4711? "quotes" \u00e9\u{1f600}'},
    {
        role: 'assistant',
        content: null,
        tool_calls: [
            {id: 'call_1', name: 'look_up', arguments: {id: '4711'}},
            {id: 'call_2', name: 'now', arguments: {}},
        ],
    },
    {role: 'tool', tool_call_id: 'call_1', content: '{"status": "sent"}'},
    {role: 'tool', tool_call_id: 'call_2', content: [{type: 'text', text: 'noon'}]},
    {role: 'assistant', content: 'It was sent.'},
    {role: 'user', content: [{type: 'text', text: 'And this one?'}, {type: 'image', url: image}]},
];
const schema = {
    type: 'object',
    properties: {category: {enum: ['billing', 'other']}, urgency: {type: 'integer', minimum: 1, maximum: 5}},
    required: ['category', 'urgency'],
};
const sampling = {temperature: 0.2, top_p: 0.9, stop: ['END', '---'], max_tokens: 300};

/** Every shape of question that the tools' schemas allow. */
const questions = [
    {args: {prompt: 'Hello'}},
    {args: {system: 'Be brief.', prompt: 'Hello', ...sampling}},
    {args: {messages: conversation, tools}},
    {args: {messages: conversation, tools, tool_choice: 'auto', effort: 'high'}},
    {args: {messages: conversation, tools, tool_choice: 'none', effort: 'minimal'}},
    {args: {messages: conversation, tools, tool_choice: 'required'}},
    {args: {messages: conversation, tools, tool_choice: {name: 'look_up'}, prompt: 'Look!'}},
    {args: {messages: conversation, tools, schema, name: 'triage'}},
    {kind: 'json', args: {prompt: 'Classify.', schema, retries: 1}},
    {kind: 'json', args: {prompt: 'Classify.', schema: {type: 'array', items: {type: 'string'}}, name: 'tags', retries: 0}},
    {kind: 'json', args: {prompt: 'Anything.', schema: {type: 'object'}, retries: 0, effort: 'low'}},
    {kind: 'chat', args: {prompt: 'Hello', ...sampling}, stream: true},
];

/** Sends the questions and returns what the server logged, having found each of them valid. */
async function sendAll(dir, log, models, list) {
    const outcomes = await llmcall(dir, models, list, '--tries', '1');
    // The server notes a request after it has answered it.
    const requests = await until('all requests are noted', async () => {
        const lines = (await readFile(log, 'utf8')).split('\n').slice(0, -1).map((line) => JSON.parse(line));
        const posts = lines.filter((line) => line.method === 'POST');
        return posts.length >= list.length && posts;
    });
    for (const {status, error, body} of requests) assert.equal(status, 200, `${JSON.stringify(error)}\n${body}`);
    for (const outcome of outcomes) {
        // The server's sample answers may not fit a schema or be a stream; they are never refused.
        const code = outcome.error?.code;
        assert.ok(!code || /^(model_invalid_output|upstream_garbage|model_refused)$/.test(code), JSON.stringify(outcome));
    }
    return {outcomes, requests};
}

describe('without a server', () => {
    let dir;
    before(async () => (dir = await temporaryDir('mb-models-')));
    after(() => rm(dir, {recursive: true, force: true}));

    it('a call without a key is refused before anything is sent', async () => {
        const models = modelsFile({openai: 'http://127.0.0.1:1'});
        Object.assign(models.providers.openai, {needs_key: true, api_key_env: 'TEST_NO_KEY'});
        const [outcome] = await llmcall(dir, models, [{args: {prompt: 'x'}}]);
        assert.equal(outcome.error.code, 'model_auth');
        assert.match(outcome.error.message, /TEST_NO_KEY/);
        assert.equal(outcome.refused, true);
    });

    it('a provider that nobody serves is a failed connection, after its tries', async () => {
        const models = modelsFile({openai: 'http://127.0.0.1:1'});
        const [outcome] = await llmcall(dir, models, [{args: {prompt: 'x'}}], '--tries', '2');
        assert.equal(outcome.error.code, 'connect_failed');
        assert.equal(outcome.tries, 2);
    });
});

describe('TLS', () => {
    let dir;
    let server;
    let models;
    const versions = [];
    before(async () => {
        dir = await temporaryDir('mb-models-');
        const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(dir, name));
        await promisify(execFile)('openssl', [
            ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
            ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
        ]);
        server = createSecureServer({key: await readFile(key), cert: await readFile(cert), allowHTTP1: true});
        server.on('request', (request, response) => {
            versions.push(request.httpVersion);
            response.setHeader('content-type', 'application/json');
            response.end('{"choices": [{"finish_reason": "stop", "message": {"content": "safe"}}]}');
        });
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        models = modelsFile({openai: `https://localhost:${server.address().port}`});
    });
    after(async () => {
        server?.close();
        await rm(dir, {recursive: true, force: true});
    });

    it('speaks HTTP/2 where it is offered', async () => {
        const calls = [{args: {prompt: 'x'}}, {args: {prompt: 'y'}}];
        const outcomes = await llmcall(dir, models, calls, '--ca', path.join(dir, 'cert.pem'));
        assert.deepEqual(outcomes.map(({result}) => result?.text), ['safe', 'safe'], JSON.stringify(outcomes));
        assert.deepEqual(versions, ['2.0', '2.0']);
    });

    it('a certificate that is not trusted ends the call at once', async () => {
        const [outcome] = await llmcall(dir, models, [{args: {prompt: 'x'}}]);
        assert.equal(outcome.error.code, 'connect_failed');
        assert.equal(outcome.error.retryable, false);
        assert.equal(outcome.tries, 1);
        assert.equal(versions.length, 2);
    });
});

describe('requests by the published descriptions', {skip}, () => {
    let dir;
    before(async () => (dir = await temporaryDir('mb-models-')));
    after(() => rm(dir, {recursive: true, force: true}));

    it('openai takes every question', async () => {
        const log = path.join(dir, 'openai.jsonl');
        const server = await startSpec('openai.cut.json', '--prefix', '/v1', '--log', log);
        try {
            const list = [
                ...questions,
                {kind: 'embed', args: {model: 'text-embedding-3-small', input: 'one'}},
                {kind: 'embed', args: {model: 'text-embedding-3-small', input: ['one'], dimensions: 64}},
            ].map((call, i) => ({...call, idempotency_key: `key-${i}`}));
            const {requests, outcomes} = await sendAll(dir, log, modelsFile({openai: server.url}), list);
            assert.equal(requests[0].headers.authorization, 'Bearer sk-test');
            assert.equal(requests[0].headers['idempotency-key'], 'key-0');
            assert.equal(requests[0].headers['content-type'], 'application/json');
            assert.equal(requests[0].headers.expect, undefined);
            assert.match(outcomes[0].request_id, /^req_/);
        } finally {
            await server.dispose();
        }
    });

    for (const version of ['2023-06-01', '2026-10-21'])
        it(`anthropic ${version} takes every question`, async () => {
            const log = path.join(dir, `anthropic-${version}.jsonl`);
            const server = await startSpec(`anthropic.messages.${version}.json`, '--log', log);
            try {
                const models = modelsFile({anthropic: server.url, version});
                const {requests} = await sendAll(dir, log, models, questions);
                assert.equal(requests[0].headers['x-api-key'], 'sk-test');
                assert.equal(requests[0].headers['anthropic-version'], version);
                const bodies = requests.map((request) => JSON.parse(request.body));
                const takesSampling = version === '2023-06-01';
                assert.equal(bodies.some((body) => 'temperature' in body), takesSampling);
                assert.equal(bodies.some((body) => body.output_config?.format), !takesSampling);
                assert.ok(bodies.some((body) => body.tool_choice?.type === 'tool'));
            } finally {
                await server.dispose();
            }
        });

    it('a request that the description refuses comes back as such', async () => {
        const server = await startSpec('openai.cut.json', '--prefix', '/v1');
        try {
            const models = modelsFile({openai: server.url});
            const [wrong, noKey] = await llmcall(dir, models, [
                {args: {messages: [{role: 'nobody', content: 'x'}]}},
                {args: {prompt: 'x'}, base_url: `${server.url}/v1`},
            ], '--allow', '127.0.0.1');
            assert.equal(wrong.error.code, 'model_invalid_request');
            assert.equal(wrong.tries, 1);
            assert.equal(noKey.error.code, 'model_auth'); // the operator's key is not for others' endpoints
        } finally {
            await server.dispose();
        }
    });
});
