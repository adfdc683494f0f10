// An outside service for tests: notes what arrives, and answers when it is told to.
import http from 'node:http';

/**
 * {url, calls: [{method, path, key}], count(path), hold(path), release(path?), stop()}. `answer(path)` gives what it
 * answers, at once or when the path is released.
 */
export async function startService({answer = () => 'done'} = {}) {
    const held = new Map(); // path -> answers that wait
    const service = {calls: []};
    const server = http.createServer((req, res) => {
        req.resume();
        res.sendDate = false; // answers are the same whenever they are given
        service.calls.push({method: req.method, path: req.url, key: req.headers['idempotency-key']});
        if (held.has(req.url)) held.get(req.url).push(res);
        else res.end(answer(req.url));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    service.url = `http://127.0.0.1:${server.address().port}`;
    service.hold = (path) => held.set(path, held.get(path) ?? []);
    service.release = (path) => {
        for (const one of path ? [path] : [...held.keys()]) {
            const waiting = held.get(one) ?? [];
            held.delete(one);
            waiting.forEach((res) => res.end(answer(one)));
        }
    };
    service.count = (path) => service.calls.filter((call) => call.path === path).length;
    service.stop = () => server.close(server.closeAllConnections());
    return service;
}

/** Asks until there is an answer. */
export async function until(what, check, ms = 30_000) {
    for (const end = Date.now() + ms; Date.now() < end; ) {
        const found = await check();
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`not within ${ms} ms: ${what}`);
}
