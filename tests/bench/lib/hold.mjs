// Many runs that wait for a model at the same time.
import {load} from './drive.mjs';
import {until} from './run-program.mjs';

/**
 * Executes `runs` tasks at once, each on a connection of its own and as many as `waiting` allows; the
 * others are accepted without waiting. Resolves when all are accepted and answered: {waited,
 * accepted}, what load.c printed.
 */
export async function executeAtOnce(server, url, {runs, waiting = runs, timeout}) {
    const jobs = {};
    const headers = (prefer) => server.headers(undefined, {Prefer: prefer});
    const match = '"status":"succeeded"';
    if (waiting)
        jobs.waited = load(url, {
            requests: waiting,
            connections: waiting,
            headers: headers(`wait=${timeout}`),
            match,
            timeout,
        });
    if (waiting < runs)
        jobs.accepted = load(url, {
            requests: runs - waiting,
            connections: 32,
            headers: headers('respond-async'),
            timeout,
        });
    const [waited, accepted] = await Promise.all([jobs.waited, jobs.accepted]);
    return {waited, accepted};
}

/** Waits until `runs` requests wait at the stub; the most that were seen, if it never is so many. */
export async function untilHeld(stub, runs, ms) {
    let most = 0;
    await until(async () => (most = Math.max(most, await stub.held())) >= runs, ms, 'held', 50).catch(
        () => {},
    );
    return most;
}
