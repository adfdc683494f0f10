// What a customer's first task takes more than the next ones: the sandbox is forked for it.
import {packageOf} from '../lib/packages.mjs';
import {startServer, timedPost} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {median, quantile, show} from '../lib/stats.mjs';

const MOST_MS = 3;
const LATER = 10;
const rows = [{what: 'first task of a customer without a sandbox, added, p50', must: `${MOST_MS} ms`}];

async function timed(server, client, url) {
    const answer = await timedPost(url, server.headers(client.key), {subject: 'hello'});
    if (answer.status !== 200 || !answer.text.includes('"status":"succeeded"'))
        throw new Error(`${answer.status} ${answer.text}`);
    return answer.ms;
}

/** {first, later} in milliseconds of one customer. */
async function sample(server, name) {
    const client = await server.customer(name);
    const url = server.executeUrl(await client.deploy(packageOf('echo')));
    const first = await timed(server, client, url);
    const later = [];
    for (let i = 0; i < LATER; i++) later.push(await timed(server, client, url));
    return {first, later: median(later)};
}

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        for (let i = 0; i < 5; i++) await sample(server, `warm-${i}`);
        const samples = [];
        for (let i = 0; i < scaled(50); i++) samples.push(await sample(server, `fresh-${i}`));
        const added = samples.map(({first, later}) => first - later);
        const ms = median(added);
        say(
            `first ${show(median(samples.map((s) => s.first)))} ms, ` +
                `later ${show(median(samples.map((s) => s.later)))} ms, added p99 ${show(quantile(added, 0.99))} ms`,
        );
        return {rows: [{...rows[0], reached: `${show(ms)} ms`, ok: ms <= MOST_MS}], raw: {samples}};
    } finally {
        await server.dispose();
    }
}

export const figure = {
    name: 'first_task',
    about: "a fresh customer's first task against its next ones",
    rows,
    measure,
};
