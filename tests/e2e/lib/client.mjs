// A small client of the HTTP API. Answers are {status, headers, text, json}; nothing is thrown for
// a status, so that a test states the one it expects.
import {events} from './sse.mjs';

export class Client {
    constructor(url, key) {
        this.url = url;
        this.key = key;
    }

    /** The same server with another key; undefined = none. */
    as(key) {
        return new Client(this.url, key);
    }

    /**
     * options: json (a value that is sent as JSON), body (bytes or text as they are), headers,
     * signal. Content-Type is set for json unless given.
     */
    async request(method, path, options = {}) {
        const response = await this.open(method, path, options);
        const text = await response.text();
        return {
            status: response.status,
            headers: response.headers,
            text,
            json: /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined,
        };
    }

    /** The response itself, its body unread. */
    open(method, path, {json, body, headers = {}, signal} = {}) {
        const all = new Headers(headers);
        if (this.key && !all.has('authorization')) all.set('authorization', `Bearer ${this.key}`);
        if (json !== undefined && !all.has('content-type')) all.set('content-type', 'application/json');
        return fetch(this.url + path, {
            method,
            headers: all,
            body: json !== undefined ? JSON.stringify(json) : body,
            signal,
        });
    }

    get(path, options) {
        return this.request('GET', path, options);
    }

    post(path, json, options) {
        return this.request('POST', path, {json, ...options});
    }

    put(path, json, options) {
        return this.request('PUT', path, {json, ...options});
    }

    delete(path, options) {
        return this.request('DELETE', path, options);
    }

    /** Uploads a package and deploys it; throws when either is refused. Returns the deployment. */
    async deploy(files, deployment = {}) {
        const uploaded = await this.post('/v1/packages', {files});
        if (uploaded.status !== 201) throw new Error(`upload: ${uploaded.status} ${uploaded.text}`);
        const deployed = await this.post('/v1/deployments', {
            package: uploaded.json.name,
            version: uploaded.json.version,
            ...deployment,
        });
        if (deployed.status !== 201) throw new Error(`deploy: ${deployed.status} ${deployed.text}`);
        return deployed.json;
    }

    /** Executes and waits (at most `wait` seconds); the answer's json is the run. */
    execute(deploymentId, input, {wait = 30, headers = {}, ...options} = {}) {
        return this.post(`/v1/deployments/${deploymentId}/execute`, input, {
            headers: {prefer: `wait=${wait}`, ...headers},
            ...options,
        });
    }

    /** Executes and does not wait; throws when the run is not accepted. Returns its id. */
    async accept(deploymentId, input) {
        const headers = {prefer: 'respond-async'};
        const answer = await this.post(`/v1/deployments/${deploymentId}/execute`, input, {headers});
        if (answer.status !== 202) throw new Error(`execute: ${answer.status} ${answer.text}`);
        return answer.json.id;
    }

    /** Executes and yields the run's events as they come: {event, id, data}, data parsed. */
    async *stream(deploymentId, input, {headers = {}, ...options} = {}) {
        const response = await this.open('POST', `/v1/deployments/${deploymentId}/execute`, {
            json: input,
            headers: {accept: 'text/event-stream', ...headers},
            ...options,
        });
        yield* events(response);
    }

    /** Follows a run's events; `lastEventId` resumes after it. */
    async *follow(runId, {lastEventId, signal} = {}) {
        const headers = {accept: 'text/event-stream'};
        if (lastEventId !== undefined) headers['last-event-id'] = String(lastEventId);
        yield* events(await this.open('GET', `/v1/runs/${runId}/events`, {headers, signal}));
    }

    /** Reads the run until `is(run)`, at most `ms`; throws with the run as it was then. */
    async untilRun(runId, is, ms = 20_000) {
        const deadline = Date.now() + ms;
        for (;;) {
            const answer = await this.get(`/v1/runs/${runId}`);
            if (answer.status === 200 && is(answer.json)) return answer.json;
            if (Date.now() > deadline) throw new Error(`run ${runId} is still: ${answer.text}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    }

    /** Waits for the run's end. */
    untilEnded(runId, ms) {
        return this.untilRun(runId, (run) => ['succeeded', 'failed', 'cancelled'].includes(run.status), ms);
    }

    /** All items of a list, page by page. */
    async all(path, limit = 100) {
        const items = [];
        const join = path.includes('?') ? '&' : '?';
        for (let cursor = ''; cursor !== null; ) {
            const page = await this.get(`${path}${join}limit=${limit}${cursor && `&cursor=${cursor}`}`);
            if (page.status !== 200) throw new Error(`list ${path}: ${page.status} ${page.text}`);
            items.push(...page.json.data);
            cursor = page.json.next_cursor;
        }
        return items;
    }
}
