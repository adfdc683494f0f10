// Shows of every rule that it can fail: each lie changes what is on record in one place, and the rule
// that is named must then be broken. Lies about the database are told in a transaction that is rolled
// back. A lie that finds nothing to be told about shows that the rule looked at nothing.
import {verdict} from './record.mjs';

const LATER_S = 1000;

/** The same database, in which `lie` was done. */
const forged = (lie) => (context) => ({
    ...context,
    database: {sql: (text) => context.database.sql(`begin; ${lie}; ${text}; rollback`)},
});

/** The same work, of which one accepted run (the first of these) is told otherwise. */
const claimed = (pick, change) => (context) => {
    const accepted = new Map(context.work.accepted);
    const one = [...accepted.values()].find(pick);
    if (one) change(accepted, one);
    return {...context, work: {...context.work, accepted}};
};

const worked = (more) => (context) => ({...context, work: {...context.work, ...more}});

/** The same world outside, which saw other calls or effects. */
const seen = (what, change) => (context) => {
    const list = change([...context.stub[what]()], context);
    return {...context, stub: {...context.stub, [what]: () => list}};
};
const without = (pick) => (list) => {
    const key = list.find(pick)?.key;
    return list.filter((act) => act.key !== key);
};
const twice = (pick, change) => (list) => [
    ...list,
    ...list
        .filter(pick)
        .slice(0, 1)
        .map((act) => ({...act, ...change(act)})),
];

const one = (table, where) =>
    `(select ${table === 'runs' ? 'run_id' : 'run_id, seq'} from mb.${table} where ${where} order by 1 limit 1)`;
const run = (set, where) => forged(`update mb.runs set ${set} where run_id in ${one('runs', where)}`);
const step = (set, where) =>
    forged(`update mb.steps set ${set} where (run_id, seq) in ${one('steps', where)}`);
/** A child whose parent was cancelled or failed. */
const ORPHAN = `parent_run_id in (select run_id from mb.runs where status = 'cancelled' and limits not like '%detached%')`;
const ANSWERED = `kind = 1 and state = 2 and not replayed and error is null and tool = 'agent.run' and args not like '%"wait":false%'`;

/** Of an undo of a trip: the same act, elsewhere or again. */
const undo = (place) => (act) => act.name.endsWith(`.undo${place}`);

export const LIES = {
    'no accepted run is lost': claimed(
        () => true,
        (accepted, {id, ...rest}) =>
            accepted.set('x', {...rest, id: id.replace(/.$/, (c) => (c === '0' ? '1' : '0'))}),
    ),
    'no run is stuck': run(`status = 'running', finished_at = null`, 'parent_run_id is not null'),
    'every run ends as it must, with the right output': run(
        `output = '{}'`,
        `status = 'succeeded' and parent_run_id is null`,
    ),
    'one Idempotency-Key makes one run': claimed(
        () => true,
        (accepted, {id}) => accepted.delete(id),
    ),
    'an execute is accepted in the end': worked({problems: ['refused']}),
    'no replay diverged': run('diverged = true', 'true'),
    'no step is recorded twice':
        forged(`create temporary table s as select * from mb.steps where kind = 1 and state = 2 limit 1;
        update s set seq = seq + 100000; insert into mb.steps select * from s`),
    'no recorded step is executed again': seen('calls', (list) => [
        ...list,
        ...list.map((call) => ({...call, begin: call.begin + LATER_S})),
    ]),
    'no intent is left open': step(
        'state = 1',
        `kind = 1 and run_id in (select run_id from mb.runs where status = 'succeeded')`,
    ),
    'what may not be repeated happens exactly once': seen(
        'effects',
        twice(
            ({method, name}) => method === 'POST' && !name.includes('.'),
            () => ({}),
        ),
    ),
    'what may be repeated is so under one key': seen(
        'effects',
        twice(
            ({method, name}) => method === 'PUT' && !name.includes('.'),
            () => ({key: 'another'}),
        ),
    ),
    'every write is there': forged(`delete from mb.kv where key like 'writer:%:step:2'`),
    'charges are the sum of the journaled prices': step(
        'price_micros = price_micros + 1',
        'kind = 1 and state = 2',
    ),
    "a run's cost is the sum of its steps' prices": run('cost_micros = cost_micros + 1', 'true'),
    'what cores hold of balances is what they were granted': forged(
        'update mb.balances set leased_micros = leased_micros + 1',
    ),

    'a child is made by one step of its parent': run(
        'parent_run_id = engine.new_id()',
        'parent_run_id is not null',
    ),
    'a parent that waited is told how its child ended, not before': step(
        `result = jsonb_set(result::jsonb, '{output}', '7')::text`,
        ANSWERED,
    ),
    'children end as they must, also those that nobody waits for': run(
        `status = 'cancelled'`,
        `limits like '%"detached":true%' and status = 'succeeded' and input like '%.loose"%' and parent_run_id in
            (select run_id from mb.runs where status = 'succeeded' and output like '%no_car%')`,
    ),
    'no child goes on after its parent was cancelled or failed': run(
        `finished_at = finished_at + interval '1 hour'`,
        ORPHAN,
    ),
    'no run spends more than its budget with all its children': run(
        `cost_micros = 1000000000`,
        `parent_run_id is not null and limits like '%budget_micros%'`,
    ),
    'a parent is told what its child cost': step(
        `result = jsonb_set(result::jsonb, '{usage,cost_micros}', '-1')::text`,
        ANSWERED,
    ),

    'the service saw what the journal says, a POST once': seen('effects', without(undo(1))),
    'a compensation happens exactly once when its saga fails, else never': seen(
        'effects',
        twice(undo(2), () => ({})),
    ),
    'compensations come last, in reverse order': seen('effects', (list) => {
        const last = list.filter(({name}) => name.endsWith('.undo1') || name.endsWith('.undo3'));
        return list.map((act) => (last.includes(act) ? {...act, at: 1e10 - act.at} : act));
    }),
    'a journal holds the calls that its program makes': step(`kind = 2`, `kind = 1 and tool = 'approve'`),

    'a fork has the steps before its point, unchanged': step(`result = '"forged"'`, 'replayed and kind = 1'),
    'a fork pays for its own steps and no other': step('price_micros = 1', 'replayed'),
    'what a fork has on record is not done again': (context) => {
        const [[key]] = context.database
            .sql(`select 'mb-' || replace(run_id::text, '-', '') || encode(key, 'hex')
            from mb.steps where replayed and kind = 1 limit 1`);
        return seen('calls', (list) => [...list, {key, begin: 0, end: 0}])(context);
    },

    'no core ends by itself': (facts) => ({...facts, crashes: ['node-a']}),
    'cores stop in good order': (facts) => ({...facts, ends: [{code: 1}]}),
    'no process is left behind': (facts) => ({...facts, leftovers: [1]}),
    'people can decide and settle': (facts) => ({...facts, problems: ['refused']}),
    'enough is killed': (facts) => ({...facts, count: -1}),
};

/** What is wrong with a rule as such; '' when it fails where it must. `look(lie)` gives the verdicts after a lie. */
function flaw({rule, ok}, look) {
    if (!ok) return ''; // it has just shown it
    const lie = LIES[rule];
    if (!lie) return `no lie about "${rule}"`;
    return look(lie).find((v) => v.rule === rule).ok ? `"${rule}" holds whatever happens` : '';
}

/** The verdict on the rules themselves: on groups of [verdicts, look]. */
export function proofs(groups) {
    const flaws = groups.flatMap(([verdicts, look]) => verdicts.map((v) => flaw(v, look)));
    return verdict(
        'every rule fails when what it forbids has happened',
        flaws.filter(Boolean),
        `${flaws.length} rules`,
    );
}
