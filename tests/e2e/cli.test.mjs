// The command line as a script sees it: exit codes, what goes to stdout and what to stderr.
import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {command} from './lib/command.mjs';
import {root} from './lib/moonbase.mjs';
import {agentPackage, writePackage} from './lib/packages.mjs';

let dir;
before(async () => (dir = await mkdtemp(path.join(tmpdir(), 'mb-cli-'))));
after(() => rm(dir, {recursive: true, force: true}));

/** Runs `moonbase ARGS` to its end, in the test's folder. */
const moonbase = (args, options) => command(args, {cwd: dir, ...options});

/** Writes a package below the test's folder and returns its folder. */
const packageDir = (name, main, manifest) =>
    writePackage(path.join(dir, name), agentPackage(main, {name, ...manifest}));

describe('usage', () => {
    it('lists every command, and each has help that succeeds', async () => {
        const overview = await moonbase(['help']);
        assert.equal(overview.code, 0);
        const table = await readFile(path.join(root, 'core/app/commands.def'), 'utf8');
        const names = [...table.matchAll(/^MB_COMMAND\((\w+)\)/gm)].map((match) => match[1]);
        assert.ok(names.length >= 9);
        for (const name of names) {
            assert.match(overview.stdout, new RegExp(`^  ${name} `, 'm'));
            const help = await moonbase([name, '--help']);
            assert.equal(help.code, 0, name);
            assert.match(help.stdout, new RegExp(`^moonbase ${name}`));
            assert.equal(help.stderr, '');
        }
    });

    it('exits with 2 on wrong usage, with the reason on stderr and nothing on stdout', async () => {
        const cases = [
            [['fly'], /no command 'fly'/],
            [['run'], /needs DIR/],
            [['run', '.'], /--input/],
            [['check'], /needs DIR/],
            [['config', '--prot', '1'], /did you mean --port/],
            [['config', '--port', 'http'], /integer from 0 to 65535/],
            [['replay', 'run_1'], /no run's id/],
            [['customer', 'sell'], /sell/],
            [['serve', '--port'], /needs a value/],
        ];
        for (const [args, reason] of cases) {
            const result = await moonbase(args);
            assert.equal(result.code, 2, args.join(' '));
            assert.match(result.stderr, reason);
            assert.equal(result.stdout, '', args.join(' '));
        }
    });

    it('exits with 3 when there is no database', async () => {
        for (const args of [
            ['migrate', '--database-url', 'postgresql://127.0.0.1:1/none'],
            ['customer', 'list', '--data', path.join(dir, 'nothing')],
            ['replay', `run_${'0'.repeat(32)}`, '--data', path.join(dir, 'nothing')],
        ]) {
            const result = await moonbase(args);
            assert.equal(result.code, 3, `${args.join(' ')}: ${result.stderr}`);
            assert.equal(result.stdout, '');
        }
    });

    it('uses no colours when it does not write to a terminal', async () => {
        for (const args of [['help'], ['config'], ['fly']]) {
            const result = await moonbase(args);
            assert.doesNotMatch(result.stdout + result.stderr, /\x1b/);
        }
    });
});

describe('config', () => {
    it('prints every setting with its source, a flag winning over the environment', async () => {
        const result = await moonbase(['config', '--json', '--port', '7'], {
            env: {MOONBASE_PORT: '8', MOONBASE_RUN_STEPS: '5'},
        });
        assert.equal(result.code, 0);
        const rows = new Map(JSON.parse(result.stdout).map((row) => [row.name, row]));
        assert.deepEqual([rows.get('MOONBASE_PORT').value, rows.get('MOONBASE_PORT').source], ['7', 'flag']);
        assert.equal(rows.get('MOONBASE_RUN_STEPS').source, 'environment');
        assert.equal(rows.get('MOONBASE_RUN_CPU_MS').value, '2000');
        for (const row of rows.values()) assert.ok(row.meaning.length > 5, row.name);
    });

    it('never prints a secret', async () => {
        for (const args of [['config'], ['config', '--json']]) {
            const result = await moonbase(args, {
                env: {DATABASE_URL: 'postgresql://u:hunter2@h/d', MOONBASE_MASTER_KEY: 'hunter2'},
            });
            assert.doesNotMatch(result.stdout, /hunter2/);
            assert.match(result.stdout, /\(set\)/);
        }
    });

    it('warns of a variable that it does not know, and names the nearest', async () => {
        const result = await moonbase(['config'], {env: {MOONBASE_RUN_CPUMS: '1'}});
        assert.equal(result.code, 0);
        assert.match(result.stderr, /MOONBASE_RUN_CPUMS.*MOONBASE_RUN_CPU_MS/);
    });
});

describe('check', () => {
    it('passes a sound package and prints what identifies it', async () => {
        const folder = await packageDir('sound', 'return function(input) return input end');
        const result = await moonbase(['check', folder, '--json']);
        assert.equal(result.code, 0, result.stderr);
        const answer = JSON.parse(result.stdout);
        assert.equal(answer.name, 'sound');
        assert.match(answer.sha256, /^[0-9a-f]{64}$/);
    });

    it('refuses broken Lua with file and line', async () => {
        const folder = await packageDir('broken', 'return function(input)\n  return = 1\nend');
        const result = await moonbase(['check', folder]);
        assert.equal(result.code, 1);
        assert.match(result.stderr, /main\.lua:2/);
        const json = JSON.parse((await moonbase(['check', folder, '--json'])).stdout);
        assert.deepEqual([json.ok, json.code], [false, 'invalid_package']);
    });

    it('refuses a folder that is not there', async () => {
        const result = await moonbase(['check', path.join(dir, 'nowhere')]);
        assert.equal(result.code, 1);
        assert.match(result.stderr, /nowhere/);
    });

    it('tells what confinement the host gives', async () => {
        const result = await moonbase(['check', 'host', '--json']);
        assert.equal(result.code, 0, result.stderr);
        const probe = JSON.parse(result.stdout);
        assert.equal(probe.syscall_filter, true);
        assert.equal(probe.no_new_privs, true);
        const text = await moonbase(['check', 'host']);
        assert.match(text.stdout, /^yes +syscall filter$/m);
    });
});

describe('run', () => {
    it('runs a package from a folder and prints the run as JSON', async () => {
        const folder = await packageDir('adder', 'return function(i) return {sum = i.a + i.b} end');
        const result = await moonbase(['run', folder, '--input', '-', '--json'], {input: '{"a": 2, "b": 3}'});
        assert.equal(result.code, 0, result.stderr);
        const run = JSON.parse(result.stdout);
        assert.equal(run.status, 'succeeded');
        assert.deepEqual(run.output, {sum: 5});
        assert.deepEqual(run.steps, []);
    });

    it('exits with 1 when the run fails, and tells the place', async () => {
        const folder = await packageDir('thrower', 'return function()\n  error("no luck")\nend');
        const result = await moonbase(['run', folder, '--input', '-'], {input: '{}'});
        assert.equal(result.code, 1);
        assert.match(result.stdout, /agent_error.*main\.lua:2.*no luck/s);
    });

    it('stops a loop at its CPU limit', async () => {
        const folder = await packageDir('looper', 'return function() while true do end end');
        const result = await moonbase(['run', folder, '--input', '-', '--json', '--run-cpu-ms', '50'], {input: '{}'});
        assert.equal(result.code, 1);
        assert.equal(JSON.parse(result.stdout).error.code, 'cpu_limit');
    });

    it('refuses input that is no JSON with its place', async () => {
        const folder = await packageDir('idle', 'return function() return {} end');
        const result = await moonbase(['run', folder, '--input', '-'], {input: '{"a": }'});
        assert.equal(result.code, 1);
        assert.match(result.stderr, /1:7/);
    });

    it('exits with 4 when the run comes to wait for a person', async () => {
        const main = 'local moon = require "moon"\nreturn function() return moon.approve {title = "May I?"} end';
        const folder = await packageDir('asker', main, {tools: ['approve']});
        const result = await moonbase(['run', folder, '--input', '-', '--park-grace-ms', '0'], {input: '{}'});
        assert.equal(result.code, 4, result.stderr);
    });
});
