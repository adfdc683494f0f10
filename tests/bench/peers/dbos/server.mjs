// The task as a DBOS workflow of three steps, behind fastify. STUB, PORT, DB, POOL.
import {randomUUID} from 'node:crypto';

import {DBOS} from '@dbos-inc/dbos-sdk';
import fastify from 'fastify';

const {STUB, PORT, DB, POOL = '10'} = process.env;

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

async function agent(ticket) {
    const id = DBOS.workflowID;
    const text = `${ticket.subject}\n${ticket.body}`;
    const classify = async () => (await ask(`${id}/1`, 'Classify the ticket.', text)).split(':')[0];
    const category = await DBOS.runStep(classify, {name: 'classify'});
    const lookUp = async () => ({no: /\d{3,}/.exec(text)?.[0] ?? null, status: 'shipped'});
    const order = await DBOS.runStep(lookUp, {name: 'lookup'});
    const write = () =>
        ask(`${id}/3`, `Write a reply. Category ${category}. Order ${JSON.stringify(order)}`, ticket.body);
    const reply = await DBOS.runStep(write, {name: 'write'});
    return {id, category, order, reply};
}

const workflow = DBOS.registerWorkflow(agent, {name: 'agent'});
DBOS.setConfig({
    name: 'agent',
    systemDatabaseUrl: DB,
    systemDatabasePoolSize: Number(POOL),
    executorID: 'bench',
    logLevel: 'warn',
});
await DBOS.launch();
const app = fastify();
app.post('/agent', async (request) => {
    const {id = randomUUID(), subject, body} = request.body;
    const handle = await DBOS.startWorkflow(workflow, {workflowID: id})({subject, body});
    return handle.getResult();
});
await app.listen({port: Number(PORT), host: '127.0.0.1', backlog: 16384});
