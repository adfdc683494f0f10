// A PostgreSQL of our own, on a Unix socket, durable as in production, and questions to it.
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';

import {commandLine, processes} from '../../bench/lib/proc.mjs';
import {runProgram} from '../../bench/lib/run-program.mjs';
import {root} from '../../bench/lib/settings.mjs';

// When a row was committed is asked afterwards: was a call made after its step was recorded?
const CONF = `track_commit_timestamp = on
restart_after_crash = on
log_min_messages = warning`;

export class Database {
    /** Makes a cluster and starts it. */
    async start() {
        const script = '. tests/lib/pg.sh; pg_start >&2 && createdb moonbase && echo "$PG_DIR"';
        const out = await runProgram('bash', ['-c', script], {
            cwd: root,
            env: {...process.env, PG_CONF: CONF},
        });
        this.dir = out.trim();
        this.log = path.join(this.dir, 'log');
        process.on('exit', () => this.stop());
    }

    url(role) {
        return `postgresql://${role}@/moonbase?host=${encodeURIComponent(this.dir)}`;
    }

    /** Stops it; its folder goes, unless `keeps` says otherwise. */
    stop() {
        if (!this.dir) return;
        const how = this.keeps
            ? 'pg_as_server "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -m fast -w stop'
            : 'pg_stop';
        execFileSync('bash', ['-c', `. tests/lib/pg.sh; PG_DIR='${this.dir}'; ${how}`], {
            cwd: root,
            stdio: 'ignore',
        });
        this.dir = undefined;
    }

    get postmaster() {
        if (!existsSync(path.join(this.dir, 'data/postmaster.pid'))) return -1;
        return Number(readFileSync(path.join(this.dir, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
    }

    /** The pids of the backends that serve cores. */
    backends() {
        const parent = this.postmaster;
        const children = [...processes().values()].filter((process) => process.parent === parent);
        return children.map(({pid}) => pid).filter((pid) => commandLine(pid).includes('moonbase_core'));
    }

    /** Rows as arrays of text; throws while the server is away. */
    sql(text) {
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
            this.url('postgres'),
            '-c',
            text,
        ];
        const out = execFileSync('psql', args, {
            encoding: 'utf8',
            maxBuffer: 1 << 28,
            stdio: ['ignore', 'pipe', 'pipe'],
        }).trim();
        return out ? out.split('\n').map((line) => line.split('\t')) : [];
    }

    /** The same, [] when the server is away. */
    trySql(text) {
        try {
            return this.sql(text);
        } catch {
            return [];
        }
    }
}
