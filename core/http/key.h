/* API keys: "mb_" and 43 characters of base64url (32 random bytes). Only their SHA-256 is stored:
 * with that much chance in a key, a slow hash would add nothing but time. */
#ifndef MB_HTTP_KEY_H
#define MB_HTTP_KEY_H

#include "base/hash.h"

enum {
    MB_KEY_CHARS = 46,
    MB_KEY_PREFIX_CHARS = 10, /* that are shown, to tell keys apart */
};

/* Zero it when it is not needed any more (mb_wipe). */
struct mb_key {
    char text[MB_KEY_CHARS + 1];
    char prefix[MB_KEY_PREFIX_CHARS + 1];
    uint8_t sha256[MB_SHA256_BYTES];
};

void mb_key_new(struct mb_key *key);
/* Has this text the form of a key? */
bool mb_key_is_wellformed(struct mb_str text);

#endif
