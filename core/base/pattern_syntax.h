/* Which regular expressions are ECMA-262. Private to pattern.c. */
#ifndef MB_PATTERN_SYNTAX_H
#define MB_PATTERN_SYNTAX_H

#include "base/base.h"

/* NULL when everything that differs between ECMA-262 and PCRE2 is used as ECMA-262 has it, else
 * what is wrong (static text). The rest of the syntax is left to PCRE2's compiler. */
const char *mb_pattern_syntax(struct mb_str source, bool back_references);

#endif
