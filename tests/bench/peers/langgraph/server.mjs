// The task as a LangGraph.js graph of three nodes with its PostgreSQL checkpointer, behind fastify.
// STUB, PORT, DB, POOL; DURABILITY=sync|async|exit.
import {randomUUID} from 'node:crypto';

import {Annotation, END, START, StateGraph} from '@langchain/langgraph';
import {PostgresSaver} from '@langchain/langgraph-checkpoint-postgres';
import fastify from 'fastify';
import pg from 'pg';

const {STUB, PORT, DB, POOL = '10', DURABILITY = 'sync'} = process.env;

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

const State = Annotation.Root({
    id: Annotation(),
    ticket: Annotation(),
    category: Annotation(),
    order: Annotation(),
    reply: Annotation(),
});
const whole = (ticket) => `${ticket.subject}\n${ticket.body}`;
const builder = new StateGraph(State)
    .addNode('classify', async (s) => ({
        category: (await ask(`${s.id}/1`, 'Classify the ticket.', whole(s.ticket))).split(':')[0],
    }))
    .addNode('lookup', async (s) => ({
        order: {no: /\d{3,}/.exec(whole(s.ticket))?.[0] ?? null, status: 'shipped'},
    }))
    .addNode('write', async (s) => ({
        reply: await ask(
            `${s.id}/3`,
            `Write a reply. Category ${s.category}. Order ${JSON.stringify(s.order)}`,
            s.ticket.body,
        ),
    }))
    .addEdge(START, 'classify')
    .addEdge('classify', 'lookup')
    .addEdge('lookup', 'write')
    .addEdge('write', END);

const checkpointer = new PostgresSaver(new pg.Pool({connectionString: DB, max: Number(POOL)}));
await checkpointer.setup();
const graph = builder.compile({checkpointer});

const app = fastify();
app.post('/agent', async (request) => {
    const {id = randomUUID(), subject, body} = request.body;
    const config = {configurable: {thread_id: id}, durability: DURABILITY};
    const s = await graph.invoke({id, ticket: {subject, body}}, config);
    return {id, category: s.category, order: s.order, reply: s.reply};
});
await app.listen({port: Number(PORT), host: '127.0.0.1', backlog: 16384});
