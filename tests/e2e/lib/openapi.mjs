// Holds answers to what /openapi.json says of them: the status is one that the operation tells of,
// and the body fits its schema. For the vocabulary that this document uses.
import assert from 'node:assert/strict';

import {Client} from './client.mjs';

/** A client that checks every answer against the server's own description. */
export async function checkedClient(api) {
    const {json: document} = await api.get('/openapi.json');
    return new CheckedClient(api.url, api.key, document);
}

class CheckedClient extends Client {
    constructor(url, key, document) {
        super(url, key);
        this.document = document;
        this.seen = new Map(); // operationId -> Set of statuses
    }

    as(key) {
        const other = new CheckedClient(this.url, key, this.document);
        other.seen = this.seen;
        return other;
    }

    async request(method, path, options) {
        const answer = await super.request(method, path, options);
        const operation = this.operation(method, path);
        if (operation) this.check(operation, answer);
        return answer;
    }

    operation(method, path) {
        const parts = path.split('?')[0].split('/');
        for (const [template, item] of Object.entries(this.document.paths)) {
            const wanted = template.split('/');
            if (
                wanted.length === parts.length &&
                wanted.every((w, i) => w.startsWith('{') || w === parts[i]) &&
                item[method.toLowerCase()]
            )
                return item[method.toLowerCase()];
        }
        return undefined;
    }

    check(operation, answer) {
        const described = operation.responses[answer.status];
        assert.ok(described, `${operation.operationId} does not tell of ${answer.status}: ${answer.text}`);
        if (!this.seen.has(operation.operationId)) this.seen.set(operation.operationId, new Set());
        this.seen.get(operation.operationId).add(answer.status);
        const content = resolve(this.document, described).content;
        if (!content) {
            assert.equal(answer.text, '', operation.operationId);
            return;
        }
        const type = answer.headers.get('content-type').split(';')[0];
        assert.ok(content[type], `${operation.operationId} ${answer.status} is ${type}`);
        if (answer.json !== undefined)
            fits(this.document, content[type].schema, answer.json, `${operation.operationId} ${answer.status}`);
    }
}

function resolve(document, node) {
    while (node.$ref) node = node.$ref.slice(2).split('/').reduce((at, key) => at[key], document);
    return node;
}

const kinds = {
    null: (v) => v === null,
    boolean: (v) => typeof v === 'boolean',
    integer: Number.isInteger,
    number: (v) => typeof v === 'number',
    string: (v) => typeof v === 'string',
    array: Array.isArray,
    object: (v) => typeof v === 'object' && v !== null && !Array.isArray(v),
};

/** Throws when the value does not fit, with its place. */
export function fits(document, schema, value, place) {
    schema = resolve(document, schema);
    const wrong = (what) => assert.fail(`${place}: ${what}: ${JSON.stringify(value)?.slice(0, 300)}`);
    if (schema.type && ![schema.type].flat().some((type) => kinds[type](value))) wrong(`not ${schema.type}`);
    if (schema.enum && !schema.enum.includes(value)) wrong(`not one of ${schema.enum}`);
    if ('const' in schema && schema.const !== value) wrong(`not ${schema.const}`);
    if (typeof value === 'string') {
        if (schema.pattern && !new RegExp(schema.pattern, 'u').test(value)) wrong(`not ${schema.pattern}`);
        if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(value))
            wrong('no time in UTC with microseconds');
    }
    if (Array.isArray(value) && schema.items)
        value.forEach((item, i) => fits(document, schema.items, item, `${place}/${i}`));
    if (kinds.object(value)) {
        for (const name of schema.required ?? []) if (!(name in value)) wrong(`no "${name}"`);
        for (const [name, member] of Object.entries(value)) {
            const own = schema.properties?.[name] ?? schema.additionalProperties;
            if (own === false || (own === undefined && schema.properties)) wrong(`"${name}" is not described`);
            if (own && own !== true) fits(document, own, member, `${place}/${name}`);
        }
    }
}
