// The durable peers at the same task, 64 at a time, in turn with Moonbase on the same machine.
import {load, mustBeClean, wrk} from '../lib/drive.mjs';
import {deployTask} from '../lib/packages.mjs';
import {startPeer} from '../lib/peers.mjs';
import {alternate} from '../lib/ratio.mjs';
import {startServer} from '../lib/server.mjs';
import {settings} from '../lib/settings.mjs';
import {median, show} from '../lib/stats.mjs';

const TIMES = 10;
const PEERS = {restate: 'agent/run', dbos: 'agent', langgraph: 'agent', 'node-plain': 'agent'};
const DURABLE_BY_HAND = 'node-plain'; // a control, not one of those that must be beaten tenfold
const rows = [{what: 'the same tasks per second against the fastest durable peer', must: `${TIMES}x`}];

const drive = (url, headers, seconds) => wrk(url, {connections: 64, seconds, headers});

/** Moonbase and one peer in turn; {ratio, ours, theirs, p50_ms}. */
async function against(server, stub, url, name, say) {
    const database = server.database(`bench_${name.replace('-', '_')}`);
    const peer = await startPeer(name, {stub: stub.url, database, path: PEERS[name]});
    try {
        await drive(peer.url, {}, 2);
        const samples = await alternate(
            {
                moonbase: async () =>
                    mustBeClean(await drive(url, server.headers(), settings.secs), 'moonbase'),
                peer: async () => mustBeClean(await drive(peer.url, {}, settings.secs), name),
            },
            Math.min(settings.reps, 3),
        );
        const one = await load(peer.url, {seconds: 2});
        const ratio = median(samples.moonbase.map((s, i) => s.per_s / samples.peer[i].per_s));
        const theirs = median(samples.peer.map((s) => s.per_s));
        say(`${name}: ${show(theirs)}/s, one at a time ${show(one.p50_ms)} ms; Moonbase is ${show(ratio)}x`);
        return {name, ratio, theirs, one_at_a_time_p50_ms: one.p50_ms, samples};
    } finally {
        await peer.stop();
    }
}

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        const url = server.executeUrl(await deployTask(server.api));
        await drive(url, server.headers(), 1);
        const results = [];
        for (const name of Object.keys(PEERS)) {
            try {
                results.push(await against(server, stub, url, name, say));
            } catch (error) {
                say(`${name}: ${error.message.split('\n')[0]}`);
            }
        }
        const rivals = results.filter(({name}) => name !== DURABLE_BY_HAND);
        if (!rivals.length)
            return {rows: [{...rows[0], reached: 'no peer could be started', ok: null}], raw: {results}};
        const fastest = rivals.reduce((a, b) => (b.theirs > a.theirs ? b : a));
        const reached = `${show(fastest.ratio)}x ${fastest.name} (${show(fastest.theirs)}/s)`;
        return {rows: [{...rows[0], reached, ok: fastest.ratio >= TIMES}], raw: {results}};
    } finally {
        await server.dispose();
    }
}

export const figure = {
    name: 'peers',
    about: 'Restate, DBOS, LangGraph and plain Node',
    peers: true,
    rows,
    measure,
};
