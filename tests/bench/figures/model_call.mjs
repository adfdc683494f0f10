// What Moonbase adds to one model call: a run with one call, less a run without any, less the same
// call made to the model directly. All three one at a time, in turn.
import {load, mustBeClean} from '../lib/drive.mjs';
import {oneCall, packageOf} from '../lib/packages.mjs';
import {alternate} from '../lib/ratio.mjs';
import {startServer} from '../lib/server.mjs';
import {settings} from '../lib/settings.mjs';
import {median, show} from '../lib/stats.mjs';

const MOST_MS = 0.3;
const rows = [{what: 'what Moonbase adds to one model call, p50', must: `${MOST_MS} ms`}];
const SIDES = {one: 'a run with one call', none: 'a run without', direct: 'the call alone'};

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        const one = server.executeUrl(await server.api.deploy(oneCall()));
        const none = server.executeUrl(await server.api.deploy(packageOf('echo')));
        const run = (url, options) =>
            load(url, {headers: server.headers(), match: '"status":"succeeded"', ...options});
        const direct = (options) => load(`${stub.url}/v1/chat/completions`, {match: 'billing', ...options});
        const all = {one: (o) => run(one, o), none: (o) => run(none, o), direct};
        for (const side of Object.values(all)) await side({requests: 300});
        const seconds = settings.secs / 2;
        const sides = Object.fromEntries(
            Object.entries(all).map(([name, side]) => [
                name,
                async () => mustBeClean(await side({seconds}), SIDES[name]),
            ]),
        );
        const samples = await alternate(sides, settings.reps, (side, r) =>
            say(`${SIDES[side]}: p50 ${show(r.p50_ms)} ms`),
        );
        server.mustHaveSucceeded();
        const added = samples.one.map((s, i) => s.p50_ms - samples.none[i].p50_ms - samples.direct[i].p50_ms);
        const ms = median(added);
        const p50 = (side) => show(median(samples[side].map((s) => s.p50_ms)));
        const reached = `${show(ms)} ms (${p50('one')} - ${p50('none')} - ${p50('direct')})`;
        return {rows: [{...rows[0], reached, ok: ms <= MOST_MS}], raw: {...samples, added}};
    } finally {
        await server.dispose();
    }
}

export const figure = {
    name: 'model_call',
    about: 'a run with one model call, less one without, less the call',
    rows,
    measure,
};
