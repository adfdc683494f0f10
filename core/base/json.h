/* JSON in C: jansson's values, with the caps, the reader and the canonical form that the gate
 * needs. Text is RFC 8259 in UTF-8. */
#ifndef MB_JSON_H
#define MB_JSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

enum {
    MB_JSON_DEPTH = 64,          /* arrays and objects inside each other */
    MB_JSON_NUMBER_CHARS = 1024, /* longest text of one number that is read */
    MB_JSON_NUMBER_TEXT = 32,    /* room for any number that is written, and its NUL */
};

/* Parses a whole text: any JSON value, duplicate keys refused, NUL in strings refused, nesting at
 * most MB_JSON_DEPTH. An integer outside of 64 bits, and a real that a double cannot hold, are
 * refused rather than rounded. Returns a new reference, or NULL with `err` filled (INVALID_JSON;
 * pointer is "line:column", counted in bytes from 1). */
json_t *mb_json_parse(struct mb_str text, struct mb_err *err) MB_MUST_CHECK;

/* Appends the compact form; keys in insertion order. */
void mb_json_dump(struct mb_buf *out, const json_t *value);
/* Appends the canonical form: compact, keys sorted by bytes, integers without fraction, reals with
 * the shortest digits that read back (17 at most). Equal values give equal bytes: a real without
 * a fraction is written as the integer that it equals. */
void mb_json_canonical(struct mb_buf *out, const json_t *value);
/* Writes a finite real as the canonical form does, with a NUL; returns the length. */
size_t mb_json_real_text(double real, char out[MB_JSON_NUMBER_TEXT]);

/* Getters that borrow. The default is returned when the key is absent or of another type. */
struct mb_str mb_json_str(const json_t *object, const char *key); /* empty when absent */
int64_t mb_json_int(const json_t *object, const char *key, int64_t fallback);
bool mb_json_bool(const json_t *object, const char *key, bool fallback);
json_t *mb_json_get(const json_t *object, const char *key); /* NULL when absent or null */

/* Takes the members that are null out of all objects in it: Lua does not have them. */
void mb_json_drop_nulls(json_t *value);

/* Are these the same JSON value? Order of keys does not matter, and 1 is 1.0. */
bool mb_json_eq(const json_t *a, const json_t *b);

/* Is this text one valid JSON value (same caps)? Cheaper than parsing: nothing is built or
 * allocated. For that it does not look for duplicate keys; otherwise it agrees with the parser. */
bool mb_json_is_valid(struct mb_str text);

#endif
