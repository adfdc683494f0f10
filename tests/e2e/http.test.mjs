// The API as a customer uses it: packages, deployments, secrets, knowledge, keys, usage. Every answer
// is held to the server's own description.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {checkedClient} from './lib/openapi.mjs';
import {agentPackage, echoAgent, uniqueName, writePackage} from './lib/packages.mjs';
import {assertProblem} from './lib/problem.mjs';

let moonbase, api;
before(async () => {
    moonbase = await startMoonbase();
    api = await checkedClient(moonbase.api);
});
after(() => moonbase.dispose());

async function upload(files) {
    const answer = await api.post('/v1/packages', {files});
    assert.equal(answer.status, 201, answer.text);
    return answer.json;
}

describe('packages', () => {
    it('are identified by their contents and never change under a version', async () => {
        const files = echoAgent();
        const first = await upload(files);
        assert.equal((await upload(files)).id, first.id);
        const changed = {...files, 'main.lua': 'return function() return 1 end'};
        assertProblem(await api.post('/v1/packages', {files: changed}), 409, 'exists');
    });

    it('may come as a gzipped tar, with a folder around them or not', async () => {
        const dir = await mkdtemp(path.join(tmpdir(), 'mb-tar-'));
        const files = echoAgent();
        await writePackage(path.join(dir, 'pkg'), files);
        const tar = (...args) => spawnSync('tar', ['-cz', ...args], {cwd: dir}).stdout;
        const headers = {'content-type': 'application/gzip'};
        const plain = await upload(files);
        for (const body of [tar('pkg'), tar('-C', 'pkg', '.'), tar('-C', 'pkg', 'agent.json', 'main.lua')]) {
            const answer = await api.request('POST', '/v1/packages', {body, headers});
            assert.equal(answer.status, 201, answer.text);
            assert.equal(answer.json.sha256, plain.sha256);
        }
        await rm(dir, {recursive: true});
    });

    it('with mistakes are refused with file and line, and are not stored', async () => {
        const before = (await api.all('/v1/packages')).length;
        const cases = [
            [{'main.lua': 'return function(input)\n  local x = = 1\nend'}, /^main\.lua:2$/],
            [{'agent.json': '{"name": "x"'}, /^agent\.json/],
            [{'agent.json': JSON.stringify({name: 'xx', version: '1', summary: 's'})}, /^agent\.json#\/version$/],
            [{'lib.lua': '\x1bLJ\x02bytecode'}, /^lib\.lua/],
        ];
        for (const [change, place] of cases) {
            const answer = await api.post('/v1/packages', {files: {...echoAgent(), ...change}});
            assertProblem(answer, 422, 'invalid_package');
            assert.match(answer.json.errors[0].pointer, place);
        }
        const {'main.lua': _, ...without} = echoAgent();
        assertProblem(await api.post('/v1/packages', {files: without}), 422, 'invalid_package');
        const bad = agentPackage('return 1', {input: {type: 'objekt'}});
        assertProblem(await api.post('/v1/packages', {files: bad}), 422, 'invalid_package', 'agent.json#/input/type');
        const out = await api.post('/v1/packages', {files: {...echoAgent(), '../evil.lua': 'x'}});
        assertProblem(out, 422, 'invalid_package');
        assert.equal((await api.all('/v1/packages')).length, before);
    });

    it('are shown with their manifest, and the files on request', async () => {
        const files = echoAgent();
        const {id, name} = await upload(files);
        const plain = (await api.get(`/v1/packages/${id}`)).json;
        assert.equal(plain.manifest.name, name);
        assert.equal(plain.files, undefined);
        assert.deepEqual((await api.get(`/v1/packages/${id}?files=true`)).json.files, files);
        assert.deepEqual((await api.get(`/v1/packages?name=${name}`)).json.data.map((p) => p.id), [id]);
    });

    it("of the platform are there for everybody, without their files", async () => {
        const [platform] = (await api.get('/v1/packages?name=ticket_resolver')).json.data;
        assert.equal(platform.platform, true);
        assert.equal((await api.get(`/v1/packages/${platform.id}?files=true`)).json.files, undefined);
    });
});

describe('deployments', () => {
    it('live from creation to deletion', async () => {
        const {name} = await upload(echoAgent({tools: ['kv.get', 'kv.set']}));
        const created = await api.post('/v1/deployments', {package: name, name: 'mine', budget_micros: 5000});
        assert.equal(created.status, 201, created.text);
        assert.equal(created.headers.get('location'), `/v1/deployments/${created.json.id}`);
        assert.deepEqual(created.json.tools, ['kv.get', 'kv.set']);
        assert.deepEqual((await api.get(`/v1/deployments/${created.json.id}`)).json, created.json);
        assert.deepEqual((await api.get(`/v1/deployments?package=${name}`)).json.data, [created.json]);
        assert.equal((await api.execute(created.json.id, 1)).status, 200);
        assert.equal((await api.delete(`/v1/deployments/${created.json.id}`)).status, 204);
        assertProblem(await api.get(`/v1/deployments/${created.json.id}`), 404, 'not_found');
        assertProblem(await api.delete(`/v1/deployments/${created.json.id}`), 404, 'not_found');
        await untilRefused(created.json.id);
    });

    async function untilRefused(id) {
        for (let i = 0; i < 500; i++) if ((await api.execute(id, 1)).status === 404) return;
        assert.fail('a deleted deployment still takes runs');
    }

    it('take the latest upload of a name, or the version or id that is asked for', async () => {
        const name = uniqueName();
        const one = await upload(echoAgent({name, version: '1.0.0'}));
        const two = await upload(echoAgent({name, version: '0.9.0'}));
        const deploy = async (body) => (await api.post('/v1/deployments', body)).json.package;
        assert.equal((await deploy({package: name})).id, two.id);
        assert.equal((await deploy({package: name, version: '1.0.0'})).id, one.id);
        assert.equal((await deploy({package: one.id})).version, '1.0.0');
        assertProblem(await api.post('/v1/deployments', {package: name, version: '3.0.0'}), 404, 'not_found', '#/version');
        assertProblem(await api.post('/v1/deployments', {package: 'nobody'}), 404, 'not_found', '#/package');
    });

    it('cannot have more than the package names', async () => {
        const {name} = await upload(
            echoAgent({
                tools: ['kv.get'],
                secrets: ['TOKEN'],
                limits: {steps: 5},
                config: {type: 'object', properties: {n: {type: 'integer'}}, required: ['n']},
            }),
        );
        const refused = async (body, ...problem) =>
            assertProblem(await api.post('/v1/deployments', {package: name, config: {n: 1}, ...body}), ...problem);
        await refused({tools: ['kv.get', 'kv.set']}, 400, 'invalid_request', '#/tools/1');
        await refused({limits: {steps: 6}}, 400, 'invalid_request', '#/limits/steps');
        await refused({secrets: {OTHER: 'x'}}, 400, 'invalid_request', '#/secrets/OTHER');
        await refused({config: {n: 'one'}}, 422, 'invalid_config', '#/config/n');
        await refused({config: {}}, 422, 'invalid_config');
        assert.equal((await api.post('/v1/deployments', {package: name, config: {n: 1}})).status, 201);
    });
});

describe('an Idempotency-Key', () => {
    it('makes a repeated creation give the first answer again', async () => {
        const {name} = await upload(echoAgent());
        const headers = {'idempotency-key': `"${uniqueName()}"`};
        const create = (body) => api.post('/v1/deployments', body, {headers});
        const first = await create({package: name});
        const again = await create({package: name});
        assert.equal(again.status, 201);
        assert.deepEqual(again.json, first.json);
        assert.equal(again.headers.get('idempotent-replayed'), 'true');
        assertProblem(await create({package: name, name: 'other'}), 422, 'idempotency_mismatch');
        assert.equal((await api.get(`/v1/deployments?package=${name}`)).json.data.length, 1);
    });

    it('is free again when the request was refused', async () => {
        const name = uniqueName();
        const headers = {'idempotency-key': uniqueName()};
        assertProblem(await api.post('/v1/deployments', {package: name}, {headers}), 404, 'not_found');
        await upload(echoAgent({name}));
        assert.equal((await api.post('/v1/deployments', {package: name}, {headers})).status, 201);
    });

    it('lets of many at once only one happen', async () => {
        const {name} = await upload(echoAgent());
        const headers = {'idempotency-key': uniqueName()};
        const answers = await Promise.all(
            Array.from({length: 10}, () => api.post('/v1/deployments', {package: name}, {headers})),
        );
        assert.equal(new Set(answers.map((a) => a.json.id)).size, 1);
    });
});

describe('secrets', () => {
    it('are written and never read', async () => {
        assert.equal((await api.post('/v1/secrets', {name: 'SHOP', value: 'hunter2-a'})).status, 201);
        assertProblem(await api.post('/v1/secrets', {name: 'SHOP', value: 'x'}), 409, 'exists');
        const put = await api.put('/v1/secrets/SHOP', {value: 'hunter2-b'});
        assert.equal(put.status, 200);
        const list = await api.get('/v1/secrets');
        assert.deepEqual(list.json.data.map((s) => s.name), ['SHOP']);
        assert.equal((await api.delete('/v1/secrets/SHOP')).status, 204);
        assertProblem(await api.delete('/v1/secrets/SHOP'), 404, 'not_found');
        assert.ok(![put.text, list.text, moonbase.log].join().includes('hunter2'));
    });
});

describe('knowledge', () => {
    it('is added, found, replaced and removed', async () => {
        const docs = [
            {id: 'returns', title: 'Returns', body: 'Goods may be returned within 30 days.', metadata: {lang: 'en'}},
            {id: 'a/b ü', body: 'Shipping takes three days.'},
        ];
        const at = '/v1/knowledge/shop_faq';
        assert.deepEqual((await api.post(`${at}/documents`, {documents: docs})).json, {written: 2});
        assert.equal((await api.get(`${at}/search?q=returning+goods`)).json.data[0].id, 'returns');
        assert.equal((await api.get(`${at}/documents/${encodeURIComponent('a/b ü')}`)).json.body, docs[1].body);
        await api.post(`${at}/documents`, {documents: [{id: 'returns', body: 'Never.'}]});
        assert.equal((await api.get(`${at}/documents/returns`)).json.body, 'Never.');
        assert.equal((await api.get(`${at}/documents`)).json.data.length, 2);
        assert.ok((await api.get('/v1/knowledge')).json.data.some((c) => c.name === 'shop_faq' && c.documents === 2));
        assert.equal((await api.delete(`${at}/documents/returns`)).status, 204);
        assertProblem(await api.get(`${at}/documents/returns`), 404, 'not_found');
        assert.deepEqual((await api.get(`${at}/search?q=never`)).json.data, []);
    });
});

describe('keys', () => {
    it('are shown once, serve their scopes, and die when they are revoked', async () => {
        const created = await api.post('/v1/keys', {name: 'reader', scopes: ['runs:read', 'keys:write']});
        assert.equal(created.status, 201, created.text);
        const {id, key} = created.json;
        const reader = api.as(key);
        assert.equal((await reader.get('/v1/runs')).status, 200);
        assertProblem(await reader.get('/v1/packages'), 403, 'forbidden');
        assertProblem(await reader.post('/v1/keys', {name: 'x', scopes: ['admin']}), 403, 'forbidden', '#/scopes/0');
        const listed = await api.get('/v1/keys');
        assert.ok(listed.json.data.some((k) => k.id === id && k.revoked_at === null));
        assert.ok(!listed.text.includes(key));
        assert.equal((await api.delete(`/v1/keys/${id}`)).status, 204);
        let answer;
        for (let i = 0; i < 500 && answer?.status !== 401; i++) answer = await reader.get('/v1/runs');
        assertProblem(answer, 401, 'unauthenticated');
        assert.ok(!moonbase.log.includes(key));
    });
});

describe('lists', () => {
    it('come in pages, newest first, each item once', async () => {
        const {name} = await upload(echoAgent());
        const made = [];
        for (let i = 0; i < 5; i++) made.push((await api.post('/v1/deployments', {package: name})).json.id);
        const listed = await api.all(`/v1/deployments?package=${name}`, 2);
        assert.deepEqual(listed.map((d) => d.id), made.reverse());
    });

    it('refuse cursors that are not theirs', async () => {
        const {next_cursor: other} = (await api.get('/v1/packages?limit=1')).json;
        for (const cursor of ['zzzz', 'bnVsbA', 'W10', 'WyInOyJd', 'eyJhIjoxfQ'])
            for (const list of ['packages', 'runs', 'keys', 'approvals', 'deployments'])
                assertProblem(await api.get(`/v1/${list}?cursor=${cursor}`), 400, 'invalid_request', 'cursor');
        assert.ok(other);
    });
});

describe('the service', () => {
    it('tells usage and balance', async () => {
        const usage = await api.get('/v1/usage?group_by=hour,deployment,tool');
        assert.equal(usage.status, 200, usage.text);
        const balance = (await api.get('/v1/balance')).json;
        assert.equal(balance.available_micros, balance.balance_micros - balance.reserved_micros);
        assertProblem(await api.get('/v1/usage?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z'), 400, 'invalid_request', 'from');
    });

    it('has metrics that pass the linter', async () => {
        const {text} = await api.get('/metrics');
        const lint = spawnSync('promtool', ['check', 'metrics'], {input: text});
        assert.equal(lint.status, 0, `${lint.stdout}${lint.stderr}`);
    });

    it('describes every answer that was seen here', () => {
        assert.ok(api.seen.size >= 25, `${api.seen.size} operations`);
    });
});
