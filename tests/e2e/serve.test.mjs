// `moonbase serve`: its one line, its end, its predecessor's remains, its workers; and the commands
// that work beside it.
import assert from 'node:assert/strict';
import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {command} from './lib/command.mjs';
import {startMoonbase} from './lib/moonbase.mjs';
import {until} from './lib/service.mjs';

/** The processes whose parent is `pid`. */
async function childrenOf(pid) {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
}

const ticket = {subject: 'Forgot my password', body: 'I forgot my password. Can you help me get back in?'};

describe('serve --dev', () => {
    let moonbase;
    before(async () => (moonbase = await startMoonbase()));
    after(() => moonbase.dispose());

    it('says that it serves in one line of JSON, and logs JSON on stderr', async () => {
        assert.equal(moonbase.ready.event, 'ready');
        assert.match(moonbase.ready.api_key, /^mb_/);
        assert.equal((await moonbase.api.get('/readyz')).status, 200);
        const lines = moonbase.log.split('\n').filter(Boolean);
        assert.equal(moonbase.logEntries.length, lines.length);
    });

    it('keeps the key and the master key where only their owner can read them', async () => {
        for (const file of ['dev.json', 'master.key']) {
            const {mode} = await stat(path.join(moonbase.dir, file));
            assert.equal(mode & 0o077, 0, file);
        }
        assert.ok(!moonbase.log.includes(moonbase.apiKey));
    });

    it('refuses a second server on the same data folder', async () => {
        const second = await command(['serve', '--dev', '--port', '0', '--data', moonbase.dir]);
        assert.equal(second.code, 3);
        assert.match(second.stderr, /another process/);
        assert.equal(second.stdout, '');
    });

    it('refuses a port that is taken', async () => {
        const other = await startMoonbase({port: moonbase.port}).catch((error) => error);
        assert.ok(other instanceof Error);
        assert.match(other.message, /in use/);
    });

    it('has the demo agent deployed, with its knowledge', async () => {
        const deployments = (await moonbase.api.get('/v1/deployments')).json.data;
        assert.deepEqual(deployments.map((d) => d.id), [moonbase.ready.deployment]);
        const found = await moonbase.api.get('/v1/knowledge');
        assert.equal(found.status, 200);
        assert.ok(found.json.data.length > 0);
    });

    it('is administered from the command line while it runs', async () => {
        const data = ['--data', moonbase.dir];
        const made = await command(['customer', 'create', 'Acme & Söhne', '--balance', '1.5', '--json', ...data]);
        assert.equal(made.code, 0, made.stderr);
        const {id, api_key: key} = JSON.parse(made.stdout);
        const theirs = moonbase.api.as(key);
        assert.equal((await theirs.get('/v1/balance')).json.balance_micros, 1_500_000);

        const topped = await command(['customer', 'topup', id, '$0.25', '--json', ...data]);
        assert.deepEqual(JSON.parse(topped.stdout), {balance_micros: 1_750_000});
        const customers = JSON.parse((await command(['customer', 'list', '--json', ...data])).stdout);
        assert.equal(customers.find((c) => c.id === id).name, 'Acme & Söhne');

        const narrow = await command(['customer', 'key', id, '--scopes', 'usage:read', ...data]);
        const limited = moonbase.api.as(narrow.stdout.trim());
        assert.equal((await limited.get('/v1/balance')).status, 200);
        assert.equal((await limited.get('/v1/runs')).status, 403);

        const nobody = await command(['customer', 'topup', `cus_${'0'.repeat(31)}1`, '1', ...data]);
        assert.equal(nobody.code, 1);
        assert.match(nobody.stderr, /no such customer/);
    });

    it('replays a run from its journal with the same outcome, at no cost', async () => {
        const run = (await moonbase.api.post(`/v1/deployments/${moonbase.ready.deployment}/execute`, ticket)).json;
        assert.equal(run.status, 'succeeded', JSON.stringify(run));
        const before = (await moonbase.api.get('/v1/balance')).json.balance_micros;
        const replayed = await command(['replay', run.id, '--json', '--data', moonbase.dir]);
        assert.equal(replayed.code, 0, replayed.stderr);
        assert.match(replayed.stderr, /the same outcome as recorded/);
        const again = JSON.parse(replayed.stdout);
        assert.deepEqual(again.replayed.output, run.output);
        assert.ok(again.calls.same > 0 && again.calls.new === 0);
        assert.equal((await moonbase.api.get('/v1/balance')).json.balance_micros, before);
        const missing = await command(['replay', `run_${'0'.repeat(32)}`, '--data', moonbase.dir]);
        assert.equal(missing.code, 2);
    });

    it('ends in good order on SIGTERM, and has the same key at the next start', async () => {
        const key = moonbase.apiKey;
        assert.deepEqual(await moonbase.stop(), {code: 0, signal: null});
        assert.deepEqual(await moonbase.stragglers(), []);
        await moonbase.start();
        assert.equal(moonbase.apiKey, key);
    });

    it('starts over what a predecessor left that was killed', async () => {
        const key = moonbase.apiKey;
        await moonbase.killAndRestart();
        assert.equal(moonbase.apiKey, key);
        assert.equal((await moonbase.api.get('/v1/balance')).status, 200);
    });
});

describe('serve --workers', () => {
    let moonbase;
    before(async () => (moonbase = await startMoonbase({args: ['--workers', '2']})));
    after(() => moonbase.dispose());

    it('shares the port among cores and starts one that died again', async () => {
        const workers = await childrenOf(moonbase.pid);
        assert.equal(workers.length, 2);
        process.kill(workers[0], 'SIGKILL');
        await until('a new worker serves', () =>
            moonbase.logEntries.filter((entry) => entry.event === 'serving').length === 3);
        const now = await childrenOf(moonbase.pid);
        assert.equal(now.length, 2);
        assert.ok(!now.includes(workers[0]) && now.includes(workers[1]));
        assert.equal((await moonbase.api.get('/v1/balance')).status, 200);
    });

    it('ends with its supervisor, also when that is killed', async () => {
        const workers = await childrenOf(moonbase.pid);
        await moonbase.kill();
        await until('the workers are gone', async () => {
            const alive = await Promise.all(workers.map((pid) => stat(`/proc/${pid}`).catch(() => null)));
            return alive.every((entry) => entry === null);
        });
        await moonbase.start();
        const seen = moonbase.logEntries.length;
        assert.deepEqual(await moonbase.stop(), {code: 0, signal: null});
        assert.deepEqual(await moonbase.stragglers(), []);
        assert.deepEqual(moonbase.logEntries.slice(seen).filter((e) => e.event === 'worker_ended'), []);
    });
});
