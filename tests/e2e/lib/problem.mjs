// Problems: what the API answers when it refuses (RFC 9457).
import assert from 'node:assert/strict';

/** The answer is this problem; with `place`, its first error names it, as a JSON pointer or a parameter. */
export function assertProblem(answer, status, code, place) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.code, code);
    if (place !== undefined) assert.equal(answer.json.errors[0].pointer ?? answer.json.errors[0].parameter, place);
}
