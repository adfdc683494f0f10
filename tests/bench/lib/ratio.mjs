// Ratios are measured back to back: A B A B ..., so that what else the machine does meets both.

/** Runs each side once per repetition, in turn; {side: [result...]}. */
export async function alternate(sides, reps, onSample = () => {}) {
    const results = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
    for (let rep = 0; rep < reps; rep++) {
        for (const [side, measure] of Object.entries(sides)) {
            const result = await measure();
            results[side].push(result);
            onSample(side, result);
        }
    }
    return results;
}
