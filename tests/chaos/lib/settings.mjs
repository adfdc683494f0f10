// What the person who runs it may choose, by the environment.
const given = (name) => (process.env[name] ? Number(process.env[name]) : undefined);

const SECONDS_PER_KILL = 0.6;
const seconds =
    given('CHAOS_SECONDS') ??
    (given('CHAOS_KILLS') ? Math.max(12, given('CHAOS_KILLS') * SECONDS_PER_KILL) : 180);

export const settings = {
    seconds,
    kills: given('CHAOS_KILLS') ?? Math.ceil(seconds / SECONDS_PER_KILL),
    rate: given('CHAOS_RATE') ?? 15,
    seed: given('CHAOS_SEED') ?? Date.now() % 1_000_000,
    settleSeconds: 90, // for everything to end, once nothing is killed any more
};

/** Random numbers from a seed (mulberry32): the same choices again. */
function generator(state) {
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

export const random = generator(settings.seed);
export const between = (lo, hi) => lo + random() * (hi - lo);
export const pick = (list) => list[Math.floor(random() * list.length)];

/** One of the keys of {key: weight}, by its weight. */
export function weighted(weights) {
    let at = random() * Object.values(weights).reduce((a, b) => a + b, 0);
    for (const [key, weight] of Object.entries(weights)) if ((at -= weight) < 0) return key;
    return Object.keys(weights)[0];
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
