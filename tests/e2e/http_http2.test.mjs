// HTTP/2 without TLS (prior knowledge), as a proxy inside the house may speak it.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage, echoAgent} from './lib/packages.mjs';

let moonbase, session, echo;
before(async () => {
    moonbase = await startMoonbase();
    session = http2.connect(moonbase.url);
    echo = (await moonbase.api.deploy(echoAgent())).id;
});
after(async () => {
    session.destroy();
    await moonbase.dispose();
});

function ask(on, method, path, json, headers = {}) {
    return new Promise((resolve, reject) => {
        const stream = on.request({
            ':method': method,
            ':path': path,
            authorization: `Bearer ${moonbase.apiKey}`,
            ...(json !== undefined && {'content-type': 'application/json'}),
            ...headers,
        });
        const answer = {status: 0, headers: {}, text: ''};
        stream.setEncoding('utf8');
        stream.on('response', (head) => Object.assign(answer, {status: head[':status'], headers: head}));
        stream.on('data', (text) => (answer.text += text));
        stream.on('end', () => resolve(answer));
        stream.on('error', reject);
        stream.end(json === undefined ? undefined : JSON.stringify(json));
    });
}

describe('HTTP/2', () => {
    it('serves many requests of one connection at once', async () => {
        const answers = await Promise.all(
            Array.from({length: 50}, (_, n) => ask(session, 'POST', `/v1/deployments/${echo}/execute`, {n})),
        );
        answers.forEach(({status, text}, n) => {
            assert.equal(status, 200, text);
            assert.deepEqual(JSON.parse(text).output, {n});
        });
    });

    it('streams events', async () => {
        const {status, text} = await ask(session, 'POST', `/v1/deployments/${echo}/execute`, 1, {accept: 'text/event-stream'});
        assert.equal(status, 200);
        assert.match(text, /event: done\ndata: \{/);
    });

    it('refuses in the same words', async () => {
        const none = await ask(session, 'GET', '/v1/nothing');
        assert.equal(none.status, 404);
        assert.equal(none.headers['content-type'], 'application/problem+json');
        const large = await ask(session, 'POST', '/v1/keys', 'x'.repeat(400_000));
        assert.equal(large.status, 413);
    });

    it('ends a connection that opens and resets streams without end, and no other', async () => {
        const id = (
            await moonbase.api.deploy(
                agentPackage('local moon = require "moon"\nreturn function() moon.sleep(30) end', {tools: ['sleep']}),
            )
        ).id;
        const hostile = http2.connect(moonbase.url);
        hostile.on('error', () => {});
        const closed = new Promise((resolve) => hostile.on('close', resolve));
        const flood = async () => {
            while (!hostile.destroyed && !hostile.closed) {
                const stream = hostile.request({
                    ':method': 'GET',
                    ':path': `/v1/runs/run_${'0'.repeat(32)}`,
                    authorization: `Bearer ${moonbase.apiKey}`,
                });
                stream.on('error', () => {});
                stream.close(http2.constants.NGHTTP2_CANCEL);
                await new Promise((resolve) => setImmediate(resolve));
            }
        };
        await Promise.race([closed, flood()]);
        assert.equal((await ask(session, 'GET', `/v1/deployments/${id}`)).status, 200);
        assert.equal((await moonbase.api.get('/readyz')).status, 200);
    });
});
