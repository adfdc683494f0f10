/* Regular expressions from strangers, on text from strangers: the syntax of ECMA-262 (as JSON
 * Schema wants it) matched by PCRE2, with every step counted.
 *
 * Not taken, though ECMA-262 has them: back references, whose cost cannot be bounded. Not taken,
 * though PCRE2 has them: everything that ECMA-262 does not know. \s is white space of ASCII only,
 * and \p{...} knows the short names of categories (Lu) and of scripts (Greek). */
#ifndef MB_PATTERN_H
#define MB_PATTERN_H

#include "base/err.h"

enum { MB_PATTERN_CHARS = 1024 };

struct mb_pattern;

/* Compiles. NULL with INVALID_REQUEST and what is wrong with the pattern. */
struct mb_pattern *mb_pattern_new(struct mb_str source, struct mb_err *err) MB_MUST_CHECK;
void mb_pattern_free(struct mb_pattern *p);          /* takes NULL */
size_t mb_pattern_bytes(const struct mb_pattern *p); /* memory of the compiled form */

/* Is this the syntax of ECMA-262? (Back references are; see above.) */
bool mb_pattern_is_regex(struct mb_str source);

enum mb_match { MB_MATCH_NO, MB_MATCH_YES, MB_MATCH_TOO_MUCH };

/* Does the pattern match somewhere in the text (UTF-8; anything else does not match)? Takes what it
 * needed off *work, and gives up when that, or a cap on memory, is used up. One unit is one item of
 * the pattern tried, or 16 bytes passed: about 20 ns. */
enum mb_match mb_pattern_match(const struct mb_pattern *p, struct mb_str text, int64_t *work);

#endif
