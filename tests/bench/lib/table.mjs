// The table at the end: what, what it must reach, what it reached.

const mark = (ok) => (ok === true ? 'ok' : ok === false ? 'NO' : '-');

/** Rows of {what, must, reached, ok} as aligned text. */
export function table(rows) {
    const lines = [
        ['what', 'must reach', 'reached', ''],
        ...rows.map((row) => [row.what, row.must, row.reached, mark(row.ok)]),
    ];
    const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
    const text = lines.map((line) =>
        line
            .map((cell, i) => cell.padEnd(widths[i]))
            .join('  ')
            .trimEnd(),
    );
    return [
        text[0],
        widths
            .map((w) => '-'.repeat(w))
            .join('  ')
            .trimEnd(),
        ...text.slice(1),
    ].join('\n');
}
