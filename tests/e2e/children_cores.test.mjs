// Child runs on two cores that share a database, one of which is killed: parents and children go on
// wherever they are, and no child is made twice.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startCluster} from './lib/cluster.mjs';
import {agentPackage} from './lib/packages.mjs';
import {startService, until} from './lib/service.mjs';

const PARENTS = 8;
let cluster, service, key;
before(async () => {
    service = await startService();
    cluster = await startCluster();
    key = await cluster.createCustomer('family');
});
after(async () => {
    service.release();
    await cluster?.stop();
    service.stop();
});

const startCore = (name) => cluster.startCore(name, key, {MOONBASE_PARK_GRACE_MS: '200'});
const owners = () =>
    cluster.sql(`select r.parent_run_id is not null, c.node, count(*) from mb.runs r join mb.cores c using (fence)
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
            ids.push(await first.api.accept(parent.id, {n, url: `${service.url}/wait`}));
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
        await cluster.kill(first);
        service.release();
        await check(second.api, made);
    });

    it('a core is killed while parents are parked, and the other executes their children', async () => {
        const [second] = cluster.cores;
        const third = await startCore('c');
        service.calls.length = 0;
        const made = await family(second);
        await until('the parents are parked', () => !owners().some(([isChild]) => isChild === 'f'));
        await cluster.kill(third);
        service.release();
        await check(second.api, made);
        assert.equal(Number(cluster.sql('select count(*) from mb.runs where finished_at is null')[0][0]), 0);
    });
});
