// The API while what is under it goes away and comes back.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {echoAgent} from './lib/packages.mjs';
import {processesOf} from './lib/processes.mjs';
import {until} from './lib/service.mjs';

let moonbase, api, echo;
before(async () => {
    moonbase = await startMoonbase();
    api = moonbase.api;
    echo = (await api.deploy(echoAgent())).id;
});
after(() => moonbase.dispose());

describe('while the database is stopped', () => {
    let postgres;
    before(async () => {
        postgres = await processesOf(moonbase, 'postgres');
        assert.ok(postgres.length > 1);
        postgres.forEach(({pid}) => process.kill(pid, 'SIGSTOP'));
    });
    after(() => postgres.forEach(({pid}) => process.kill(pid, 'SIGCONT')));

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
    const all = await processesOf(moonbase, 'postgres');
    return all.filter(({parent}) => all.some(({pid}) => pid === parent));
}

describe('when the database crashes', () => {
    it('requests are served again as soon as it is back, and nothing is lost', async () => {
        const earlier = (await api.execute(echo, 1)).json;
        process.kill((await backends())[0].pid, 'SIGKILL');
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
        const redis = await processesOf(moonbase, 'redis-server');
        if (redis.length === 0) {
            t.skip('this server runs without Redis');
            return;
        }
        redis.forEach(({pid}) => process.kill(pid, 'SIGKILL'));
        await until('the log says it', () => moonbase.logEntries.some((e) => e.event === 'redis_lost'));
        const answer = await api.get('/v1/balance');
        assert.equal(answer.status, 200);
        assert.match(answer.headers.get('ratelimit'), /^"default";r=\d+;t=\d+$/);
    });
});
