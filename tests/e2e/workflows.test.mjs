// Workflows over HTTP and on the command line: drafts, errors, versions, deployments, and what a kill -9 does to
// a run of one.
import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {bigWorkflow} from '../bench/lib/workflows.mjs';
import {command, createCustomer} from './lib/command.mjs';
import {startMoonbase} from './lib/moonbase.mjs';
import {echoAgent, uniqueName} from './lib/packages.mjs';
import {startService, until} from './lib/service.mjs';
import {times, withValue, workflow} from './lib/workflows.mjs';

let moonbase, api, service;
before(async () => {
    service = await startService();
    moonbase = await startMoonbase({
        env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1', MOONBASE_PARK_GRACE_MS: '200'},
    });
    api = moonbase.api;
});
after(async () => {
    await moonbase?.dispose();
    service.stop();
});

async function create(document) {
    const made = await api.post('/v1/workflows', {document});
    assert.equal(made.status, 201, made.text);
    return made.json;
}
const at = (flow, rest = '') => `/v1/workflows/${flow.id}${rest}`;
const publish = (flow, body = {}, options) => api.post(at(flow, '/publish'), body, options);
async function published(document, body = {deployment: 'new'}) {
    const flow = await create(document);
    const answer = await publish(flow, body);
    assert.equal(answer.status, 201, answer.text);
    return {flow, version: answer.json, deployment: answer.json.deployment};
}
const output = async (deployment, input) => (await api.execute(deployment.id, input)).json.output;

describe('a draft', () => {
    it('is stored as it is, with errors too, and read back the same', async () => {
        const document = {version: 1, zebra: [1, {b: null, a: 'ä'}], name: 'half_done', nodes: [{}]};
        const flow = await create(document);
        assert.deepEqual([flow.name, flow.title, flow.revision, flow.published_version], ['half_done', '', 1, null]);
        const read = await api.get(at(flow));
        assert.equal(read.headers.get('etag'), '"1"');
        assert.equal(JSON.stringify(read.json.document), JSON.stringify(document));
        const list = (await api.get('/v1/workflows?name=half_done')).json.data;
        assert.deepEqual(list.map((one) => one.id), [flow.id]);
        assert.ok(!('document' in list[0]));
    });

    it('is saved by one of those who edit the same revision; the others hear of the present one', async () => {
        const flow = await create(times(uniqueName('shared'), 2));
        const save = (factor) => api.put(at(flow), {document: times(flow.name, factor), revision: 1});
        const answers = await Promise.all([3, 4, 5, 6].map(save));
        const [won, ...lost] = answers.sort((a, b) => a.status - b.status);
        assert.equal(won.status, 200, won.text);
        assert.equal(won.headers.get('etag'), '"2"');
        for (const one of lost) {
            assert.deepEqual([one.status, one.json.code, one.json.revision], [409, 'conflict', 2]);
            assert.match(one.headers.get('content-type'), /problem\+json/);
        }
    });

    it('takes the revision from If-Match, any with *, and refuses to guess', async () => {
        const flow = await create(times(uniqueName('tagged'), 2));
        const save = (headers, factor) => api.put(at(flow), {document: times(flow.name, factor)}, {headers});
        assert.equal((await save({'if-match': '"1"'}, 3)).json.revision, 2);
        assert.equal((await save({'if-match': '"1"'}, 4)).status, 409);
        assert.equal((await save({'if-match': '*'}, 5)).json.revision, 3);
        assert.equal((await save({'if-match': '*'}, 5)).json.revision, 3, 'what is the same is no change');
        for (const tag of ['3', '"x"', '"3', 'W/"3"']) assert.equal((await save({'if-match': tag}, 6)).status, 400, tag);
        assert.equal((await save({}, 6)).status, 400);
    });

    it('is gone after it was deleted', async () => {
        const flow = await create(times(uniqueName('gone'), 2));
        assert.equal((await api.delete(at(flow))).status, 204);
        for (const rest of ['', '/versions']) assert.equal((await api.get(at(flow, rest))).status, 404);
        assert.equal((await api.delete(at(flow))).status, 404);
        assert.equal((await api.post(at(flow, '/compile'))).status, 404);
    });

    it('is refused when it is no JSON, too deep or too large, with the place', async () => {
        const headers = {'content-type': 'application/json'};
        const broken = await api.request('POST', '/v1/workflows', {body: '{"document": {"a": }}', headers});
        assert.deepEqual([broken.status, broken.json.code], [400, 'invalid_json']);
        assert.match(broken.json.errors[0].pointer, /^1:\d+/);
        const none = await api.post('/v1/workflows', {document: []});
        assert.deepEqual([none.status, none.json.errors[0].pointer], [400, '#/document']);
        const large = await api.post('/v1/workflows', {document: {name: 'x'.repeat(1100000)}});
        assert.equal(large.status, 413);
        const deep = await create(JSON.parse(`{"input":${'{"items":'.repeat(55)}{}${'}'.repeat(56)}`));
        const compiled = await api.post(at(deep, '/compile'));
        assert.equal(compiled.status, 400, compiled.text);
        assert.match(compiled.json.errors[0].pointer, /^#\/document\/input\/items/);
    });
});

describe('compiling', () => {
    it('tells all errors with node and field, and then cost and files', async () => {
        const document = withValue(times(uniqueName('checked'), 2), {n: '{{ nodes.multipy.n }}', m: '{{ input.q }}'});
        const flow = await create(document);
        const wrong = (await api.post(at(flow, '/compile'))).json;
        assert.equal(wrong.ok, false);
        assert.ok(wrong.errors.length >= 2, JSON.stringify(wrong.errors));
        assert.ok(wrong.errors.every((one) => one.node === 'end' && one.field.startsWith('params.value') && one.code));
        assert.ok(!('files' in wrong) && !('cost' in wrong));
        const right = (await api.post(at(flow, '/compile'), {document: times(flow.name, 2)})).json;
        assert.deepEqual([right.ok, right.errors, right.revision], [true, [], 1]);
        assert.match(right.files['main.lua'], /\[multiply\]/);
        assert.ok(right.cost.low <= right.cost.likely && right.cost.likely <= right.cost.high);
        assert.equal((await api.get(at(flow))).json.revision, 1, 'nothing was stored');
    });

    it('takes the largest there may be, and says when there are too many nodes', async () => {
        const flow = await create(bigWorkflow(500));
        const compiled = (await api.post(at(flow, '/compile'))).json;
        assert.deepEqual([compiled.ok, compiled.errors], [true, []]);
        const {errors} = (await api.post(at(flow, '/compile'), {document: bigWorkflow(505)})).json;
        assert.equal(errors[0].code, 'too_many');
    });

    it('knows the tools and models of this host', async () => {
        const nodes = {
            start: ['input'],
            call: ['tool', {tool: 'http.reqest'}],
            ask: ['llm', {prompt: 'Hello', model: 'gpt-55'}],
            end: ['output', {value: '{{ nodes.ask }}'}],
        };
        const flow = await create(workflow(uniqueName('unknown'), nodes, ['start call', 'call ask', 'ask end']));
        const {errors} = (await api.post(at(flow, '/compile'))).json;
        assert.deepEqual(errors.map((one) => one.code).sort(), ['unknown_model', 'unknown_tool']);
        assert.match(errors.find((one) => one.code === 'unknown_tool').message, /http\.request/);
    });

    it("types sub-workflows by the customer's own, and says which name was meant", async () => {
        const inner = uniqueName('inner');
        await published(times(inner, 10));
        const outer = (name, input) =>
            workflow(uniqueName('outer'),
                {start: ['input'], call: ['subworkflow', {workflow: name, input}], end: ['output', {value: {n: '{{ nodes.call.n }}'}}]},
                ['start call', 'call end'],
                {output: {type: 'object', required: ['n'], properties: {n: {type: 'number'}}}});
        const errors = async (document) => (await api.post(at(await create(document), '/compile'))).json.errors;
        assert.deepEqual((await errors(outer(inner.slice(0, -1) + 'x', {n: 1}))).map((one) => one.code), ['unknown_workflow']);
        assert.deepEqual((await errors(outer(inner, {n: 'one'}))).map((one) => one.field), ['params.input.n']);
        const {deployment} = await published(outer(inner, {n: 4}));
        assert.deepEqual(await output(deployment, {}), {n: 40});
    });

    it('reads the Lua back, with the line of what the canvas cannot show', async () => {
        const document = times(uniqueName('round'), 2);
        const {files} = (await api.post(at(await create(document), '/compile'))).json;
        const back = await api.post('/v1/workflows/import', {files});
        assert.equal(back.status, 200, back.text);
        assert.deepEqual(back.json.problems, []);
        assert.deepEqual(back.json.document, document);
        const lines = files['main.lua'].split('\n');
        lines.splice(-3, 0, '    os.time()');
        const edited = await api.post('/v1/workflows/import', {files: {...files, 'main.lua': lines.join('\n')}});
        assert.ok(edited.json.problems.length > 0, edited.text);
        assert.equal(edited.json.problems[0].file, 'main.lua');
        assert.ok(Math.abs(edited.json.problems[0].line - (lines.length - 3)) <= 1, edited.text);
        assert.equal((await api.post('/v1/workflows/import', {files: {'a.txt': 'x'}})).status, 422);
    });
});

describe('publishing', () => {
    it('is refused with all errors as long as there are any', async () => {
        const flow = await create(withValue(times(uniqueName('unready'), 2), {n: '{{ nodes.nobody }}', m: 1}));
        const answer = await publish(flow);
        assert.deepEqual([answer.status, answer.json.code], [422, 'invalid_workflow'], answer.text);
        assert.ok(answer.json.errors.length >= 2);
        assert.ok(answer.json.errors.every((one) => one.node === 'end' && one.detail === one.message));
        assert.equal(answer.json.revision, 1);
        assert.deepEqual((await api.get(at(flow, '/versions'))).json.data, []);
    });

    it('makes a package and a version, and a deployment goes over to the next one', async () => {
        const name = uniqueName('doubler');
        const {flow, version, deployment} = await published(times(name, 2), {deployment: 'new', note: 'first'});
        assert.deepEqual([version.version, version.package.name, version.note], [1, name, 'first']);
        assert.deepEqual(await output(deployment, {n: 21}), {n: 42});
        await api.put(at(flow), {document: times(name, 3), revision: 1});
        assert.deepEqual(await output(deployment, {n: 21}), {n: 42}, 'a draft changes nothing');
        const second = await publish(flow, {revision: 2, deployment: deployment.id});
        assert.equal(second.status, 201, second.text);
        assert.deepEqual([second.json.version, second.json.deployment.id], [2, deployment.id]);
        await until('it runs the second', async () => (await output(deployment, {n: 21})).n === 63);
        const versions = await api.all(at(flow, '/versions'), 1);
        assert.deepEqual(versions.map((one) => one.version), [2, 1]);
        const first = (await api.get(at(flow, '/versions/1'))).json;
        assert.deepEqual(first.document, times(name, 2));
        assert.equal((await api.get(`/v1/packages/${first.package.id}`)).status, 200);
        assert.equal((await api.get(at(flow, '/versions/3'))).status, 404);
    });

    it('is done once under an Idempotency-Key, and by one of two who do it at once', async () => {
        const flow = await create(times(uniqueName('once'), 2));
        const headers = {'idempotency-key': 'a'};
        const first = await publish(flow, {}, {headers});
        const again = await publish(flow, {}, {headers});
        assert.deepEqual([first.status, again.status, again.json.version], [201, 201, 1]);
        const both = await Promise.all([publish(flow, {revision: 1}), publish(flow, {revision: 1}), publish(flow, {revision: 7})]);
        const statuses = both.map((one) => one.status).sort();
        assert.equal(statuses[2], 409);
        assert.ok(statuses.includes(201));
        const versions = (await api.get(at(flow, '/versions'))).json.data;
        assert.deepEqual(versions.map((one) => one.version), [...versions.keys()].map((i) => i + 1).reverse());
    });

    it('changes only deployments of this workflow, with a configuration that fits', async () => {
        const document = {...times(uniqueName('configured'), 2),
            config: {type: 'object', required: ['tone'], properties: {tone: {enum: ['plain', 'warm']}}}};
        const flow = await create(document);
        const other = await api.deploy(echoAgent());
        assert.equal((await publish(flow, {deployment: other.id, config: {tone: 'warm'}})).status, 409);
        assert.equal((await publish(flow, {deployment: `dep_${'0'.repeat(32)}`})).status, 404);
        const missing = await publish(flow, {deployment: 'new'});
        assert.deepEqual([missing.status, missing.json.code], [422, 'invalid_config']);
        assert.deepEqual((await api.get(at(flow, '/versions'))).json.data, [], 'what was refused left nothing behind');
        const made = await publish(flow, {deployment: 'new', config: {tone: 'warm'}});
        assert.deepEqual(made.json.deployment.config, {tone: 'warm'});
        const next = await publish(flow, {deployment: made.json.deployment.id});
        assert.deepEqual(next.json.deployment.config, {tone: 'warm'}, next.text);
    });

    it('refuses the name of another published workflow', async () => {
        const name = uniqueName('taken');
        await published(times(name, 2));
        const answer = await publish(await create(times(name, 3)));
        assert.deepEqual([answer.status, answer.json.code], [409, 'exists']);
    });

    it('goes on counting when a workflow of that name was deleted', async () => {
        const name = uniqueName('again');
        const {flow} = await published(times(name, 2));
        await api.delete(at(flow));
        const {version, deployment} = await published(times(name, 5));
        assert.deepEqual([version.version, version.package.version], [1, '2.0.0']);
        assert.deepEqual(await output(deployment, {n: 2}), {n: 10});
    });

    it('gives its deployment the triggers of the drawing, and takes away those that are no longer drawn', async () => {
        const name = uniqueName('clocked');
        const drawn = (...triggers) => {
            const document = times(name, 2);
            triggers.forEach(([id, params], i) => {
                document.nodes.push({id, type: 'trigger', title: id, params});
                document.edges.push({id: `t${i}`, from: id, to: 'start'});
            });
            return document;
        };
        await api.put('/v1/secrets/HOOK_SECRET', {value: 'delivered-with-this'});
        const monday = ['monday', {kind: 'cron', schedule: '0 7 * * 1', input: {n: 1}}];
        const hook = ['hook', {kind: 'webhook', secret: 'HOOK_SECRET'}];
        const {flow, deployment} = await published(drawn(monday, hook));
        const list = () => api.all(`/v1/triggers?deployment=${deployment.id}`);
        const triggers = async () => (await list()).map((one) => `${one.name} ${one.kind}`).sort();
        assert.deepEqual(await triggers(), ['hook webhook', 'monday cron']);
        const hooked = (await list()).find((one) => one.kind === 'webhook');
        assert.equal(hooked.has_secret, true, 'it has the secret that the drawing names');
        const now = Math.floor(Date.now() / 1000);
        const deliver = (secret) =>
            api.as(undefined).request('POST', hooked.path, {
                body: '{"n":5}',
                headers: {
                    'content-type': 'application/json',
                    'moonbase-signature': `t=${now},v1=${createHmac('sha256', secret).update(`${now}.{"n":5}`).digest('hex')}`,
                },
            });
        assert.equal((await deliver('another')).status, 401);
        const delivered = await deliver('delivered-with-this');
        assert.equal(delivered.status, 202, delivered.text);
        assert.deepEqual((await api.untilEnded(delivered.json.run_id)).output, {n: 10});
        const outputs = {};
        for (const one of await list()) {
            const body = one.kind === 'webhook' ? {body: {n: 4}} : {};
            const fired = await api.post(`/v1/triggers/${one.id}/fire`, body);
            const run = await api.untilEnded(fired.json.run_id ?? fired.json.id);
            outputs[one.name] = run.output ?? run.error;
        }
        assert.deepEqual(outputs, {hook: {n: 8}, monday: {n: 2}}, 'the input is as it is drawn or delivered');
        await api.put(at(flow), {document: drawn(monday), revision: 1});
        assert.equal((await publish(flow, {deployment: deployment.id})).status, 201);
        assert.deepEqual(await triggers(), ['monday cron']);
    });

    it('can be gone back on: a version becomes the draft', async () => {
        const name = uniqueName('restored');
        const {flow} = await published(times(name, 2));
        await api.put(at(flow), {document: {name, broken: true}, revision: 1});
        const restore = (body) => api.post(at(flow, '/restore'), body);
        const stale = await restore({version: 1, revision: 1});
        assert.deepEqual([stale.status, stale.json.revision], [409, 2]);
        assert.equal((await restore({version: 9, revision: 2})).status, 404);
        const back = await restore({version: 1, revision: 2});
        assert.deepEqual([back.status, back.json.revision], [200, 3], back.text);
        assert.deepEqual((await api.get(at(flow))).json.document, times(name, 2));
    });
});

describe("other customers' workflows", () => {
    it('are not there, and a key needs the scope', async () => {
        const {flow} = await published(times(uniqueName('mine'), 2));
        const theirs = api.as(await createCustomer(moonbase, 'Other'));
        const document = times('x_x', 2);
        const calls = [
            theirs.get(at(flow)),
            theirs.put(at(flow), {document, revision: 1}),
            theirs.delete(at(flow)),
            theirs.post(at(flow, '/compile')),
            theirs.post(at(flow, '/publish')),
            theirs.post(at(flow, '/restore'), {version: 1, revision: 1}),
            theirs.get(at(flow, '/versions')),
            theirs.get(at(flow, '/versions/1')),
        ];
        for (const answer of await Promise.all(calls)) assert.equal(answer.status, 404, answer.text);
        assert.deepEqual((await theirs.get('/v1/workflows')).json.data, []);
        const key = await api.post('/v1/keys', {name: 'reader', scopes: ['workflows:read']});
        const reader = api.as(key.json.key);
        assert.equal((await reader.get(at(flow))).status, 200);
        assert.equal((await reader.post(at(flow, '/compile'))).status, 200);
        for (const answer of [await reader.delete(at(flow)), await reader.post(at(flow, '/publish'))])
            assert.equal(answer.status, 403);
    });
});

describe('kill -9 during a run of a published workflow', () => {
    const call = (name) => ['tool', {tool: 'http.request', args: {url: `{{ input.url }}/${name}`}}];
    const document = () =>
        workflow(uniqueName('crashed'),
            {
                start: ['input'],
                split: ['parallel', {}],
                left: call('left'),
                right: call('right'),
                both: ['join'],
                agree: ['human', {mode: 'approve', title: 'Go on with {{ nodes.left.body }}?'}],
                last: call('last'),
                end: ['output', {value: {by: '{{ nodes.agree.by }}', right: '{{ nodes.right.body }}', last: '{{ nodes.last.body }}'}}],
            },
            ['start split', 'split left branch', 'split right branch', 'left both', 'right both', 'both agree', 'agree last', 'last end'],
            {
                input: {type: 'object', required: ['url'], properties: {url: {type: 'string'}}},
                grants: {hosts: ['127.0.0.1']},
            });

    it('goes on in the middle of parallel branches, at the approval and after it, and does nothing twice', async () => {
        const {deployment} = await published(document());
        service.hold('/right');
        const id = await api.accept(deployment.id, {url: service.url});
        await until('one branch is done and recorded', async () => {
            const {data} = (await api.get(`/v1/runs/${id}/steps`)).json;
            return service.count('/right') === 1 && data.some((step) => step.result?.body === 'done');
        });
        await moonbase.killAndRestart();
        service.release();
        const waits = await api.untilRun(id, (run) => run.status === 'waiting' && run.wait_reason === 'approval', 30_000);
        assert.equal(waits.diverged, false);
        assert.equal(service.count('/left'), 1);
        await moonbase.killAndRestart();
        const [asked] = (await api.get(`/v1/approvals?run=${id}`)).json.data;
        assert.equal(asked.title, 'Go on with done?');
        assert.equal((await api.post(`/v1/runs/${id}/approve`, {approved: true, by: 'kim'})).status, 200);
        const ended = await api.untilEnded(id, 30_000);
        assert.deepEqual(ended.output, {by: 'kim', right: 'done', last: 'done'}, JSON.stringify(ended));
        assert.deepEqual([service.count('/left'), service.count('/last'), ended.diverged], [1, 1, false]);
    });
});

describe('moonbase compile', () => {
    let dir;
    before(async () => (dir = await mkdtemp(path.join(tmpdir(), 'mb-compile-'))));
    after(() => rm(dir, {recursive: true, force: true}));
    const write = async (name, document) => {
        const file = path.join(dir, name);
        await writeFile(file, typeof document === 'string' ? document : JSON.stringify(document));
        return file;
    };

    it('writes the package, which checks, runs and reads back', async () => {
        const document = times('written', 4);
        const file = await write('written.json', document);
        const out = path.join(dir, 'written');
        const made = await command(['compile', file, '--out', out]);
        assert.equal(made.code, 0, made.stderr);
        assert.match(made.stdout, /^ok: 3 files\ncost of a run: low \$0\.00, likely/);
        assert.equal((await command(['check', out])).code, 0);
        assert.equal((await command(['compile', file, '--out', out, '--check'])).code, 0);
        for (const what of [out, file]) {
            const run = await command(['run', what, '--input', '-', '--json'], {input: '{"n": 2}'});
            assert.deepEqual(JSON.parse(run.stdout).output, {n: 8}, run.stderr);
        }
        const back = await command(['compile', out, '--import']);
        assert.equal(back.code, 0, back.stderr);
        assert.deepEqual(JSON.parse(back.stdout), document);
        const main = path.join(out, 'main.lua');
        await writeFile(main, (await readFile(main, 'utf8')).replace(/\nend\s*$/, '\n    os.time()\nend\n'));
        const edited = await command(['compile', out, '--import', '--json']);
        assert.equal(edited.code, 1);
        assert.ok(JSON.parse(edited.stdout).problems[0].line > 1, edited.stdout);
        assert.equal((await command(['compile', file, '--out', out, '--check'])).code, 1);
    });

    it('prints every error with node and field, without colours into a pipe, and exits with 1', async () => {
        const file = await write('wrong.json', withValue(times('wrong', 2), {n: '{{ nodes.nobody }}', m: '{{ input.q }}'}));
        const out = path.join(dir, 'wrong');
        const made = await command(['compile', file, '--out', out]);
        assert.equal(made.code, 1);
        assert.match(made.stdout, /^error  end  params\.value\.\w+:\d+: /m);
        assert.ok(!made.stdout.includes('\x1b'));
        await assert.rejects(readFile(path.join(out, 'main.lua')));
        const json = await command(['compile', file, '--json']);
        assert.deepEqual([json.code, JSON.parse(json.stdout).ok], [1, false]);
        assert.match((await command(['check', file])).stderr, /node 'end', params\.value.*invalid_workflow/);
    });

    it('exits with 2 for what is no workflow', async () => {
        assert.equal((await command(['compile', path.join(dir, 'none.json')])).code, 2);
        assert.equal((await command(['compile', dir])).code, 2);
        assert.equal((await command(['compile', dir, '--import', '--check'])).code, 2);
        const broken = await command(['compile', await write('broken.json', '{"version": 1,')]);
        assert.ok(broken.code > 0 && /1:\d+|broken\.json/.test(broken.stderr), broken.stderr);
    });
});
