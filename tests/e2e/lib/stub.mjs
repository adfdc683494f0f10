// A model provider with OpenAI's interface, whose answers are the test's.
import http from 'node:http';

/**
 * `answer({number, path, body})` gives {content, status, prompt_tokens} of the number-th call, at once or later.
 * The result: {url, calls (how many), keys (the Authorization of each), stop(), start()}; what was stopped refuses
 * connections until it is started again, on the same port.
 */
export async function startStub(answer) {
    const server = http.createServer(async (request, response) => {
        let body = '';
        for await (const part of request) body += part;
        const number = ++stub.calls;
        stub.keys.push(request.headers.authorization ?? '');
        const {content, status = 200, prompt_tokens = 10} = await answer({number, path: request.url, body});
        response.writeHead(status, {'content-type': 'application/json'});
        response.end(
            JSON.stringify({
                id: `chat-${number}`,
                choices: [{finish_reason: 'stop', message: {role: 'assistant', content}}],
                usage: {prompt_tokens, completion_tokens: 5},
            }),
        );
    });
    let port = 0;
    const stub = {
        calls: 0,
        keys: [],
        start: () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
        stop: async () => {
            const closed = new Promise((resolve) => server.close(resolve));
            server.closeAllConnections();
            await closed;
        },
    };
    await stub.start();
    ({port} = server.address());
    stub.url = `http://127.0.0.1:${port}`;
    return stub;
}

/** A models file (MOONBASE_MODELS_FILE) whose only model is the stub's. */
export const stubModels = (stub) => ({
    default: 'stub',
    providers: {stub: {kind: 'openai', base_url: `${stub.url}/v1`}},
    models: {stub: {provider: 'stub', upstream: 'stub-1', default_output: 16, price: {in: 1_000_000, out: 3_000_000}}},
});
