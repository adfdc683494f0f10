// kill -9 of something at random, again and again.
import {pause, pick, random, settings, weighted} from './settings.mjs';

// A backend that is killed takes all of PostgreSQL's sessions with it: the server starts anew.
const WEIGHTS = {sandbox: 45, toolbox: 24, core: 18, zygote: 5, backend: 8};
const TERMINATE = 0.1; // and as often, besides, a backend is only asked to go
const REST_AFTER_BACKEND_MS = 800; // or nothing but recoveries would happen

export class Killer {
    constructor({cores, database}) {
        Object.assign(this, {cores, database});
        this.kills = Object.fromEntries(Object.keys(WEIGHTS).map((kind) => [kind, 0]));
        this.terminated = 0;
    }

    get count() {
        return Object.values(this.kills).reduce((a, b) => a + b, 0);
    }

    #victims(kind) {
        const core = pick(this.cores);
        if (kind === 'core') return core.readyAt ? [core] : [];
        if (kind === 'backend') return this.database.backends();
        const part = {sandbox: 'agent', toolbox: 'tools', zygote: 'zygote'}[kind];
        return core.workers()[part];
    }

    /** Kills one; false when there was nobody of that kind. */
    #kill(kind) {
        const victims = this.#victims(kind);
        if (!victims.length) return false;
        const victim = pick(victims);
        try {
            if (kind === 'core') victim.kill();
            else process.kill(victim, 'SIGKILL');
        } catch {
            return false; // it was gone already
        }
        this.kills[kind]++;
        return true;
    }

    async work(until) {
        const every = (settings.seconds * 1000) / Math.max(1, settings.kills);
        const begin = Date.now();
        while (!until(this.count)) {
            const kind = weighted(WEIGHTS);
            const done = this.#kill(kind);
            if (random() < TERMINATE)
                this.terminated += this.database.trySql(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'moonbase_core' order by random() limit 1",
                ).length;
            const due = begin + this.count * every;
            const rest = done && kind === 'backend' ? REST_AFTER_BACKEND_MS : 20;
            await pause(Math.max(rest, due - Date.now()));
        }
    }
}
