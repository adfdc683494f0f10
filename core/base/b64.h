/* Base64 and base64url (RFC 4648), strict both ways. */
#ifndef MB_B64_H
#define MB_B64_H

#include "base/buf.h"

enum mb_b64 {
    MB_B64_STD, /* + and /, always padded with = */
    MB_B64_URL, /* - and _, never padded */
};

void mb_b64_encode(struct mb_buf *out, enum mb_b64 kind, struct mb_str bytes);
/* Appends the bytes. False, with nothing appended, when the text is not exactly what the encoder
 * would have written: other characters, white space, wrong padding, spare bits that are not 0. */
bool mb_b64_decode(struct mb_buf *out, enum mb_b64 kind, struct mb_str text) MB_MUST_CHECK;

#endif
