// The task as a Restate handler of three steps: restate-server (single node, its own log) in front,
// and this process as the service that it calls. PORT is the ingress; STUB.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';

import * as restate from '@restatedev/restate-sdk';

const {STUB, PORT} = process.env;
process.env.RESTATE_LOGGING = 'ERROR';

// The SDK uses what Node has from version 22 on.
Promise.withResolvers ??= () => {
    const parts = {};
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, {resolve, reject}));
    return parts;
};

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

async function run(ctx, ticket) {
    const id = ticket.id ?? ctx.request().id;
    const text = `${ticket.subject}\n${ticket.body}`;
    const category = await ctx.run(
        'classify',
        async () => (await ask(`${id}/1`, 'Classify the ticket.', text)).split(':')[0],
    );
    const order = await ctx.run('lookup', async () => ({
        no: /\d{3,}/.exec(text)?.[0] ?? null,
        status: 'shipped',
    }));
    const reply = await ctx.run('write', () =>
        ask(`${id}/3`, `Write a reply. Category ${category}. Order ${JSON.stringify(order)}`, ticket.body),
    );
    return {id, category, order, reply};
}

const freePort = () =>
    new Promise((resolve) => {
        const server = net.createServer().listen(0, '127.0.0.1', () => {
            const {port} = server.address();
            server.close(() => resolve(port));
        });
    });

const [service, node, admin] = [await freePort(), await freePort(), await freePort()];
await restate.serve({services: [restate.service({name: 'agent', handlers: {run}})], port: service});

const base = mkdtempSync(path.join(tmpdir(), 'mb-restate-'));
const server = spawn(
    './node_modules/@restatedev/restate-server-linux-x64/bin/restate-server',
    ['--no-logo'],
    {
        stdio: 'inherit',
        env: {
            ...process.env,
            RESTATE_BASE_DIR: base,
            RESTATE_DISABLE_TELEMETRY: 'true',
            RESTATE_LISTEN_MODE: 'tcp',
            RESTATE_BIND_IP: '127.0.0.1',
            RESTATE_BIND_PORT: String(node),
            RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${PORT}`,
            RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
            RESTATE_LOG_FILTER: 'warn',
            RESTATE_NODE_NAME: 'n1',
        },
    },
);
const stop = () => {
    server.kill('SIGKILL');
    rmSync(base, {recursive: true, force: true, maxRetries: 10, retryDelay: 50});
    process.exit(0);
};
process.on('SIGTERM', stop);
server.once('exit', stop);

const register = () =>
    fetch(`http://127.0.0.1:${admin}/deployments`, {
        method: 'POST',
        headers: {'content-type': 'application/json'},
        body: JSON.stringify({uri: `http://127.0.0.1:${service}`, force: true}),
    }).then(
        (response) => response.ok,
        () => false,
    );
while (!(await register())) await new Promise((resolve) => setTimeout(resolve, 100));
