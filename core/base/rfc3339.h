/* Times as text: RFC 3339, UTC, microseconds: 2026-11-22T10:00:00.000000Z. */
#ifndef MB_RFC3339_H
#define MB_RFC3339_H

#include "base/base.h"

enum { MB_RFC3339_TEXT = 32 }; /* room for the text and its NUL */

/* Writes the Unix time `unix_us` (years 1970 to 9999) to `out` and returns it. */
char *mb_rfc3339(int64_t unix_us, char out[MB_RFC3339_TEXT]);

#endif
