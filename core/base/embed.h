/* Files that are built into a binary: made at build time by core/base/embed.sh, one array a set. */
#ifndef MB_EMBED_H
#define MB_EMBED_H

#include "base/base.h"

struct mb_embed {
    const char *name; /* path as it was given to embed.sh; NULL ends the array */
    const char *data; /* followed by a NUL that `len` does not count */
    size_t len;
};

#endif
