// Servers that play a model provider, and the program that calls them (build/llmcall).
//
// Environment: MOONBASE_SPECS = the folder with the published API descriptions and specmock.mjs
// (../shared/specs beside the repository); where it is missing, tests that need it are skipped.
import {execFile, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdir, rename, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';

import {buildDir, freePort, root} from './moonbase.mjs';

const specs = path.resolve(root, process.env.MOONBASE_SPECS ?? '../shared/specs');
const hasSpecs = existsSync(path.join(specs, 'specmock.mjs'));

/** npm packages in a folder outside the repository, shared by test runs; returns the folder. Without
 * a network it rejects. */
export async function npmPackages(...packages) {
    const key = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
    const dir = path.join(tmpdir(), `moonbase-npm-${key}`);
    if (existsSync(dir)) return dir;
    const making = `${dir}.${process.pid}`;
    await mkdir(making);
    await writeFile(path.join(making, 'package.json'), '{"private": true}');
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
        cwd: making,
    });
    await rename(making, dir).catch(() => rm(making, {recursive: true})); // another run was first
    return dir;
}

/** Why tests that need the published descriptions, or the streaming server, cannot run; else false. */
export async function whyNoSpecs() {
    if (!hasSpecs) return `there is no ${specs}: set MOONBASE_SPECS`;
    return npmPackages(...specPackages).then(() => false, () => `npm cannot install ${specPackages}`);
}
export async function whyNoMock() {
    return npmPackages(...mockPackages).then(() => false, () => `npm cannot install ${mockPackages}`);
}
const specPackages = ['ajv@8', 'ajv-formats', 'qs'];
const mockPackages = ['@copilotkit/aimock@1.43.0'];

/** A node program that listens on `port`; dispose() ends it. */
async function serve(argv, port, options) {
    const child = spawn(process.execPath, argv, {stdio: ['ignore', 'pipe', 'pipe'], ...options});
    let log = '';
    child.stdout.on('data', (data) => (log += data));
    child.stderr.on('data', (data) => (log += data));
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const url = `http://127.0.0.1:${port}`;
    for (let i = 0; ; i++) {
        const answer = await fetch(url).catch(() => null);
        if (answer) break;
        if (i > 200 || child.exitCode !== null) throw new Error(`${argv[0]} does not listen:\n${log}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return {
        url,
        port,
        dispose: async () => {
            child.kill();
            await exited;
        },
    };
}

/** A server that checks every request by a published API description. */
export async function startSpec(file, ...args) {
    const cwd = await npmPackages(...specPackages);
    const port = await freePort();
    return serve([path.join(specs, 'specmock.mjs'), path.join(specs, file), String(port), ...args], port, {cwd});
}

/** A server that streams; fixtures as its own documentation has them. */
export async function startMock(dir, fixtures, ...args) {
    const packages = await npmPackages(...mockPackages);
    const port = await freePort();
    const file = path.join(dir, `fixtures-${port}.json`);
    await writeFile(file, JSON.stringify({fixtures}));
    const program = path.join(packages, 'node_modules/@copilotkit/aimock/dist/cli.js');
    return serve([program, '--port', String(port), '--fixtures', file, '--log-level', 'warn', ...args], port);
}

/** Makes the calls one after the other with this models file; returns their outcomes. */
export async function llmcall(dir, models, calls, ...args) {
    const file = path.join(dir, `models-${process.hrtime.bigint()}.json`);
    await writeFile(file, JSON.stringify(models));
    const child = spawn(path.join(buildDir, 'llmcall'), ['--models', file, ...args], {
        env: {TEST_KEY: 'sk-test'},
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    child.stdin.end(calls.map((call) => JSON.stringify(call) + '\n').join(''));
    const code = await new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', resolve);
    });
    if (code !== 0) throw new Error(`llmcall ended with ${code}: ${err}`);
    return out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

const price = {in: 1_000_000, out: 2_000_000, cached_in: 100_000};

/** A models file: one OpenAI and one Anthropic provider at these URLs. */
export function modelsFile({openai, anthropic, version}) {
    const providers = {};
    const models = {};
    if (openai) {
        providers.openai = {
            kind: 'openai',
            base_url: `${openai}/v1`,
            api_key_env: 'TEST_KEY',
            max_tokens_field: 'max_completion_tokens',
        };
        models['gpt-5.4'] = {provider: 'openai', price};
        models['text-embedding-3-small'] = {provider: 'openai', price};
    }
    if (anthropic) {
        providers.anthropic = {kind: 'anthropic', base_url: anthropic, api_key_env: 'TEST_KEY', version};
        models['claude-sonnet-5'] = {provider: 'anthropic', price};
    }
    return {providers, models, default: Object.keys(models)[0]};
}
