// The kinds of runs: what each is given, and what it must come to.
import {readFileSync} from 'node:fs';
import path from 'node:path';

import {packageOf} from '../../bench/lib/packages.mjs';
import {root} from '../../bench/lib/settings.mjs';

const ANSWER = JSON.parse(readFileSync(path.join(root, 'tests/bench/peers/answer.json'), 'utf8')).choices[0]
    .message.content;
export const WRITES = 4;
const PARTS = 6;
const FOUND = [1, 2, 3, 4].map((part) => `${part}: ${ANSWER}`);
const FAMILY_BUDGET_MICROS = 2_000_000;
// A write costs 50: two children of 350 leave less than a third may have.
const SPENDER = {budget_micros: 1000, gives: {budget_micros: 400, walks: 7}};

const sorted = (value) =>
    value && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(
              Object.keys(value)
                  .sort()
                  .map((key) => [key, sorted(value[key])]),
          )
        : value;
export const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

const ours = (name) => () => packageOf(`../chaos/packages/${name}`);
const placed = (id, {stub}) => ({id, url: stub.url});

/** How a trip goes: by the number in its name, so that a fork of it goes the same way. */
export const tripFails = (name) => ['never', 'child', 'late'][Number(name.slice(1)) % 3];
const undone = (error) =>
    error?.code === 'no_car' &&
    same(error.details?.compensated, ['three', 'two', 'one']) &&
    same(error.details?.failed_compensations, []);

/**
 * Each kind: its package, its share of the load (none: only parents start it), its input, how it ends
 * (a status, or by its name), whether what it gave is right, how many calls its journal holds, and
 * whether clients cancel it, or fork it once it has ended.
 */
export const KINDS = {
    task: {
        share: 5,
        files: () => packageOf('bench_task'),
        deployment: {config: {model: 'stub'}},
        input: (id) => ({subject: `Order 4711 (${id})`, body: 'I was charged twice.'}),
        isRight: (id, out) =>
            same(out, {category: 'billing', order: {number: '4711', status: 'unknown'}, reply: ANSWER}),
        calls: () => ({'kv.get': 1, 'llm.chat': 2}),
        isForked: true,
    },
    fan: {
        share: 2,
        files: ours('fan'),
        input: (id) => ({id, n: PARTS}),
        isRight: (id, out) => same(out, {id, parts: PARTS, same: true}),
        calls: () => ({'kv.get': 1, 'kv.set': 1, 'llm.chat': PARTS}),
        isForked: true,
    },
    writer: {
        share: 3,
        files: () => packageOf('writer'),
        input: (id) => ({id, n: WRITES, pause_s: 0.1}),
        isRight: (id, out) => same(out, {id, steps: WRITES, sum: (WRITES * (WRITES + 1)) / 2}),
        calls: () => ({'kv.set': WRITES, sleep: WRITES}),
        isForked: true,
    },
    poster: {
        share: 3,
        files: ours('poster'),
        input: placed,
        isRight: (id, out) => same(out, {id, get: 200, put: 200, post: 200}),
    },
    sleeper: {
        share: 2,
        files: () => packageOf('sleeper'),
        deployment: {config: {seconds: 1.2}},
        input: (id) => ({id}),
        isRight: (id, out) => out.slept === 1.2 && out.elapsed >= 1.2 && out.input.id === id,
        calls: () => ({sleep: 1}),
    },
    approver: {
        share: 1,
        files: () => packageOf('approver'),
        input: (id) => ({title: id}),
        isRight: (id, out) => out.approved === true && out.comment === id,
        calls: () => ({approve: 1}),
    },
    cancelled: {
        share: 1,
        files: () => packageOf('sleeper'),
        deployment: {config: {seconds: 600}},
        input: (id) => ({id}),
        endsAs: () => 'cancelled',
        isCancelled: true,
    },
    child: {
        share: 0,
        files: ours('child'),
        deployment: {name: 'chaos_child'},
    },
    family: {
        share: 2,
        files: ours('family'),
        deployment: {budget_micros: FAMILY_BUDGET_MICROS},
        input: placed,
        isRight: (id, out) =>
            same(out, {
                id,
                left: `${id}.left`,
                right: `${id}.right`,
                later: `${id}.later`,
                loose: true,
                bad: 'no_car',
            }),
        calls: () => ({'agent.run': 5, 'agent.wait': 1, sleep: 1}),
        isForked: true,
    },
    forsaken: {
        share: 0.6,
        files: ours('forsaken'),
        deployment: {name: 'chaos_forsaken'},
        input: (id, context) => ({...placed(id, context), deep: Number(id.slice(1)) % 2 === 0}),
        endsAs: () => 'cancelled',
        isCancelled: true,
    },
    failing: {
        share: 0.6,
        files: ours('forsaken'),
        deployment: {name: 'chaos_failing'},
        input: (id, context) => ({...placed(id, context), deep: Number(id.slice(1)) % 2 === 0, fails: true}),
        endsAs: () => 'failed',
        isRight: (id, out, error) => error?.code === 'no_car',
    },
    spender: {
        share: 0.6,
        files: ours('spender'),
        deployment: {name: 'chaos_spender', budget_micros: SPENDER.budget_micros},
        input: (id, context) => ({...placed(id, context), ...SPENDER.gives, tries: 5}),
        isRight: (id, out) => same(out, {id, given: 2, code: 'budget'}),
        calls: () => ({'agent.run': 3}),
    },
    trip: {
        share: 3,
        files: ours('trip'),
        input: (id, context) => ({...placed(id, context), fails: tripFails(id)}),
        endsAs: (id) => (tripFails(id) === 'never' ? 'succeeded' : 'failed'),
        isRight: (id, out, error) => (tripFails(id) === 'never' ? same(out, {id}) : undone(error)),
        calls: (id) =>
            ({
                never: {'agent.run': 1, 'http.request': 3},
                child: {'agent.run': 2, 'http.request': 5},
                late: {'agent.run': 1, 'http.request': 6},
            })[tripFails(id)],
        isForked: true,
    },
    ticket: {
        share: 1.5,
        files: ours('ticket'),
        input: placed,
        isRight: (id, out) =>
            same(out, {id, found: FOUND, tries: 1 + 2 + 3 + 1, comment: `${id} review`, status: 200}),
        calls: () => ({approve: 1, 'http.request': 1, 'llm.chat': 4, sleep: 3}),
        isForked: true,
    },
    team: {
        share: 1.5,
        files: ours('team'),
        input: (id) => ({id}),
        isRight: (id, out) => same(out, {id, text: ANSWER, calls: 3}),
        calls: () => ({'llm.chat': 3}),
        isForked: true,
    },
};
