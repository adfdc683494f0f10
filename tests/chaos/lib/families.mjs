// The rules of child runs: lua/moon/README.md, "moon.run", says what is promised.
import {LEASE_MS} from './cores.mjs';
import {same} from './kinds.mjs';
import {endOf, grouped, isEnded, outside, readRuns, readSteps, uuidOf, verdict} from './record.mjs';

// A child on a core that is gone, or that cannot be told, goes on until a lease has run out.
const STOP_S = LEASE_MS / 1000 + 3;

const told = ({error, result}) => (error === 'null' ? JSON.parse(result) : JSON.parse(error).details);
const childOf = (step) => uuidOf(told(step)?.run_id ?? '');
const waits = ({tool, args}) => tool === 'agent.wait' || JSON.parse(args).wait !== false;

/** Every child was made by a step of its parent, every such step made one child. */
function births(all, children, starts) {
    const broken = [];
    for (const child of children)
        if (!all.has(child.parent)) broken.push(`${child.id} has no parent ${child.parent}`);
    const born = grouped(children, ({parent}) => parent);
    const made = grouped(
        starts.filter((step) => !step.done || childOf(step)),
        ({run}) => run,
    );
    for (const run of new Set([...born.keys(), ...made.keys()])) {
        const [own, steps] = [born.get(run) ?? [], made.get(run) ?? []];
        if (own.length !== steps.length) broken.push(`${run}: ${steps.length} steps, ${own.length} children`);
        for (const step of steps.filter(({done}) => done))
            if (!own.some(({id}) => id === childOf(step)))
                broken.push(`${run} has no child ${childOf(step)}`);
    }
    return broken;
}

/** What is wrong with the answer that a parent was given about its child; '' when nothing is. */
function wrongAnswer(step, child) {
    if (!child) return 'no such child';
    if (!isEnded(child)) return `the child is ${child.status}`;
    if (child.endedAt > step.at) return `the child ended ${child.endedAt - step.at} s later`;
    if (step.error !== 'null')
        return JSON.parse(step.error).code === child.error?.code
            ? ''
            : `told ${step.error}, it was ${endOf(child)}`;
    const right = child.status === 'succeeded' && same(JSON.parse(step.result).output, child.output);
    return right ? '' : `told ${step.result.slice(0, 200)}, it was ${endOf(child)}`;
}

/** A child runs to its own end, unless its parent was stopped. */
function isRightEnd(child, parent) {
    if (['forsaken', 'failing'].includes(parent?.kind)) return true;
    if (child.kind === 'spender') return child.status === 'succeeded';
    if (child.input.fails) return child.status === 'failed' && child.error.code === 'no_car';
    return child.status === 'succeeded' && same(child.output, {id: child.input.id});
}

/** When the first of the runs above was cancelled or failed; Infinity when none was. */
function stoppedAt(all, run) {
    const parent = all.get(run.parent);
    if (!parent) return Infinity;
    const own = ['cancelled', 'failed'].includes(parent.status) ? parent.endedAt : Infinity;
    return Math.min(own, stoppedAt(all, parent));
}

function goingOn(context, all, children, steps) {
    const byRun = grouped(steps, ({run}) => run);
    const acts = grouped([...outside(context).values()], ({key}) => uuidOf(`run_${key.slice(3, 35)}`));
    const broken = [];
    let stopped = 0;
    for (const child of children) {
        const end = stoppedAt(all, child);
        if (end === Infinity) continue;
        stopped += child.endedAt >= end;
        const begins = (byRun.get(child.id) ?? []).map(({begin}) => begin);
        const times = (acts.get(child.id) ?? []).flatMap((act) => act.times);
        const last = Math.max(child.endedAt, ...begins, ...times);
        if (last > end + STOP_S) broken.push(`${child.id}: for ${(last - end).toFixed(1)} s`);
    }
    return verdict(
        'no child goes on after its parent was cancelled or failed',
        broken,
        `${stopped} were stopped`,
    );
}

function money(all, children, starts) {
    const below = grouped(children, ({parent}) => parent);
    const costOf = (run) =>
        run.cost + (below.get(run.id) ?? []).reduce((sum, child) => sum + costOf(child), 0);
    const given = new Map(
        starts.filter(({done}) => done).map((step) => [childOf(step), JSON.parse(step.args)]),
    );
    const broken = [];
    for (const run of all.values()) {
        const {budget_micros: limit} = run.limits;
        const cut = given.get(run.id)?.budget_micros;
        if (cut !== undefined && limit !== cut) broken.push(`${run.id} may spend ${limit}, was given ${cut}`);
        if (limit !== undefined && costOf(run) > limit)
            broken.push(`${run.id} spent ${costOf(run)} of ${limit}`);
    }
    // What goes on behind a child is not known yet when it ends.
    const endsLast = (run) =>
        (below.get(run.id) ?? []).every((child) => child.endedAt <= run.endedAt && endsLast(child));
    const untold = starts
        .filter((step) => step.done && told(step)?.usage && all.has(childOf(step)))
        .map((step) => [step, all.get(childOf(step)), told(step).usage.cost_micros])
        .filter(([, child, cost]) => (endsLast(child) ? cost !== costOf(child) : cost < child.cost))
        .map(
            ([step, child, cost]) =>
                `${step.run} was told ${cost} of ${child.id}, which cost ${costOf(child)}`,
        );
    return [
        verdict('no run spends more than its budget with all its children', broken, `${given.size} children`),
        verdict('a parent is told what its child cost', untold),
    ];
}

export function families(context) {
    const all = readRuns(context);
    const steps = readSteps(context).filter(({isReplayed}) => !isReplayed);
    const children = [...all.values()].filter(({parent}) => parent);
    const starts = steps.filter(({tool}) => tool === 'agent.run');
    const answers = steps.filter(
        (step) =>
            step.done && ['agent.run', 'agent.wait'].includes(step.tool) && waits(step) && childOf(step),
    );
    const wrong = answers
        .map((step) => [step, wrongAnswer(step, all.get(childOf(step)))])
        .filter(([, what]) => what);
    const ends = children.filter((child) => isEnded(child) && !isRightEnd(child, all.get(child.parent)));
    return [
        verdict(
            'a child is made by one step of its parent',
            births(all, children, starts),
            `${children.length} children`,
        ),
        verdict(
            'a parent that waited is told how its child ended, not before',
            wrong.map(([step, what]) => `${step.tool} in ${step.run}: ${what}`),
            `${answers.length} answers`,
        ),
        verdict(
            'children end as they must, also those that nobody waits for',
            ends.map((child) => `${child.id} ${endOf(child)}`),
        ),
        goingOn(context, all, children, steps),
        ...money(all, children, starts),
    ];
}
