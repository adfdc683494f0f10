// Memory that a customer's sandbox has to itself when it is idle again after a few tasks.
import {load, mustBeClean} from '../lib/drive.mjs';
import {deployTask} from '../lib/packages.mjs';
import {memoryKb} from '../lib/proc.mjs';
import {startServer} from '../lib/server.mjs';
import {scaled} from '../lib/settings.mjs';
import {median, show} from '../lib/stats.mjs';

const MOST_KB = 200;
const TASKS = 5; // of each customer
const SETTLE_MS = 1000;
const rows = [{what: "private memory of an idle customer's sandbox", must: `${MOST_KB} KB`}];

async function measure({stub, say}) {
    const server = await startServer(stub);
    try {
        const customers = scaled(50);
        for (let i = 0; i < customers; i++) {
            const client = await server.customer(`idle-${i}`);
            const url = server.executeUrl(await deployTask(client));
            mustBeClean(await load(url, {requests: TASKS, headers: server.headers(client.key)}), 'tasks');
        }
        server.mustHaveSucceeded();
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        const sandboxes = server.parts().sandbox.map(memoryKb);
        if (sandboxes.length < customers)
            throw new Error(`${sandboxes.length} sandboxes of ${customers} customers`);
        const own = sandboxes.map((m) => m.own);
        const kb = median(own);
        say(
            `${sandboxes.length} sandboxes: private ${show(Math.min(...own))} to ${show(Math.max(...own))} KB, ` +
                `resident ${show(median(sandboxes.map((m) => m.rss)))} KB`,
        );
        return {rows: [{...rows[0], reached: `${show(kb)} KB`, ok: kb <= MOST_KB}], raw: {sandboxes}};
    } finally {
        await server.dispose();
    }
}

export const figure = {name: 'sandbox_memory', about: 'private memory of idle sandboxes', rows, measure};
