/* The header Prefer (RFC 7240), as far as execute knows it. */
#ifndef MB_HTTP_PREFER_H
#define MB_HTTP_PREFER_H

#include "base/base.h"

enum { MB_PREFER_WAIT_MAX_S = 600 };

struct mb_prefer {
    bool is_given; /* one that was understood */
    int wait_s;    /* respond-async is wait=0 */
};

/* Preferences that are not known are passed over, as the standard wants; of several waits the first
 * counts, and respond-async with a wait means: wait, then 202. */
struct mb_prefer mb_prefer_parse(struct mb_str header);

#endif
