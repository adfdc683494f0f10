// Several cores that share a database of their own, and are quick to notice when one of them is gone.
import {rm} from 'node:fs/promises';

import {runProgram} from '../../bench/lib/run-program.mjs';
import {Core} from '../../chaos/lib/cores.mjs';
import {Database} from '../../chaos/lib/database.mjs';
import {Client} from './client.mjs';
import {binary, temporaryDir} from './moonbase.mjs';

const ENV = {
    MOONBASE_MASTER_KEY: '0123456789abcdef'.repeat(4),
    MOONBASE_EGRESS_ALLOW: '127.0.0.1',
    MOONBASE_LEASE_MS: '1500',
    MOONBASE_HEARTBEAT_MS: '200',
    MOONBASE_POLL_MS: '200',
};

/** A database with Moonbase's tables, and no core yet. */
export async function startCluster() {
    const cluster = new Cluster(await temporaryDir());
    await cluster.database.start();
    await cluster.command('migrate');
    return cluster;
}

class Cluster {
    database = new Database();
    cores = [];

    constructor(dir) {
        this.dir = dir;
    }

    /** What `moonbase ARGS` prints when the database's administrator says it. */
    command(...args) {
        return runProgram(binary, args, {env: {...process.env, DATABASE_URL: this.database.url('postgres')}});
    }

    /** Makes a customer with money; returns an API key of theirs. */
    async createCustomer(name) {
        return JSON.parse(await this.command('customer', 'create', name, '--balance', '100000', '--json')).api_key;
    }

    /** Starts a core; its `api` is a client with this key, its `stranger` one without. `env` is laid over the settings. */
    async startCore(name, key, env = {}) {
        const core = new Core(name, this.dir, {DATABASE_URL: this.database.url('moonbase_core'), ...ENV, ...env});
        this.cores.push(core);
        await core.start();
        core.api = new Client(core.url, key);
        core.stranger = new Client(core.url);
        return core;
    }

    /** kill -9, for good. */
    async kill(core) {
        core.stopping = true;
        const gone = new Promise((resolve) => core.child.once('exit', resolve));
        core.child.kill('SIGKILL');
        await gone;
        this.cores = this.cores.filter((one) => one !== core);
    }

    /** Rows as arrays of text. */
    sql(text) {
        return this.database.sql(text);
    }

    async stop() {
        await Promise.all(this.cores.map((core) => core.stop()));
        this.database.stop();
        await rm(this.dir, {recursive: true, force: true});
    }
}
