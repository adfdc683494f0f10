// The API while what is under it goes away and comes back.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {echoAgent} from './lib/packages.mjs';

let moonbase, api, echo;
before(async () => {
    moonbase = await startMoonbase();
    api = moonbase.api;
    echo = (await api.deploy(echoAgent())).id;
});
after(() => moonbase.dispose());

async function until(what, check, ms = 30_000) {
    for (const end = Date.now() + ms; Date.now() < end; ) {
        if (await check()) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`not within ${ms} ms: ${what}`);
}

/** The server's own processes of this name: those that work in its folder. */
async function processes(name) {
    const found = [];
    for (const pid of await moonbase.stragglers()) {
        const comm = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
        if (comm.trim() === name) found.push(pid);
    }
    return found;
}

describe('while the database is stopped', () => {
    let pids;
    before(async () => {
        pids = await processes('postgres');
        assert.ok(pids.length > 1);
        pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
    });
    after(() => pids.forEach((pid) => process.kill(pid, 'SIGCONT')));

    it('the process is alive, and what needs the database is told to come again', async () => {
        assert.equal((await api.get('/healthz')).status, 200);
        const answer = await api.get('/v1/balance');
        assert.ok([503, 504].includes(answer.status), answer.text);
        assert.match(answer.headers.get('content-type'), /problem\+json/);
        assert.ok(!/postgres|socket|\/tmp/i.test(answer.text), answer.text);
    });
});

/** PostgreSQL's processes but the first: killing one makes it start all over. */
async function backends() {
    const pids = await processes('postgres');
    const parents = await Promise.all(
        pids.map(async (pid) => Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ')[1])),
    );
    return pids.filter((_, i) => pids.includes(parents[i]));
}

describe('when the database crashes', () => {
    it('requests are served again as soon as it is back, and nothing is lost', async () => {
        const earlier = (await api.execute(echo, 1)).json;
        process.kill((await backends())[0], 'SIGKILL');
        const statuses = new Set();
        await until('it serves', async () => {
            const answer = await api.execute(echo, 2, {wait: 5});
            statuses.add(answer.status);
            if (answer.status >= 500) assert.ok(Number(answer.headers.get('retry-after')) >= 1, answer.text);
            return answer.status === 200 && (await api.get('/readyz')).status === 200;
        });
        for (const status of statuses) assert.ok([200, 202, 503].includes(status), String(status));
        assert.equal((await api.get(`/v1/runs/${earlier.id}`)).json.output, 1);
    });
});

describe('when Redis was killed', () => {
    it('limits are kept by the core itself, and the log says so', async (t) => {
        const pids = await processes('redis-server');
        if (pids.length === 0) {
            t.skip('this server runs without Redis');
            return;
        }
        pids.forEach((pid) => process.kill(pid, 'SIGKILL'));
        await until('the log says it', () => moonbase.logEntries.some((e) => e.event === 'redis_lost'));
        const answer = await api.get('/v1/balance');
        assert.equal(answer.status, 200);
        assert.match(answer.headers.get('ratelimit'), /^"default";r=\d+;t=\d+$/);
    });
});
