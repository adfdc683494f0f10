// Reads a response of server-sent events (WHATWG HTML, section 9.2).

/** Yields {event, id, data, text}; data is parsed when it is JSON. Comments are left out. */
export async function* events(response) {
    if (!/^text\/event-stream/.test(response.headers.get('content-type') ?? ''))
        throw new Error(`no event stream: ${response.status} ${await response.text()}`);
    let rest = '';
    const decoder = new TextDecoder();
    for await (const bytes of response.body) {
        rest += decoder.decode(bytes, {stream: true});
        for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
            const event = parse(rest.slice(0, end));
            rest = rest.slice(end + 2);
            if (event) yield event;
        }
    }
}

function parse(block) {
    const event = {event: 'message', id: undefined, text: undefined};
    for (const line of block.split('\n')) {
        const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
        if (field === 'event') event.event = value;
        else if (field === 'id') event.id = value;
        else if (field === 'data') event.text = event.text === undefined ? value : `${event.text}\n${value}`;
    }
    if (event.text === undefined) return null;
    try {
        event.data = JSON.parse(event.text);
    } catch {
        event.data = event.text;
    }
    return event;
}
