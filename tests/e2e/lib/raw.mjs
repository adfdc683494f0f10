// HTTP as bytes, for what a well-behaved client cannot send: half requests, lying lengths, odd
// headers, many requests in one write.
import net from 'node:net';

/**
 * Opens a connection to `url`. The result has write(bytes), response() (the next whole response:
 * {status, headers, text, json}, or null when the server closed instead), closed (a promise) and end().
 */
export function connect(url) {
    const {hostname, port} = new URL(url);
    const socket = net.connect(Number(port), hostname);
    let buffer = Buffer.alloc(0);
    let ended = false;
    let wake = () => {};
    socket.on('data', (bytes) => {
        buffer = Buffer.concat([buffer, bytes]);
        wake();
    });
    const closed = new Promise((resolve) => {
        socket.on('error', () => {}); // a reset is one way to close
        socket.on('close', () => {
            ended = true;
            wake();
            resolve();
        });
    });
    const more = () =>
        new Promise((resolve) => {
            wake = resolve;
            if (ended) resolve();
        });
    async function response() {
        for (;;) {
            const taken = take(buffer);
            if (taken) {
                buffer = buffer.subarray(taken.bytes);
                if (taken.status >= 200) return taken;
                continue; // 100 Continue
            }
            if (ended) return null;
            await more();
        }
    }
    return {
        socket,
        closed,
        response,
        write: (bytes) => socket.write(bytes),
        end: () => socket.destroy(),
    };
}

/** Sends these bytes on a connection of their own; resolves with the first response or null. */
export async function exchange(url, bytes) {
    const connection = connect(url);
    connection.write(bytes);
    const answer = await connection.response();
    connection.end();
    return answer;
}

/** A request as bytes; the headers are written as given. */
export function request(method, path, headers = {}, body = '') {
    const lines = [`${method} ${path} HTTP/1.1`, 'Host: test'];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    if (body.length && !Object.keys(headers).some((h) => /^(content-length|transfer-encoding)$/i.test(h)))
        lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
    return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

function take(buffer) {
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return null;
    const [first, ...lines] = buffer.subarray(0, end).toString('latin1').split('\r\n');
    const headers = {};
    for (const line of lines) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const status = Number(first.split(' ')[1]);
    const body = takeBody(buffer.subarray(end + 4), headers, status);
    if (!body) return null;
    return {
        status,
        headers,
        text: body.text,
        get json() {
            return JSON.parse(body.text);
        },
        bytes: end + 4 + body.bytes,
    };
}

function takeBody(buffer, headers, status) {
    if (status < 200 || status === 204 || status === 304) return {text: '', bytes: 0};
    if (headers['transfer-encoding'] === 'chunked') return takeChunks(buffer);
    const length = Number(headers['content-length'] ?? 0);
    return buffer.length < length
        ? null
        : {text: buffer.subarray(0, length).toString('utf8'), bytes: length};
}

function takeChunks(buffer) {
    const parts = [];
    for (let at = 0; ; ) {
        const end = buffer.indexOf('\r\n', at);
        if (end < 0) return null;
        const size = parseInt(buffer.subarray(at, end).toString('latin1'), 16);
        if (buffer.length < end + 2 + size + 2) return null;
        parts.push(buffer.subarray(end + 2, end + 2 + size));
        at = end + 2 + size + 2;
        if (size === 0) return {text: Buffer.concat(parts).toString('utf8'), bytes: at};
    }
}
