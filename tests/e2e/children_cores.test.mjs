// Child runs on two cores that share a database, one of which is killed: parents and children go on
// wherever they are, and no child is made twice.
import assert from 'node:assert/strict';
import {rmSync} from 'node:fs';
import {after, before, describe, it} from 'node:test';

import {runProgram} from '../bench/lib/run-program.mjs';
import {Core} from '../chaos/lib/cores.mjs';
import {Database} from '../chaos/lib/database.mjs';
import {Client} from './lib/client.mjs';
import {binary, temporaryDir} from './lib/moonbase.mjs';
import {agentPackage} from './lib/packages.mjs';
import {startService, until} from './lib/service.mjs';

const PARENTS = 8;
let dir, database, service, admin, cores = [], key;

async function startCore(name) {
    const core = new Core(name, dir, {
        DATABASE_URL: database.url('moonbase_core'),
        MOONBASE_MASTER_KEY: '0123456789abcdef'.repeat(4),
        MOONBASE_EGRESS_ALLOW: '127.0.0.1',
        MOONBASE_LEASE_MS: '1500',
        MOONBASE_HEARTBEAT_MS: '200',
        MOONBASE_POLL_MS: '200',
        MOONBASE_PARK_GRACE_MS: '200',
    });
    await core.start();
    core.api = new Client(core.url, key);
    cores.push(core);
    return core;
}

/** kill -9, for good. */
async function kill(core) {
    core.stopping = true;
    const gone = new Promise((resolve) => core.child.once('exit', resolve));
    core.child.kill('SIGKILL');
    await gone;
    cores = cores.filter((one) => one !== core);
}

before(async () => {
    dir = await temporaryDir();
    service = await startService();
    database = new Database();
    await database.start();
    admin = {...process.env, DATABASE_URL: database.url('postgres')};
    await runProgram(binary, ['migrate'], {env: admin});
    const made = await runProgram(binary, ['customer', 'create', 'family', '--balance', '100000', '--json'], {env: admin});
    key = JSON.parse(made).api_key;
});
after(async () => {
    service.release();
    await Promise.all(cores.map((core) => core.stop()));
    service.stop();
    database.stop();
    rmSync(dir, {recursive: true, force: true});
});

const owners = () =>
    database.sql(`select r.parent_run_id is not null, c.node, count(*) from mb.runs r join mb.cores c using (fence)
        where r.finished_at is null group by 1, 2`);

describe('two cores', () => {
    async function family(first) {
        const tools = ['http.request', 'agent.run', 'sleep'];
        const helper = await first.api.deploy(
            agentPackage(
                `local moon = require "moon"
                 return function(input)
                   return {n = input.n, body = moon.tool("http.request", {method = "GET", url = input.url}).body}
                 end`,
                {tools, hosts: ['127.0.0.1']},
            ),
            {name: 'helper'},
        );
        const parent = await first.api.deploy(
            agentPackage(
                `local moon = require "moon"
                 return function(input)
                   local both = moon.parallel({
                     function() return moon.run("helper", {n = input.n, url = input.url}) end,
                     function() return moon.run("helper", {n = input.n + 100, url = input.url}) end,
                   })
                   return {both[1].n, both[2].n, both[1].body}
                 end`,
                {tools, agents: ['helper']},
            ),
        );
        const ids = [];
        service.hold('/wait');
        for (let n = 1; n <= PARENTS; n++) {
            const answer = await first.api.post(`/v1/deployments/${parent.id}/execute`, {n, url: `${service.url}/wait`}, {headers: {prefer: 'respond-async'}});
            assert.equal(answer.status, 202, answer.text);
            ids.push(answer.json.id);
        }
        await until('all children run', () => service.count('/wait') >= 2 * PARENTS);
        return {ids, helper};
    }

    async function check(api, {ids, helper}) {
        for (const [i, id] of ids.entries()) {
            const ended = await api.untilEnded(id, 60_000);
            assert.equal(ended.status, 'succeeded', JSON.stringify(ended.error));
            assert.deepEqual(ended.output, [i + 1, i + 101, 'done']);
            assert.equal(ended.diverged, false);
            const children = (await api.get(`/v1/runs?parent=${id}`)).json.data;
            assert.equal(children.length, 2);
            for (const child of children) assert.equal(child.deployment_id, helper.id);
        }
    }

    it('the core that has the parents is killed while the children run', async () => {
        const first = await startCore('a'), second = await startCore('b');
        const made = await family(first);
        await kill(first);
        service.release();
        await check(second.api, made);
    });

    it('a core is killed while parents are parked, and the other executes their children', async () => {
        const [second] = cores;
        const third = await startCore('c');
        service.calls.length = 0;
        const made = await family(second);
        await until('the parents are parked', () => !owners().some(([isChild]) => isChild === 'f'));
        await kill(third);
        service.release();
        await check(second.api, made);
        assert.equal(Number(database.sql('select count(*) from mb.runs where finished_at is null')[0][0]), 0);
    });
});
