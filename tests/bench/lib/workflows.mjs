// A workflow of n nodes such as people draw them: questions to models, tools, transforms, decisions that meet
// again, loops, parallel branches; everything refers to what came before it.

const schema = (properties) => ({type: 'object', additionalProperties: false, required: Object.keys(properties), properties});

/** Draws nodes one after the other; a block adds its own and says where it begins and ends. */
class Drawing {
    nodes = [];
    edges = [];

    node(type, params, more = {}) {
        const n = this.nodes.length + 1;
        const id = `${type}_${n}`;
        const position = {x: (n % 12) * 280, y: Math.floor(n / 12) * 160};
        this.nodes.push({id, type, title: `${type[0].toUpperCase()}${type.slice(1)} ${n}`, position, ...(params && {params}), ...more});
        return id;
    }

    edge(from, to, kind) {
        this.edges.push({id: `e${this.edges.length + 1}`, from, to, ...(kind && {kind})});
    }
}

/** Five nodes: a classification, a decision, two ways, and what comes of them. `last` gives a text. */
function decide(d, last) {
    const ask = d.node('llm', {
        prompt: `Classify the message.\n\n<message>\n{{ nodes.${last}.text }}\n</message>`,
        schema: schema({label: {enum: ['good', 'bad']}, score: {type: 'number'}}),
        temperature: 0,
    }, {retry: {attempts: 3}});
    const is = d.node('condition', {expression: `nodes.${ask}.label == 'good' and nodes.${ask}.score >= 0.5`});
    const yes = d.node('transform', {fields: {text: `Good: {{ upper(nodes.${last}.text) }}`, n: `{{ nodes.${last}.n + 1 }}`}});
    const no = d.node('transform', {fields: {text: `Bad ({{ nodes.${ask}.score }}): {{ nodes.${last}.text }}`, n: `{{ nodes.${last}.n }}`}});
    const end = d.node('transform', {fields: {text: `{{ default(default(nodes.${yes}.text, nodes.${no}.text), '') }}`, n: `{{ default(default(nodes.${yes}.n, nodes.${no}.n), 0) }}`}});
    d.edge(ask, is);
    d.edge(is, yes, 'true');
    d.edge(is, no, 'false');
    d.edge(yes, end);
    d.edge(no, end);
    return [ask, end];
}

/** Five nodes: two tools at the same time. */
function fetchBoth(d, last) {
    const split = d.node('parallel', {});
    const call = (path) => d.node('tool', {
        tool: 'http.request',
        args: {url: `https://api.example.com/${path}`, query: {n: `{{ nodes.${last}.n }}`, text: `{{ truncate(nodes.${last}.text, 100) }}`}},
    }, {timeout_ms: 5000});
    const [left, right] = [call('left'), call('right')];
    const join = d.node('join');
    const end = d.node('transform', {fields: {text: `{{ nodes.${last}.text }}: {{ nodes.${left}.status }}`, n: `{{ nodes.${left}.status + nodes.${right}.status }}`}});
    for (const one of [left, right]) {
        d.edge(split, one, 'branch');
        d.edge(one, join);
    }
    d.edge(join, end);
    return [split, end];
}

/** Five nodes: a loop with a body of two. */
function repeat(d, last) {
    const items = d.node('code', {input: `{{ nodes.${last} }}`, code: 'return { input.text, input.text .. "!" }', output: {type: 'array', items: {type: 'string'}}});
    const loop = d.node('loop', {list: `nodes.${items}`, as: `item_${d.nodes.length}`, limit: 10});
    const {as} = d.nodes.at(-1).params;
    const one = d.node('transform', {fields: {long: `{{ len(${as}) > 3 }}`, text: `{{ trim(${as}) }}`}});
    const two = d.node('transform', {fields: {text: `{{ when(nodes.${one}.long, truncate(nodes.${one}.text, 20), nodes.${one}.text) }}`}});
    d.nodes.find((node) => node.id === loop).params.collect = `{{ nodes.${two}.text }}`;
    const end = d.node('transform', {fields: {text: `{{ join(nodes.${loop}, ', ') }}`, n: `{{ len(nodes.${loop}) }}`}});
    d.edge(items, loop);
    d.edge(loop, one, 'body');
    d.edge(one, two);
    d.edge(two, loop);
    d.edge(loop, end);
    return [items, end];
}

const BLOCKS = [decide, fetchBoth, repeat];

/** The document; n is a multiple of five. */
export function bigWorkflow(n) {
    const d = new Drawing();
    const start = d.node('input');
    let last = d.node('transform', {fields: {text: '{{ input.text }}', n: '{{ input.n }}'}});
    d.edge(start, last);
    for (let i = 0; d.nodes.length + 5 <= n - 1; i++) {
        const [first, end] = BLOCKS[i % BLOCKS.length](d, last);
        d.edge(last, first);
        last = end;
    }
    while (d.nodes.length < n - 1) {
        const next = d.node('transform', {fields: {text: `{{ nodes.${last}.text }}`, n: `{{ nodes.${last}.n }}`}});
        d.edge(last, next);
        last = next;
    }
    d.edge(last, d.node('output', {value: {text: `{{ nodes.${last}.text }}`, n: `{{ nodes.${last}.n }}`}}));
    const io = schema({text: {type: 'string'}, n: {type: 'number'}});
    return {version: 1, name: `big_${n}`, title: 'A big one', input: io, output: io, grants: {hosts: ['api.example.com']}, nodes: d.nodes, edges: d.edges};
}
