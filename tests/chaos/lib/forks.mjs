// The rules of forks.
import {outside, readSteps, uuidOf, verdict} from './record.mjs';

const ROW = 's.seq, s.kind, s.key, s.tool, s.args, s.result, s.error';

/** (fork, its origin, its point) as clients asked for them, for SQL. */
const asked = (list) =>
    `(values ${list.map(({id, of, at}) => `('${uuidOf(id)}'::uuid, '${uuidOf(of)}'::uuid, ${at})`).join(', ')})
        as f (fork, origin, at)`;

function steps({database}, list) {
    const before = `select f.fork, ${ROW} from ${asked(list)}
        join mb.steps s on s.run_id = f.origin and s.seq < f.at and s.state = 2 and s.kind <> 4`;
    const have = `select f.fork, ${ROW} from ${asked(list)}
        join mb.steps s on s.run_id = f.fork and s.replayed and s.state = 2`;
    const differ = (a, b, what) =>
        database
            .sql(`select d.fork, d.seq, d.tool from ((${a}) except all (${b})) d`)
            .map(([fork, seq, tool]) => `${fork} ${what} step ${seq} ${tool}`);
    const origin = database.sql(`select f.fork from ${asked(list)} left join mb.runs r on r.run_id = f.fork
        where r.forked_from is distinct from f.origin or r.forked_at_step is distinct from f.at`);
    return [
        ...origin.map(([fork]) => `${fork} does not say where it comes from`),
        ...differ(before, have, 'lacks'),
        ...differ(have, before, 'has'),
    ];
}

/** What is on record costs nothing, the rest and the run itself what they cost. */
function charges({database}, list) {
    return database
        .sql(
            `select f.fork, r.cost_micros, s.own, s.replayed from ${asked(list)} join mb.runs r on r.run_id = f.fork
        cross join lateral (select coalesce(sum(price_micros) filter (where not replayed), 0) as own,
            coalesce(sum(price_micros + cost_micros) filter (where replayed), 0) as replayed
            from mb.steps s where s.run_id = f.fork and s.state = 2) s
        where r.cost_micros <> s.own or s.replayed <> 0`,
        )
        .map(
            ([fork, cost, own, replayed]) => `${fork} cost ${cost}: ${own} of its own, ${replayed} replayed`,
        );
}

/** Calls that the world outside saw under the key of a step that is on record. */
function again(context) {
    const seen = new Set([...outside(context).keys(), ...context.stub.calls().map(({key}) => key)]);
    return readSteps(context)
        .filter(({isReplayed, key}) => isReplayed && seen.has(key))
        .map(({tool, run}) => `${tool} in ${run}`);
}

export function forks(context) {
    const list = [...context.work.accepted.values()].filter(({of}) => of);
    const is = list.length > 0;
    return [
        verdict(
            'a fork has the steps before its point, unchanged',
            is ? steps(context, list) : [],
            `${list.length} forks`,
        ),
        verdict('a fork pays for its own steps and no other', is ? charges(context, list) : []),
        verdict('what a fork has on record is not done again', again(context)),
    ];
}
