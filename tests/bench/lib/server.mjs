// A Moonbase to be measured: `serve --dev` with the stub as its model, and nothing in the way.
import {execFileSync} from 'node:child_process';
import {rmSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import {binary, startMoonbase, temporaryDir} from '../../e2e/lib/moonbase.mjs';
import {cpuByPart, databasesIn, memoryByPart, parts} from './node.mjs';
import {runProgram} from './run-program.mjs';

// Prices so that a task is metered and paid for: 264 micro-dollars a call of the stub's.
const PRICE = {in: 1_000_000, out: 3_000_000};
const RICH_MICROS = 1_000_000_000_000;

/**
 * Models whose provider is the stub: 'stub' answers as `path` says (`/d/5000` waits five seconds)
 * and is the default.
 */
export function modelsFile(dir, stubUrl, stubPath = '') {
    const file = path.join(dir, 'bench-models.json');
    const models = {
        default: 'stub',
        providers: {
            stub: {kind: 'openai', base_url: `${stubUrl}${stubPath}/v1`},
            local: {kind: 'local', price: {in: 0, out: 0}},
        },
        models: {
            stub: {provider: 'stub', upstream: 'stub-1', default_output: 256, price: PRICE},
            local: {provider: 'local', price: {in: 0, out: 0}},
        },
    };
    writeFileSync(file, JSON.stringify(models, null, 2));
    return file;
}

/** Starts a server whose model is the stub at `path`. Take it away with dispose(). */
export async function startServer(stub, {path: stubPath = '', env = {}, args = []} = {}) {
    const dir = await temporaryDir('mb-bench-');
    const moonbase = await startMoonbase({
        dir,
        args,
        env: {
            MOONBASE_MODELS_FILE: modelsFile(dir, stub.url, stubPath),
            MOONBASE_RATE_PER_MINUTE: '0',
            MOONBASE_EGRESS_ALLOW: '127.0.0.1',
            MOONBASE_CUSTOMER_RUNS: '100000',
            MOONBASE_LOG_LEVEL: 'warn',
            ...env,
        },
    });
    const server = new Server(moonbase);
    server.enrich(server.customerIdOf('%'));
    return server;
}

export class Server {
    constructor(moonbase) {
        this.moonbase = moonbase;
    }

    get url() {
        return this.moonbase.url;
    }

    get api() {
        return this.moonbase.api;
    }

    /** Header lines of a client with this key. */
    headers(key = this.moonbase.apiKey, more = {}) {
        return {Authorization: `Bearer ${key}`, ...more};
    }

    executeUrl(deployment) {
        return `${this.url}/v1/deployments/${deployment.id}/execute`;
    }

    parts = () => parts(this.moonbase);
    cpu = () => cpuByPart(this.moonbase);
    memory = () => memoryByPart(this.moonbase);

    /** A libpq connection string of the private database's administrator. */
    conninfo(database) {
        const [db] = databasesIn(this.moonbase.dir);
        return `host=${db.socketDir} port=${db.port} user=postgres dbname=${database}`;
    }

    /** The URL of a new, empty database beside Moonbase's, for a peer. */
    database(name) {
        const [db] = databasesIn(this.moonbase.dir);
        this.psql('postgres', `drop database if exists ${name} with (force)`);
        this.psql('postgres', `create database ${name}`);
        return `postgresql://postgres@localhost/${name}?host=${encodeURIComponent(db.socketDir)}&port=${db.port}`;
    }

    psql(database, text) {
        const args = [
            '-X',
            '-q',
            '-A',
            '-t',
            '-F',
            '\t',
            '-v',
            'ON_ERROR_STOP=1',
            '-d',
            this.conninfo(database),
            '-c',
            text,
        ];
        return execFileSync('psql', args, {
            encoding: 'utf8',
            maxBuffer: 1 << 28,
            env: {...process.env, PGOPTIONS: '-c client_min_messages=warning'},
        }).trim();
    }

    /** Rows of a query as arrays of text. */
    sql(text) {
        const out = this.psql('moonbase', text);
        return out ? out.split('\n').map((line) => line.split('\t')) : [];
    }

    value(text) {
        return this.sql(text)[0]?.[0];
    }

    customerIdOf(name) {
        return this.value(
            `select customer_id from mb.customers where name like '${name}' and name <> 'platform' order by created_at limit 1`,
        );
    }

    /** Money that no benchmark uses up. */
    enrich(customerId) {
        this.sql(`select engine.topup('${customerId}', ${RICH_MICROS}, 'benchmark')`);
    }

    /** A new customer; resolves with a client that has its key. */
    async customer(name) {
        const out = await runProgram(binary, [
            'customer',
            'create',
            name,
            '--json',
            '--data',
            this.moonbase.dir,
        ]);
        const {api_key: key} = JSON.parse(out);
        this.enrich(this.customerIdOf(name));
        return this.api.as(key);
    }

    /** Throws when some run ended otherwise than well. */
    mustHaveSucceeded() {
        const bad = this.sql(
            "select status, left(error::text, 300), count(*) from mb.runs where status <> 'succeeded' group by 1, 2 limit 5",
        );
        if (bad.length) throw new Error(`runs that did not succeed: ${JSON.stringify(bad)}`);
    }

    async dispose() {
        await this.moonbase.dispose();
        if (!process.env.MB_KEEP) rmSync(this.moonbase.dir, {recursive: true, force: true});
    }
}

const agent = new http.Agent({keepAlive: true, maxSockets: 4});

/** POSTs on a connection that stays open; {status, text, ms} with the time that it took. */
export function timedPost(url, headers, body) {
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
        const begin = performance.now();
        const request = http.request(url, {
            method: 'POST',
            agent,
            headers: {
                'Content-Type': 'application/json',
                'Content-Length': Buffer.byteLength(text),
                ...headers,
            },
        });
        request.once('error', reject);
        request.once('response', (response) => {
            let out = '';
            response.setEncoding('utf8').on('data', (part) => (out += part));
            response.once('end', () =>
                resolve({status: response.statusCode, text: out, ms: performance.now() - begin}),
            );
        });
        request.end(text);
    });
}
