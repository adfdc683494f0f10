// The package report_generator through the real programs: a small table over HTTP, 10,000 orders within the
// limits that every run has, its examples (which are its health check), and CSV files as --input.
import assert from 'node:assert/strict';
import {readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {agentFolder} from './lib/agents.mjs';
import {command} from './lib/command.mjs';
import {root, startMoonbase, temporaryDir} from './lib/moonbase.mjs';
import {agentPackage, uniqueName, writePackage} from './lib/packages.mjs';

const folder = path.join(root, 'agents/report_generator');
const sales = path.join(root, 'tests/data/sales.csv');

describe('report_generator over HTTP', () => {
    let moonbase, api, deployment, manifest;
    before(async () => {
        moonbase = await startMoonbase();
        api = moonbase.api;
        const files = await agentFolder('report_generator');
        manifest = JSON.parse(files['agent.json']);
        deployment = await api.deploy(files, {name: uniqueName('report'), config: {save_to: 'reports'}});
    });
    after(() => moonbase?.dispose());

    it('runs its examples: its health check', async () => {
        for (const {input} of manifest.examples) {
            const {status, json} = await api.execute(deployment.id, input);
            assert.equal(status, 200);
            assert.equal(json.status, 'succeeded', JSON.stringify(json.error));
            assert.match(json.output.html, /^<!doctype html>/);
            assert.deepEqual(json.output.saved, ['reports/report.html', 'reports/report.md']);
        }
    });

    it('reports on 10,000 orders within the limits of every run', async () => {
        const {json} = await api.execute(deployment.id, {data: {csv: await readFile(sales, 'utf8')}});
        assert.equal(json.status, 'succeeded', JSON.stringify(json.error));
        assert.equal(json.output.findings.length, 7);
        assert.ok(json.output.data_quality.some(({rows}) => rows === 12));
        assert.ok(json.usage.cpu_us < 2_000_000, `${json.usage.cpu_us} us`);
    });

    it('says what a table lacks with a code', async () => {
        const input = {data: {csv: 'a,b\n1,2\n'}, measure: 'c'};
        const {json} = await api.execute(deployment.id, input);
        assert.equal(json.status, 'failed');
        assert.equal(json.error.code, 'invalid_input');
        assert.match(json.error.message, /no column 'c'.*there are: a, b/);
    });

    it('takes one source of data, and no more', async () => {
        const {status} = await api.execute(deployment.id, {data: {csv: 'a\n1\n', file: 'x.csv'}});
        assert.equal(status, 422);
    });
});

describe('moonbase run with a file of text as --input', () => {
    let dir;
    before(async () => (dir = await temporaryDir()));
    after(() => rm(dir, {recursive: true, force: true}));

    async function write(name, text) {
        await writeFile(path.join(dir, name), text);
        return path.join(dir, name);
    }

    async function packageWith(input) {
        const at = path.join(dir, 'echo_text');
        await rm(at, {recursive: true, force: true});
        const files = agentPackage('return function(input) return input end', {name: 'echo_text', input});
        return writePackage(at, files);
    }

    it('makes a report of a CSV file', async () => {
        const {code, stdout} = await command(['run', folder, '--input', sales, '--json']);
        assert.equal(code, 0);
        assert.match(JSON.parse(stdout).output.summary, /revenue rose/);
    });

    it('gives it to the first property of its media type, however deep', async () => {
        const text = (contentMediaType) => ({type: 'string', contentMediaType});
        const input = {
            type: 'object',
            properties: {
                note: text('text/plain'),
                data: {type: 'object', properties: {table: text('text/csv'), tabs: text('text/tab-separated-values')}},
            },
        };
        const at = await packageWith(input);
        for (const [file, output] of [
            ['a.csv', {data: {table: 'é,"\\\n'}}],
            ['A.CSV', {data: {table: 'é,"\\\n'}}],
            ['a.tsv', {data: {tabs: 'é,"\\\n'}}],
            ['a.txt', {note: 'é,"\\\n'}],
        ]) {
            const {stdout} = await command(['run', at, '--input', await write(file, 'é,"\\\n'), '--json']);
            assert.deepEqual(JSON.parse(stdout).output, output, file);
        }
    });

    it('refuses it for a package that takes none, and text that is no UTF-8', async () => {
        const at = await packageWith({type: 'object', properties: {table: {type: 'string', contentMediaType: 'text/csv'}}});
        const markdown = await command(['run', at, '--input', await write('a.md', '# a\n')]);
        assert.equal(markdown.code, 1);
        assert.match(markdown.stderr, /takes no text of type text\/markdown/);
        const latin = await command(['run', at, '--input', await write('l.csv', Buffer.from([0x61, 0xe9, 0x0a]))]);
        assert.match(latin.stderr, /no text in UTF-8/);
    });

    it('reads every other file as JSON', async () => {
        const at = await packageWith({});
        const {stdout} = await command(['run', at, '--input', await write('a.data', '{"a": 1}'), '--json']);
        assert.deepEqual(JSON.parse(stdout).output, {a: 1});
    });
});
