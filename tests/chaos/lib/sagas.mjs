// The rules of what is made of calls: sagas, graphs, crews; and of what they do outside, by the record
// of the service that it was done to.
import {KINDS, same, tripFails} from './kinds.mjs';
import {grouped, isEnded, outside, readRuns, readSteps, uuidOf, verdict} from './record.mjs';

const UNDONE = ['undo3', 'undo2', 'undo1'];

const writesOf = (steps) =>
    steps
        .filter(({tool}) => tool === 'http.request')
        .map((step) => ({...step, ...JSON.parse(step.args)}))
        .filter(({method = 'GET'}) => method !== 'GET')
        .map((step) => ({...step, name: step.url.split('/').pop()}));

/** Journal and service agree on every write. */
function agreement(writes, seen) {
    const byKey = new Map(writes.map((step) => [step.key, step]));
    const broken = [];
    for (const {key, name, method} of seen.values()) {
        const step = byKey.get(key);
        if (step?.name !== name || step.method !== method || step.isReplayed)
            broken.push(`${method} ${name} under ${key} is not in the journal`);
    }
    for (const {key, name, method, done, error, isReplayed} of writes) {
        if (!done || isReplayed || error !== 'null') continue;
        const times = seen.get(key)?.times.length ?? 0;
        if (times === 0 || (method === 'POST' && times > 1))
            broken.push(`${method} ${name} ${key}: ${times} times`);
    }
    return verdict('the service saw what the journal says, a POST once', broken, `${writes.length} writes`);
}

/** What one run did of its trip, place -> [{key, times}], by the service. */
const placesOf = (acts) => grouped(acts ?? [], ({name}) => name.split('.').pop());

function trips(context, writes, seen) {
    const acts = grouped([...seen.values()], ({key}) => uuidOf(`run_${key.slice(3, 35)}`));
    const inherited = new Set(
        writes.filter((step) => step.isReplayed).map(({run, name}) => `${run} ${name}`),
    );
    const [often, order] = [[], []];
    let count = 0;
    for (const {id, kind, name} of context.work.accepted.values()) {
        if (kind !== 'trip') continue;
        const places = placesOf(acts.get(uuidOf(id)));
        const fails = tripFails(name) !== 'never';
        for (const place of UNDONE) {
            const own = places.get(place) ?? [];
            const wanted = fails && !inherited.has(`${uuidOf(id)} ${name}.${place}`) ? 1 : 0;
            const twice = own.some(({method, times}) => method === 'POST' && times.length > 1);
            count += wanted;
            if (own.length !== wanted || twice)
                often.push(`${name} ${id} ${place}: ${own.length} keys, ${wanted} wanted`);
        }
        const first = [...places]
            .map(([place, list]) => [place, Math.min(...list.flatMap(({times}) => times))])
            .sort(([, a], [, b]) => a - b)
            .map(([place]) => place);
        const begun = first.findIndex((place) => UNDONE.includes(place));
        if (begun < 0) continue;
        const rest = first.slice(begun);
        const wanted = UNDONE.filter((place) => rest.includes(place));
        if (!same(rest, wanted)) order.push(`${name} ${id}: ${first}`);
    }
    return [
        verdict(
            'a compensation happens exactly once when its saga fails, else never',
            often,
            `${count} compensations`,
        ),
        verdict('compensations come last, in reverse order', order),
    ];
}

/** The journal of a run holds the calls that its program makes, each once. */
function calls(context, all, steps) {
    const byRun = grouped(steps, ({run}) => run);
    const broken = [];
    for (const {id, kind, name} of context.work.accepted.values()) {
        const run = all.get(uuidOf(id));
        const wanted = KINDS[kind].calls?.(name);
        if (!wanted || !run || !isEnded(run)) continue;
        const groups = grouped(byRun.get(run.id) ?? [], ({tool}) => tool);
        const found = Object.fromEntries([...groups].map(([tool, list]) => [tool, list.length]));
        if (!same(found, wanted)) broken.push(`${kind} ${name} ${id}: ${JSON.stringify(found)}`);
    }
    return verdict('a journal holds the calls that its program makes', broken);
}

export function sagas(context) {
    const steps = readSteps(context);
    const writes = writesOf(steps);
    const seen = outside(context);
    return [
        agreement(writes, seen),
        ...trips(context, writes, seen),
        calls(context, readRuns(context), steps),
    ];
}
