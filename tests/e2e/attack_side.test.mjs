// What is tried against the side engine (replays, canaries, simulations): places that are taken and
// not given back, and a host that is full.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage, uniqueName} from './lib/packages.mjs';
import {until} from './lib/service.mjs';

// Less than the minute that a busy run would hold its place for.
const limit = {timeout: 30_000};

const QUICK = 'return function(input) return input end';
const BUSY = 'return function() while true do end end';
const BUSY_LIMITS = {cpu_ms: 60_000, wall_ms: 60_000};

let moonbase, api;
before(async () => {
    // One job at a time, and one that waits.
    const env = {MOONBASE_SIDE_RUNS: '1', MOONBASE_SIDE_QUEUE: '1', MOONBASE_RUN_CPU_MS: '60000'};
    moonbase = await startMoonbase({env});
    api = moonbase.api;
});
after(() => moonbase?.dispose());

const simulate = (main, manifest = {}, options = {}) =>
    api.post('/v1/simulate', {files: agentPackage(main, manifest), input: {}}, options);

/** Requests of clients that can leave. */
function leaving() {
    const controllers = [];
    const start = (path, body) => {
        const controller = new AbortController();
        controllers.push(controller);
        return api.post(path, body, {signal: controller.signal}).catch(() => null);
    };
    return {start, leave: () => controllers.splice(0).forEach((controller) => controller.abort())};
}

/** A metric, over all its labels. */
async function metric(name) {
    const {text} = await api.get('/metrics');
    const values = [...text.matchAll(new RegExp(`^${name}(?:{[^}]*})? ([0-9.e+]+)$`, 'gm'))];
    assert.ok(values.length > 0, `there is no metric ${name}`);
    return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** A deployment with one run that has ended, whose package has a second version that never ends. */
async function deployed() {
    const name = uniqueName('dep');
    const deployment = await api.deploy(agentPackage(QUICK, {name, version: '1.0.0', limits: BUSY_LIMITS}), {name});
    const run = (await api.execute(deployment.id, {n: 1})).json;
    assert.equal(run.status, 'succeeded');
    const answer = await api.post('/v1/packages', {files: agentPackage(BUSY, {name, version: '2.0.0', limits: BUSY_LIMITS})});
    assert.equal(answer.status, 201, answer.text);
    return {deployment, run};
}

/** Takes the one place, then the one in the queue. */
async function fill(clients) {
    const jobs = [];
    for (const place of ['under_way', 'waiting']) {
        await until('the place is free', async () => (await metric(`moonbase_side_jobs_${place}`)) === 0);
        jobs.push(clients.start('/v1/simulate', {files: agentPackage(BUSY, {limits: BUSY_LIMITS}), input: {}}));
        await until('it is taken', async () => (await metric(`moonbase_side_jobs_${place}`)) === 1);
    }
    assert.equal((await simulate(QUICK)).status, 503);
    return {gone: Promise.all(jobs)};
}

describe('a client that leaves', () => {
    const jobs = {
        'a simulation': async () => ['/v1/simulate', {files: agentPackage(BUSY, {limits: BUSY_LIMITS}), input: {}}],
        'a replay': async () => [`/v1/runs/${(await deployed()).run.id}/replay`, {version: '2.0.0'}],
        'a canary': async () => [`/v1/deployments/${(await deployed()).deployment.id}/canary`, {version: '2.0.0'}],
    };
    for (const [what, job] of Object.entries(jobs))
        it(`gives back the place of ${what}`, limit, async () => {
            const [path, body] = await job();
            const clients = leaving();
            const gone = clients.start(path, body);
            await until('it has its place', async () => (await metric('moonbase_side_jobs_under_way')) >= 1);
            const waits = simulate(QUICK);
            clients.leave();
            await gone;
            const answer = await waits;
            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.json.status, 'succeeded');
        });

    it('gives back its place in the queue, too', limit, async () => {
        const clients = leaving();
        const {gone} = await fill(clients);
        clients.leave();
        await gone;
        await until('there is a place', async () => (await simulate(QUICK)).status === 200);
    });
});

describe('a canary on a host that is full', () => {
    it('waits for its places', limit, async () => {
        const {deployment} = await deployed();
        const clients = leaving();
        const {gone} = await fill(clients);
        const refused = await metric('moonbase_side_jobs_refused_total');
        const canary = api.post(`/v1/deployments/${deployment.id}/canary`, {version: '1.0.0'});
        await until('it was refused a place', async () => await metric('moonbase_side_jobs_refused_total') > refused);
        clients.leave();
        await gone;
        const answer = await canary;
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual([answer.json.summary.same, answer.json.summary.not_replayed], [1, 0]);
    });
});

describe('a host without a local model', () => {
    const models = (names) => ({
        default: 'far',
        providers: {far: {kind: 'openai', base_url: 'http://127.0.0.1:9/v1'}, local: {kind: 'local'}, script: {kind: 'script'}},
        models: {far: {provider: 'far'}, ...Object.fromEntries(names.map((name) => [name, {provider: name}]))},
    });

    for (const [names, expected] of [[['script'], 'script'], [['local', 'script'], 'local']])
        it(`simulates with ${expected} where there is ${names}`, async () => {
            const host = await startMoonbase({files: {MOONBASE_MODELS_FILE: models(names)}});
            try {
                const answer = await host.api.post('/v1/simulate', {files: agentPackage(QUICK), input: {}});
                assert.equal(answer.status, 200, answer.text);
                assert.equal(answer.json.model, expected);
            } finally {
                await host.dispose();
            }
        });

    it('says which to give where there is neither', async () => {
        const host = await startMoonbase({files: {MOONBASE_MODELS_FILE: models([])}});
        try {
            const answer = await host.api.post('/v1/simulate', {files: agentPackage(QUICK), input: {}});
            assert.equal(answer.status, 422, answer.text);
            assert.equal(answer.json.code, 'unknown_model');
            assert.match(answer.json.detail, /neither "local" nor "script"/);
        } finally {
            await host.dispose();
        }
    });
});
