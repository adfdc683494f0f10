// The load: runs of several kinds, and forks of ended ones, each accepted under an Idempotency-Key.
import {KINDS} from './kinds.mjs';
import {uuidOf} from './record.mjs';
import {between, pause, pick, random, weighted} from './settings.mjs';

const REQUEST_MS = 10_000;
const FORKS = 0.25; // of the runs that are sent: as many ended ones are forked
const TWICE = 0.1; // of the requests are made again, under the same key

const SHARES = Object.fromEntries(Object.entries(KINDS).map(([name, {share}]) => [name, share]));

/** One request, to a core of one's choice; null when there was no answer. */
async function request(url, key, method, path_, {json, headers = {}} = {}) {
    try {
        const response = await fetch(url + path_, {
            method,
            headers: {authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers},
            body: json === undefined ? undefined : JSON.stringify(json),
            signal: AbortSignal.timeout(REQUEST_MS),
        });
        const text = await response.text();
        return {status: response.status, text, json: text ? JSON.parse(text) : null};
    } catch {
        return null;
    }
}

/** Asks until the answer's status is one of these; any core may answer. Throws for a refusal. */
export async function insist(cores, key, method, path_, options, good, what) {
    for (let tries = 0; ; tries++) {
        const answer = await request(pick(cores).url, key, method, path_, options);
        if (answer && good.includes(answer.status)) return answer.json;
        if (answer && answer.status < 500 && ![409, 429].includes(answer.status))
            throw new Error(`${what}: ${answer.status} ${answer.text}`);
        if (tries > 2000)
            throw new Error(
                `${what}: no luck in ${tries} tries, the last: ${answer?.status} ${answer?.text}`,
            );
        await pause(50 + 50 * random());
    }
}

export class Work {
    constructor(context) {
        this.context = context; // {cores, customers: [{key, deployments: {kind: id}}], stub, database}
        this.accepted = new Map(); // run id -> {id, kind, name, customer}; of a fork {of, at}, of a cancelled one {cancelSentAt} too
        this.problems = []; // requests that were refused
        this.doubles = []; // keys that made more than one run
        this.sent = 0;
        this.open = new Map(); // name -> the promise of its acceptance
    }

    /** Keeps at a request that makes a run until it is accepted; the run's id. */
    async #accept(customer, path_, json, headers, what, key) {
        const ask = () =>
            insist(
                this.context.cores,
                customer.key,
                'POST',
                path_,
                {json, headers: {...headers, 'Idempotency-Key': `"chaos-${key}"`}},
                [200, 202],
                what,
            );
        const {id} = await ask();
        if (random() < TWICE) {
            const again = await ask();
            if (again.id !== id) this.doubles.push(`${what}: ${id} and ${again.id}`);
        }
        return id;
    }

    /** Sends one run and keeps at it until it is accepted. */
    async #send(name) {
        const {cores, customers} = this.context;
        const customer = pick(customers);
        const kind = weighted(SHARES);
        const path_ = `/v1/deployments/${customer.deployments[kind]}/execute`;
        const json = KINDS[kind].input(name, this.context);
        const headers = {Prefer: random() < 0.3 ? 'wait=5' : 'respond-async'};
        const id = await this.#accept(customer, path_, json, headers, `execute ${kind} ${name}`, name);
        this.accepted.set(id, {id, kind, name, customer});
        if (KINDS[kind].isCancelled) {
            await pause(between(0, 1500));
            this.accepted.get(id).cancelSentAt = Date.now();
            await insist(
                cores,
                customer.key,
                'POST',
                `/v1/runs/${id}/cancel`,
                {},
                [200, 202, 409],
                `cancel ${id}`,
            );
        }
    }

    /**
     * Forks a run of ours that has ended, at any of its calls; nothing when there is none. Not between the
     * start of a child and the wait for it: a fork cannot wait for the other run's children.
     */
    async #fork(name) {
        const of = pick([...this.accepted.values()].filter(({kind}) => KINDS[kind].isForked));
        if (!of) return;
        const uuid = uuidOf(of.id);
        const [step] = this.context.database.trySql(`select s.seq from mb.runs r
            join mb.steps s on s.customer_id = r.customer_id and s.run_id = r.run_id and s.kind = 1
            where r.run_id = '${uuid}' and r.finished_at is not null
                and not exists (select from mb.steps w where w.run_id = r.run_id and w.tool = 'agent.wait' and w.seq >= s.seq
                    and exists (select from mb.steps b where b.run_id = r.run_id and b.tool = 'agent.run'
                        and b.seq < s.seq and b.result::json ->> 'run_id' = w.args::json ->> 'run_id'))
            order by random() limit 1`);
        if (!step) return;
        const at = Number(step[0]);
        const what = `fork ${of.kind} ${of.name} at ${at}`;
        const path_ = `/v1/runs/${of.id}/fork`;
        const id = await this.#accept(of.customer, path_, {from_step: at}, {}, what, name);
        this.accepted.set(id, {id, kind: of.kind, name: of.name, customer: of.customer, of: of.id, at});
    }

    #begin(name, start) {
        const job = start(name)
            .catch((error) => this.problems.push(error.message))
            .finally(() => this.open.delete(name));
        this.open.set(name, job);
    }

    /** Sends runs at the rate until told to stop. */
    async go(rate, until) {
        while (!until()) {
            const name = `c${String(this.sent++).padStart(6, '0')}`;
            this.#begin(name, (n) => this.#send(n));
            if (random() < FORKS) this.#begin(`f${name}`, (n) => this.#fork(n));
            await pause((1000 / rate) * between(0.2, 1.8));
        }
    }

    /** Waits until everything that was sent is accepted (and cancelled, if that is its lot), at most `ms`. */
    async allAccepted(ms) {
        await Promise.race([Promise.all(this.open.values()), pause(ms)]);
        for (const name of this.open.keys())
            this.problems.push(`${name} was not accepted or not cancelled in time`);
    }
}
