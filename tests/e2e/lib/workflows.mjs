// Workflow documents for tests: drawn in a few words, and changed.

/** A document of these nodes: {id: [type, params, more?]}, and edges "from to [kind]". */
export function workflow(name, nodes, edges, more = {}) {
    return {
        version: 1,
        name,
        title: name.replaceAll('_', ' '),
        ...more,
        nodes: Object.entries(nodes).map(([id, [type, params, rest]], i) => ({
            id,
            type,
            title: `${id[0].toUpperCase()}${id.slice(1)}`,
            position: {x: i * 280, y: 0},
            ...(params && {params}),
            ...rest,
        })),
        edges: edges.map((text, i) => {
            const [from, to, kind] = text.split(' ');
            return {id: `e${i + 1}`, from, to, ...(kind && {kind})};
        }),
    };
}

const NUMBER = {type: 'object', additionalProperties: false, required: ['n'], properties: {n: {type: 'number'}}};

/** Gives {n} times `factor`. */
export const times = (name, factor) =>
    workflow(
        name,
        {start: ['input'], multiply: ['transform', {fields: {n: `{{ input.n * ${factor} }}`}}],
            end: ['output', {value: {n: '{{ nodes.multiply.n }}'}}]},
        ['start multiply', 'multiply end'],
        {input: NUMBER, output: NUMBER},
    );

/** The document with another expression in its output node. */
export function withValue(document, value) {
    const copy = structuredClone(document);
    copy.nodes.find((node) => node.type === 'output').params.value = value;
    return copy;
}
