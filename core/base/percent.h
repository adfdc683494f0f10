/* Percent-encoding (RFC 3986, 2.1), and that of forms (WHATWG URL, 5.1), where + is a space. */
#ifndef MB_PERCENT_H
#define MB_PERCENT_H

#include "base/base.h"

/* Takes the first byte off a text that is not empty: decoded, 0 to 255, or -1 for a % that two hex
 * digits do not follow. */
int mb_percent_take(struct mb_str *text, bool plus_is_space);

#endif
