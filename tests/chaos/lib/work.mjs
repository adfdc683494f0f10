// The load: runs of several kinds, each accepted under an Idempotency-Key, and what each must give.
import {readFileSync} from 'node:fs';
import path from 'node:path';

import {root} from '../../bench/lib/settings.mjs';
import {packageOf} from '../../bench/lib/packages.mjs';
import {between, pause, pick, random, weighted} from './settings.mjs';

const ANSWER = JSON.parse(readFileSync(path.join(root, 'tests/bench/peers/answer.json'), 'utf8')).choices[0]
    .message.content;
const REQUEST_MS = 10_000;
const WRITES = 4;
const PARTS = 6;

const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (value) =>
    value && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(
              Object.keys(value)
                  .sort()
                  .map((key) => [key, sorted(value[key])]),
          )
        : value;

/** Each kind: its package, its share of the load, its input, and whether an output is right. */
export const KINDS = {
    task: {
        share: 5,
        files: () => packageOf('bench_task'),
        deployment: {config: {model: 'stub'}},
        input: (id) => ({subject: `Order 4711 (${id})`, body: 'I was charged twice.'}),
        isRight: (id, out) =>
            same(out, {category: 'billing', order: {number: '4711', status: 'unknown'}, reply: ANSWER}),
    },
    fan: {
        share: 2,
        files: () => packageOf('../chaos/packages/fan'),
        input: (id) => ({id, n: PARTS}),
        isRight: (id, out) => same(out, {id, parts: PARTS, same: true}),
    },
    writer: {
        share: 3,
        files: () => packageOf('writer'),
        input: (id) => ({id, n: WRITES, pause_s: 0.1}),
        isRight: (id, out) => same(out, {id, steps: WRITES, sum: (WRITES * (WRITES + 1)) / 2}),
    },
    poster: {
        share: 3,
        files: () => packageOf('../chaos/packages/poster'),
        input: (id, {stub}) => ({id, url: stub.url}),
        isRight: (id, out) => same(out, {id, get: 200, put: 200, post: 200}),
    },
    sleeper: {
        share: 2,
        files: () => packageOf('sleeper'),
        deployment: {config: {seconds: 1.2}},
        input: (id) => ({id}),
        isRight: (id, out) => out.slept === 1.2 && out.elapsed >= 1.2 && out.input.id === id,
    },
    approver: {
        share: 1,
        files: () => packageOf('approver'),
        input: (id) => ({title: id}),
        isRight: (id, out) => out.approved === true && out.comment === id,
    },
    cancelled: {
        share: 1,
        files: () => packageOf('sleeper'),
        deployment: {config: {seconds: 600}},
        input: (id) => ({id}),
        endsAs: 'cancelled',
    },
};

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
        this.context = context; // {cores, customers: [{key, deployments: {kind: id}}], stub}
        this.accepted = new Map(); // run id -> {kind, name, key, customer}
        this.problems = []; // requests that were refused
        this.doubles = []; // keys that made more than one run
        this.sent = 0;
        this.open = new Map(); // name -> the promise of its acceptance
    }

    /** Sends one run and keeps at it until it is accepted. */
    async #send(name) {
        const {cores, customers} = this.context;
        const customer = pick(customers);
        const kind = weighted(SHARES);
        const path_ = `/v1/deployments/${customer.deployments[kind]}/execute`;
        const json = KINDS[kind].input(name, this.context);
        const headers = {
            Prefer: random() < 0.3 ? 'wait=5' : 'respond-async',
            'Idempotency-Key': `"chaos-${name}"`,
        };
        const execute = () =>
            insist(
                cores,
                customer.key,
                'POST',
                path_,
                {json, headers},
                [200, 202],
                `execute ${kind} ${name}`,
            );
        const {id} = await execute();
        this.accepted.set(id, {id, kind, name, customer});
        if (random() < 0.1) {
            const again = await execute();
            if (again.id !== id) this.doubles.push(`${name}: ${id} and ${again.id}`);
        }
        if (kind === 'cancelled') {
            await pause(between(0, 1500));
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

    /** Sends runs at the rate until told to stop. */
    async go(rate, until) {
        while (!until()) {
            const name = `c${String(this.sent++).padStart(6, '0')}`;
            const job = this.#send(name)
                .catch((error) => this.problems.push(error.message))
                .finally(() => this.open.delete(name));
            this.open.set(name, job);
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
