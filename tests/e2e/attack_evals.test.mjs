// Evals that mean ill, and evals that cannot be written down: a clear word for each, no crash, nothing half-written.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {command} from './lib/command.mjs';
import {binary} from './lib/moonbase.mjs';
import {agentPackage, echoAgent, writePackage} from './lib/packages.mjs';

let dir, folder;
before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'mb-attack-'));
    folder = await writePackage(path.join(dir, 'echo'), echoAgent({name: 'echo', tools: []}));
});
after(() => rm(dir, {recursive: true, force: true}));

async function caseFile(content) {
    const file = path.join(dir, 'cases.json');
    await writeFile(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
    return file;
}
const evaluate = async (content, args = [], options = {}) => command(['eval', options.folder ?? folder, '--file', await caseFile(content), ...args], options);
const one = (fields) => ({cases: [{name: 'it', input: {a: 1, list: [1, 2, 3]}, ...fields}]});

/** The failures of one case, by check. */
async function failures(fields, options) {
    const {code, stdout, stderr} = await evaluate(typeof fields === 'string' ? fields : one(fields), ['--json'], options);
    assert.ok(code === 0 || code === 1, stderr);
    return Object.fromEntries(JSON.parse(stdout).results.flatMap((result) => result.failures).map((failure) => [failure.at, failure.message]));
}

describe('a hostile predicate', () => {
    it('fails its check, says why, and the next one is run', async () => {
        const bodies = [
            ['error({code = "x"})', /failed/], ['error(nil)', /nil/], ['error(function() end)', /function/], ['return function() end', /function/],
            ['local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e6) .. i end', /memory/], ['local t = {} t.t = t return t', /contains itself/],
            ['local function f() return 1 + f() end return f()', /stack overflow/], ['return 0/0', /finite/], ['return "a\\0b"', /NUL/],
            ['return ("x"):rep(5e6)', /too large/], ['return ("a"):rep(30):find(("a*"):rep(30) .. "b")', /failed/], ['coroutine.yield(1)', /yield/],
            ['return require("moon").tool("sleep", {seconds = 1})', /failed/], ['return "a" .. ("é"):rep(3000)', /returned aé+$/],
            ['return setmetatable({}, {__index = error})', /returned {}/], ['value = nil run = nil return true'],
        ];
        const found = await failures({checks: bodies.map(([lua]) => ({lua}))});
        for (const [i, [lua, reason]] of bodies.entries())
            if (reason) assert.match(found[`/checks/${i}`] ?? 'it passed', reason, lua);
            else assert.equal(found[`/checks/${i}`], undefined);
    });

    it('that would be given more than a run can start with is not run, and the other cases are', async () => {
        const big = await writePackage(path.join(dir, 'big'), agentPackage(
            'local moon = require "moon" return function() for n = 1, 70 do moon.kv.set("k" .. n, ("x"):rep(60000)) end return {} end',
            {name: 'big', tools: ['kv.set'], limits: {steps: 100}}));
        const file = await caseFile({cases: [{name: 'a', input: {}, checks: [{lua: 'return true'}]}, {name: 'b', input: {}}]});
        const {code, stdout} = await command(['eval', big, '--file', file]);
        assert.equal(code, 1);
        assert.match(stdout, /^FAIL {2}a[^]*the predicate was not run[^]*^pass {2}b/m);
    });
});

describe('a check', () => {
    it('of a place that is not there fails, whatever is asked of it', async () => {
        const checks = [{schema: {}}, {schema: false}, {count: 0}, {min: 0}, {matches: ''}, {contains: 'x'}, {equals: null}].map((check) => ({at: '/none', ...check}));
        const found = await failures({checks});
        assert.deepEqual(Object.keys(found), [0, 1, 2, 3, 5, 6].map((i) => `/checks/${i}`));
    });

    it('takes integers as JSON may write them, and indexes as JSON Pointer does', async () => {
        const list = (checks) => `{"cases": [{"name": "it", "input": {"list": [1, 2, 3]}, "seed": 5.0, "expect": {"not_called": []}, "checks": [${checks.map((check) => `{"at": "/list${check}}`)}]}]}`;
        const wrong = await failures(list(['", "count": 2.0', '", "count": {"min": 9.0}', '/1abc", "exists": true', '/-1", "exists": true', '/01", "exists": true']));
        assert.equal(Object.keys(wrong).length, 5, JSON.stringify(wrong));
        assert.deepEqual(await failures(list(['", "count": 3.0', '/1", "equals": 2.0', '/*", "count": {"max": 3e0}'])), {});
        const called = await failures('{"cases": [{"name": "it", "input": {}, "expect": {"called": [{"tool": "kv.set", "times": 1.0}]}}]}');
        assert.match(called['/expect/called'], /0 times/);
    });

    it('has the seed that it was given, also the greatest', async () => {
        const {stdout} = await evaluate(one({seed: 2147483647, checks: [{at: '/a', equals: 2}]}), ['--json', '--repeat', '2']);
        assert.deepEqual(JSON.parse(stdout).results[0].failures.map((failure) => failure.seed), [2147483647, 0]);
    });

    it('by a model that answers garbage fails, and the other cases are run', async () => {
        const script = path.join(dir, 'script.json');
        const checks = [{judge: {rubric: 'x', model: 'script'}}];
        for (const answer of [{reply: 'garbage'}, {reply: '{"score": 5, "reason": ""}'}, {value: {score: '1'}}, {value: {score: 0.1, reason: 'é'.repeat(5000)}}]) {
            await writeFile(script, JSON.stringify([answer]));
            const {code, stdout, stderr} = await evaluate({cases: [{name: 'a', input: {}, checks}, {name: 'b', input: {}}]}, ['--json'], {env: {MOONBASE_MODEL_SCRIPT: script}});
            assert.equal(code, 1, stderr);
            const {passed, results} = JSON.parse(stdout);
            assert.equal(passed, 1);
            assert.match(results[0].failures[0].message, /script gives (no score|it 0\.10)/);
        }
    });
});

describe('a case file', () => {
    it('that is wrong is refused before anything is run', async () => {
        const many = (n, name) => ({cases: Array.from({length: n}, (_, i) => ({name: name ?? `n${i}`, input: {}}))});
        const files = [
            [many(100_000), /larger than/], [many(1001), /cases/], [many(3, '__proto__'), /another case has this name/], ['', /expected/], ['null', /object/],
            ['[]', /object/], [{cases: [null]}, /cases\/0/], [{cases: [{name: 1, input: {}}]}, /name/],
            [Buffer.from('{"cases": [{"name": "\xff", "input": 1}]}', 'latin1'), /UTF-8/], ['{"cases": [{"name": "a\\u0000b", "input": 1}]}', /NUL/],
            [`{"cases": [{"name": "a", "input": ${'['.repeat(9999)}${']'.repeat(9999)}}]}`, /deep/],
            [{cases: [{name: 'a', input: {}}, {name: 'b', input: {}, model: 'gpt-55'}]}, /case "b": there is no model/],
            [{cases: [{name: 'a', input: {}}, {name: 'b', input: {}, checks: [{judge: {rubric: 'x', model: 'gpt-55'}}]}]}, /case "b": there is no model/],
            [{cases: [{name: `a${'é'.repeat(100)}`, input: {}, checks: [{matches: '('}]}]}, /case "aé+"/],
        ];
        for (const [content, reason] of files) {
            const {code, stdout, stderr} = await evaluate(content);
            assert.equal(code, 2, stderr);
            assert.match(stderr, reason);
            assert.doesNotMatch(stdout, /pass|FAIL/);
        }
    });

    it('whose names steer terminals or break XML gives a quiet table and well-formed XML', async () => {
        const name = '<&">\' \u001b[2J\ufffe\uffff\u0085]]>\r\n\t€😀';
        const xml = path.join(dir, 'junit.xml');
        const {code, stdout} = await evaluate({cases: [{name, input: {}, checks: [{equals: '\ufffe', about: '\u001b[31m'}]}]}, ['--junit', xml]);
        assert.equal(code, 1);
        assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
        const text = await readFile(xml, 'utf8');
        assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\ufffe\uffff]/);
        assert.match(text, /<testcase name="&lt;&amp;&quot;&gt;' \[2J\u0085\]\]&gt;&#10;&#9;€😀" /);
    });

    it('of a package that is named twice is one suite', async () => {
        const other = await writePackage(path.join(dir, 'other'), echoAgent({name: 'other'}));
        for (const place of [folder, other]) await writePackage(place, {'evals/a.json': JSON.stringify(one({}))});
        const {stdout} = await command(['eval', folder, other, folder, '--junit', '-']);
        assert.equal(stdout.match(/<testsuite /g).length, 2);
        assert.equal(stdout.match(/<testcase /g).length, 3);
        assert.equal((await command(['eval', folder, '--json', '--junit', '-'])).code, 2);
    });
});

/** Runs `moonbase ARGS` by a shell's line in which "$@" stands for it. */
function shell(line, args) {
    return new Promise((resolve) => {
        const child = spawn('bash', ['-c', line, 'bash', binary, ...args], {stdio: ['ignore', 'pipe', 'pipe']});
        const out = {stdout: '', stderr: ''};
        for (const name of Object.keys(out)) child[name].on('data', (data) => (out[name] += data));
        child.on('close', (code, signal) => resolve({code, signal, ...out}));
    });
}

describe('an outcome that cannot be written', () => {
    it('on a disk that is full is told, and half a report is taken away', async () => {
        const xml = path.join(dir, 'full.xml');
        const cases = Array.from({length: 300}, (_, i) => ({name: `${i} ${'x'.repeat(100)}`, input: {}}));
        const line = "trap '' XFSZ; ulimit -f 16; \"$@\""; // files of 16 KiB and no more: the sandbox needs some
        const {code, stderr} = await shell(line, ['eval', folder, '--file', await caseFile({cases}), '--junit', xml]);
        assert.equal(code, 2, stderr);
        assert.match(stderr, /full\.xml' cannot be written: /);
        assert.ok(!(await readdir(dir)).includes('full.xml'));
        const full = await shell('"$@" > /dev/full', ['eval', folder, '--file', await caseFile(one({}))]);
        assert.equal(full.code, 1);
    });

    it('into a pipe that is closed ends it', async () => {
        const {stdout} = await shell('"$@" | true; echo ${PIPESTATUS[0]}', ['eval', folder, '--file', await caseFile(one({}))]);
        assert.match(stdout, /^(141|1)$/m);
    });

    it('is not written when it is interrupted', async () => {
        const loop = Array.from({length: 20}, () => ({lua: 'while true do end'}));
        const file = await caseFile({cases: [{name: 'first', input: {}}, {name: 'loops', input: {}, checks: loop}]});
        const xml = path.join(dir, 'interrupted.xml');
        for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15]]) {
            const child = spawn(binary, ['eval', folder, '--file', file, '--junit', xml], {stdio: ['ignore', 'pipe', 'inherit']});
            child.stdout.on('data', (data) => String(data).includes('first') && child.kill(signal));
            assert.equal(await new Promise((resolve) => child.on('close', resolve)), 128 + number);
            assert.ok(!(await readdir(dir)).includes('interrupted.xml'));
        }
    });
});
