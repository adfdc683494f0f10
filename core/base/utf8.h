/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef MB_UTF8_H
#define MB_UTF8_H

#include "base/base.h"

/* The length in bytes (1 to 4) of the well-formed character at `s`, or 0. */
size_t mb_utf8_char(const char *s, size_t len);
bool mb_utf8_is_valid(struct mb_str s);
/* The number of characters of well-formed text. */
size_t mb_utf8_count(struct mb_str s);

#endif
