// moon.map over a thousand items, fifty at a time, each a call of a model that answers at once.
import {agentPackage} from '../../e2e/lib/packages.mjs';
import {onStub} from '../lib/packages.mjs';
import {startServer, timedPost} from '../lib/server.mjs';
import {settings} from '../lib/settings.mjs';
import {median, show} from '../lib/stats.mjs';

const ITEMS = 1000;
const MOST_S = 2;
const rows = [{what: `map over ${ITEMS} items, limit 50, model without delay`, must: `${MOST_S} s`}];

const MAP = agentPackage(
    `local moon = require "moon"
return function(input, ctx)
  local items = {}
  for i = 1, input.n do items[i] = "item " .. i end
  local texts = moon.map(items, function(item)
    return moon.llm.chat({ model = ctx.config.model, prompt = item }).text
  end, { limit = 50 })
  return { n = #texts }
end`,
    {name: 'bench_map', tools: ['llm.chat'], models: ['*'], limits: {steps: ITEMS + 1, cpu_ms: 10000}},
);

async function measure({stub, say}) {
    const server = await startServer(stub, {env: {MOONBASE_RUN_STEPS: '5000', MOONBASE_RUN_CPU_MS: '10000'}});
    try {
        const url = server.executeUrl(await server.api.deploy(MAP, onStub));
        const once = async (n) => {
            const answer = await timedPost(url, server.headers(), {n});
            if (JSON.parse(answer.text).output?.n !== n) throw new Error(answer.text.slice(0, 300));
            return {s: answer.ms / 1000, cpu_us: JSON.parse(answer.text).usage.cpu_us};
        };
        await once(50);
        const samples = [];
        for (let i = 0; i < Math.max(3, settings.reps); i++) {
            samples.push(await once(ITEMS));
            say(`${show(samples[i].s)} s, ${show(samples[i].cpu_us / ITEMS)} us of CPU an item in the sandbox`);
        }
        server.mustHaveSucceeded();
        const s = median(samples.map((sample) => sample.s));
        const cpu = median(samples.map((sample) => sample.cpu_us)) / ITEMS;
        const reached = `${show(s)} s (${show(cpu)} us of CPU an item)`;
        return {rows: [{...rows[0], reached, ok: s <= MOST_S}], raw: {samples}};
    } finally {
        await server.dispose();
    }
}

export const figure = {
    name: 'map',
    about: 'a thousand model calls, fifty at a time, in one run',
    rows,
    measure,
};
