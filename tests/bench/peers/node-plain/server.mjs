// The task in plain Node with a journal written by hand: fastify, fetch, and one INSERT (one commit)
// before the run, per step and at the end. STUB, PORT, DB, POOL from the environment.
import {randomUUID} from 'node:crypto';

import fastify from 'fastify';
import pg from 'pg';

const {STUB, PORT, DB, POOL = '10', JOURNAL = 'pg'} = process.env;

async function ask(user, system, text) {
    const response = await fetch(`${STUB}/v1/chat/completions`, {
        method: 'POST',
        headers: {'content-type': 'application/json', authorization: 'Bearer x'},
        body: JSON.stringify({
            model: 'stub-1',
            user,
            messages: [
                {role: 'system', content: system},
                {role: 'user', content: text},
            ],
        }),
    });
    return (await response.json()).choices[0].message.content;
}

async function openJournal() {
    if (JOURNAL !== 'pg') return async () => {};
    const pool = new pg.Pool({connectionString: DB, max: Number(POOL)});
    await pool.query(`create table if not exists hand(run_id text, step int,
        at timestamptz default now(), data jsonb, primary key (run_id, step))`);
    const text = 'insert into hand(run_id, step, data) values ($1, $2, $3)';
    return (id, step, data) => pool.query({name: 'put', text, values: [id, step, JSON.stringify(data)]});
}

const put = await openJournal();
const app = fastify();
app.post('/agent', async (request) => {
    const {id = randomUUID(), subject, body} = request.body;
    const text = `${subject}\n${body}`;
    await put(id, 0, {subject, body});
    const category = (await ask(`${id}/1`, 'Classify the ticket.', text)).split(':')[0];
    await put(id, 1, category);
    const order = {no: /\d{3,}/.exec(text)?.[0] ?? null, status: 'shipped'};
    await put(id, 2, order);
    const reply = await ask(
        `${id}/3`,
        `Write a reply. Category ${category}. Order ${JSON.stringify(order)}`,
        body,
    );
    await put(id, 3, reply);
    return {id, category, order, reply};
});
await app.listen({port: Number(PORT), host: '127.0.0.1', backlog: 16384});
