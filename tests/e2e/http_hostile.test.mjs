// Clients that mean no good: what they send is refused with a stable code, what is not theirs does
// not exist for them, and nobody else notices.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {gzipSync} from 'node:zlib';

import {createCustomer} from './lib/command.mjs';
import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage, echoAgent} from './lib/packages.mjs';
import {assertProblem} from './lib/problem.mjs';
import {connect, exchange, request} from './lib/raw.mjs';

let moonbase, api, url, key;
before(async () => {
    moonbase = await startMoonbase({env: {MOONBASE_HTTP_REQUEST_TIMEOUT_MS: '1000'}});
    ({api, url, apiKey: key} = moonbase);
});
after(() => moonbase.dispose());

const auth = () => ({Authorization: `Bearer ${key}`, 'Content-Type': 'application/json'});
const post = (path, body, headers = {}) => exchange(url, request('POST', path, {...auth(), ...headers}, body));

describe('bodies', () => {
    it('that are no JSON are refused', async () => {
        const bodies = [
            '{',
            '{"files": {"a": "\\ud800"}}',
            '{"files": {"a": "\\u0000"}}',
            Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
            Buffer.from('{"files":\0{}}'),
            '['.repeat(200_000),
            '{"a":'.repeat(50_000),
            '{"files": {}, "files": {}}',
            '1e400',
        ];
        for (const body of bodies) assertProblem(await post('/v1/packages', body), 400, 'invalid_json');
    });

    it('of runs are held to the same', async () => {
        const {id} = await api.deploy(echoAgent());
        for (const body of ['', '{', '['.repeat(100_000), '"\\u0000"', Buffer.from([0x22, 0xc0, 0xaf, 0x22])])
            assertProblem(await post(`/v1/deployments/${id}/execute`, body), 400, 'invalid_json');
        assert.deepEqual((await api.get(`/v1/runs?deployment=${id}`)).json.data, []);
    });

    it('that are too large are refused, whoever says how large they are', async () => {
        const {id} = await api.deploy(echoAgent());
        const text = JSON.stringify('x'.repeat(1_100_000));
        assertProblem(await post(`/v1/deployments/${id}/execute`, text), 413, 'too_large');
        const huge = request('POST', '/v1/packages', {...auth(), 'Content-Length': '99999999999'});
        assertProblem(await exchange(url, huge), 413, 'too_large');
        for (const length of ['-1', '1x', '18446744073709551616', ''])
            assert.equal((await exchange(url, request('POST', '/v1/keys', {...auth(), 'Content-Length': length}))).status >= 400, true, length);
    });

    it('of another type are refused', async () => {
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
            assertProblem(await post('/v1/keys', '{}', {'Content-Type': type}), 415, 'unsupported_media_type');
    });

    it('that are bombs do not go off', async () => {
        const bomb = gzipSync(Buffer.alloc(200_000_000), {level: 9});
        const headers = {'Content-Type': 'application/gzip'};
        const answer = await post('/v1/packages', bomb, headers);
        assert.ok([413, 422].includes(answer.status), answer.text);
        assert.equal((await api.get('/healthz')).status, 200);
    });

    it('with unknown fields are refused at the field', async () => {
        const answer = await api.post('/v1/deployments', {package: 'p', pakage: 'q'});
        assertProblem(answer, 400, 'invalid_request');
        assert.equal(answer.json.errors[0].pointer, '#/pakage');
    });
});

describe('paths and headers', () => {
    it('that try to leave their place lead nowhere', async () => {
        const paths = [
            '/v1/../../etc/passwd',
            '/../healthz',
            '/v1/packages/%2e%2e/keys',
            '/v1//packages',
            '/v1/runs/..%2f..%2fkeys',
            '/v1/knowledge/%2e%2e/documents',
            '/v1/runs/run_%00',
            '/v1/runs/run_0000000000000000000000000000000g',
            `/v1/runs/run_${"'".repeat(32)}`,
            '/v1/knowledge/faq/documents/%ff',
        ];
        for (const path of paths) {
            const answer = await exchange(url, request('GET', path, auth()));
            assert.ok([400, 404].includes(answer.status), `${path}: ${answer.text}`);
            assert.equal(answer.headers['content-type'], 'application/problem+json');
        }
    });

    it('are never echoed into headers', async () => {
        const answer = await exchange(url, request('GET', '/v1/runs?a%0d%0aX-Evil:1=2', {...auth(), 'X-Request-Id': 'a b<c>"'}));
        assert.equal(answer.status, 400);
        assert.equal(answer.headers['x-evil'], undefined);
        assert.match(answer.headers['x-request-id'], /^req_[0-9a-f]{32}$/);
    });

    it('that are too large are refused', async () => {
        assertProblem(await exchange(url, request('GET', '/healthz', {'X-Big': 'a'.repeat(20_000)})), 431, 'headers_too_large');
        assertProblem(await exchange(url, request('GET', `/v1/runs?cursor=${'a'.repeat(20_000)}`, auth())), 431, 'headers_too_large');
        const many = Object.fromEntries(Array.from({length: 200}, (_, i) => [`X-${i}`, '1']));
        assert.equal((await exchange(url, request('GET', '/healthz', many))).status, 400);
    });

    it('unknown to the operation are refused by name', async () => {
        for (const [query, parameter] of [['limit=0', 'limit'], ['limt=1', 'limt'], ['status=done', 'status'], ['limit=1&limit=2', 'limit']]) {
            const answer = await api.get(`/v1/runs?${query}`);
            assertProblem(answer, 400, 'invalid_request');
            assert.equal(answer.json.errors[0].parameter, parameter);
        }
    });

    it('two lengths or a length and chunks do not smuggle a request', async () => {
        const smuggled = 'GET /v1/keys HTTP/1.1\r\nHost: x\r\n\r\n';
        const cases = [
            `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
            `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
            `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
        ];
        for (const bytes of cases) {
            const answer = await exchange(url, bytes);
            assert.ok(answer === null || answer.status >= 400, bytes);
        }
    });
});

describe('keys', () => {
    it('that are wrong in any way get the same refusal', async () => {
        const bad = [undefined, 'x', 'mb_', `mb_${'A'.repeat(43)}`, `${key}x`, key.slice(0, -1), `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`];
        for (const candidate of bad) {
            const answer = await api.as(candidate).get('/v1/runs');
            assertProblem(answer, 401, 'unauthenticated');
            assert.match(answer.headers.get('www-authenticate'), /^Bearer/);
        }
    });
});

describe("another customer's things", () => {
    let other, mine;
    before(async () => {
        other = api.as(await createCustomer(moonbase, 'Other'));
        const deployment = await api.deploy(
            agentPackage('local moon = require "moon"\nreturn function() return moon.approve { title = "?" } end', {tools: ['approve']}),
        );
        const run = (await api.execute(deployment.id, {})).json;
        await api.post('/v1/knowledge/private/documents', {documents: [{id: 'd', body: 'private words'}]});
        await api.put('/v1/secrets/PRIVATE', {value: 'v'});
        const created = (await api.post('/v1/keys', {name: 'k', scopes: ['runs:read']})).json;
        mine = {deployment, run, keyId: created.id, packageId: deployment.package.id};
    });

    it('are not found, with the same answer as for things that never were', async () => {
        const never = '0123456789abcdef0123456789abcdef';
        const cases = [
            ['GET', (id) => `/v1/packages/pkg_${id}`, mine.packageId],
            ['GET', (id) => `/v1/deployments/dep_${id}`, mine.deployment.id],
            ['DELETE', (id) => `/v1/deployments/dep_${id}`, mine.deployment.id],
            ['POST', (id) => `/v1/deployments/dep_${id}/execute`, mine.deployment.id, {}],
            ['GET', (id) => `/v1/runs/run_${id}`, mine.run.id],
            ['GET', (id) => `/v1/runs/run_${id}/steps`, mine.run.id],
            ['GET', (id) => `/v1/runs/run_${id}/events`, mine.run.id],
            ['POST', (id) => `/v1/runs/run_${id}/cancel`, mine.run.id],
            ['POST', (id) => `/v1/runs/run_${id}/approve`, mine.run.id, {approved: true}],
            ['POST', (id) => `/v1/runs/run_${id}/steps/1/settle`, mine.run.id, {happened: true}],
            ['DELETE', (id) => `/v1/keys/key_${id}`, mine.keyId],
            ['POST', (id) => ['/v1/deployments', {package: `pkg_${id}`}], mine.packageId],
        ];
        for (const [method, path, id, json] of cases) {
            const ask = (hex) => {
                const at = path(hex);
                return other.request(method, Array.isArray(at) ? at[0] : at, {json: Array.isArray(at) ? at[1] : json});
            };
            const [theirs, nobodys] = [await ask(id.slice(4)), await ask(never)];
            const place = `${method} ${path('X')}`;
            assert.equal(theirs.status, 404, `${place}: ${theirs.text}`);
            const strip = ({json: {instance, ...rest}}) => rest;
            assert.deepEqual(strip(theirs), strip(nobodys), place);
        }
        assert.equal((await api.get(`/v1/runs/${mine.run.id}`)).json.status, 'waiting');
    });

    it('are in no list and no search', async () => {
        for (const path of ['/v1/deployments', '/v1/runs', '/v1/approvals?state=all', '/v1/secrets', '/v1/knowledge'])
            assert.deepEqual((await other.get(path)).json.data, [], path);
        assert.ok((await other.get('/v1/packages')).json.data.every((p) => p.platform));
        assert.deepEqual((await other.get('/v1/knowledge/private/search?q=private')).json.data, []);
        assert.equal((await other.get('/v1/knowledge/private/documents/d')).status, 404);
        assert.equal((await other.delete('/v1/secrets/PRIVATE')).status, 404);
        const usage = (await other.get('/v1/usage')).json;
        assert.equal(usage.total.calls, 0);
    });

    it('do not share rate limit, Idempotency-Key or package names', async () => {
        const headers = {'idempotency-key': 'shared'};
        const files = echoAgent();
        const first = await api.post('/v1/packages', {files}, {headers});
        const second = await other.post('/v1/packages', {files}, {headers});
        assert.equal(second.status, 201);
        assert.notEqual(first.json.id, second.json.id);
        assert.equal(second.headers.get('idempotent-replayed'), null);
    });
});

describe('slow clients', () => {
    it('are cut when they do not end their request, and hold nobody up', async () => {
        const connections = Array.from({length: 50}, () => connect(url));
        connections.forEach((c, i) => c.write(i % 2 ? 'GET /healthz HTTP/1.1\r\nX-' : request('POST', '/v1/keys', {...auth(), 'Content-Length': '100'}, '{')));
        assert.equal((await api.get('/v1/runs')).status, 200);
        await Promise.all(connections.map((c) => c.closed));
    });
});

describe('after all this', () => {
    it('the server still serves, and its log holds no key and no body', async () => {
        assert.equal((await api.get('/readyz')).status, 200);
        assert.ok(!moonbase.log.includes(key));
        assert.ok(!moonbase.log.includes('pakage'));
        assert.equal(moonbase.logEntries.filter((e) => e.level === 'error').length, 0, moonbase.log.slice(-2000));
    });
});
