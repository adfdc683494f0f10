// Small sums over samples.

export const sum = (values) => values.reduce((a, b) => a + b, 0);
export const mean = (values) => (values.length ? sum(values) / values.length : NaN);

/** The value that the share `q` of the samples does not exceed; NaN without samples. */
export function quantile(values, q) {
    if (!values.length) return NaN;
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export const median = (values) => quantile(values, 0.5);

/** A number as a person reads it: three digits that count. */
export function show(value) {
    if (!Number.isFinite(value)) return '-';
    if (value === 0) return '0';
    const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
    return value.toFixed(Math.min(digits, 3)).replace(/\B(?=(\d{3})+$)/g, ',');
}
