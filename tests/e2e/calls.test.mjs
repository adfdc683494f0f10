// What an author can ask of one call: a limit of its own, and a person's consent.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {startMoonbase} from './lib/moonbase.mjs';
import {agentPackage} from './lib/packages.mjs';
import {startService, until} from './lib/service.mjs';

describe("a call's options", () => {
    let moonbase, api, service, deployment;
    const main = `
        local moon = require "moon"
        return function(input)
            local ok, result = pcall(moon.tool, "http.request", { method = input.method, url = input.url }, input.opts)
            return { ok = ok, code = result.code, retryable = result.retryable, body = result.body }
        end`;
    before(async () => {
        service = await startService();
        service.hold('/deaf');
        moonbase = await startMoonbase({env: {MOONBASE_EGRESS_ALLOW: '127.0.0.1'}});
        api = moonbase.api;
        const tools = ['http.request', 'approve', 'sleep'];
        deployment = await api.deploy(agentPackage(main, {tools, hosts: ['127.0.0.1']}));
    });
    after(async () => {
        await moonbase?.dispose();
        service.stop();
    });

    const call = async (method, path, opts) =>
        (await api.execute(deployment.id, {method, url: service.url + path, opts})).json.output;

    it('a call that outlasts its timeout_ms fails, and may be tried again when it only reads', async () => {
        assert.deepEqual(await call('GET', '/deaf', {timeout_ms: 100}), {ok: false, code: 'timeout', retryable: true});
        const before = service.calls.length;
        const out = await call('GET', '/deaf', {timeout_ms: 50, retries: 1, backoff_s: 0});
        assert.equal(out.code, 'timeout');
        assert.equal(service.calls.length - before, 2);
    });

    it('one that may have had its effect is not tried again by itself', async () => {
        const before = service.calls.length;
        const out = await call('POST', '/deaf', {timeout_ms: 100, retries: 3, backoff_s: 0});
        assert.deepEqual(out, {ok: false, code: 'timeout', retryable: false});
        assert.equal(service.calls.length - before, 1);
    });

    it('one that is answered in time is not touched', async () => {
        assert.deepEqual(await call('GET', '/', {timeout_ms: 60_000}), {ok: true, body: 'done'});
    });

    it('waits for a person, and is made only with their consent', async () => {
        for (const approved of [true, false]) {
            const before = service.calls.length;
            const opts = {approval: 'Really?'};
            const id = await api.accept(deployment.id, {method: 'POST', url: service.url, opts});
            const questions = async () => (await api.get('/v1/approvals')).json.data;
            const open = await until('a question', async () => (await questions()).find((a) => a.run_id === id));
            assert.equal(open.title, 'Really?');
            assert.equal(service.calls.length, before);
            await api.post(`/v1/runs/${id}/approve`, {seq: open.seq, approved});
            const run = await api.untilEnded(id, 30_000);
            assert.equal(service.calls.length - before, approved ? 1 : 0);
            assert.equal(run.output.code, approved ? undefined : 'rejected');
        }
    });
});
