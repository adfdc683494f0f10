/* The secret that a trigger's deliveries are signed with: it comes in or is made, and is sealed at
 * once for that trigger alone. */
#ifndef MB_HTTP_HOOK_SECRET_H
#define MB_HTTP_HOOK_SECRET_H

#include "base/secret.h"
#include "http/request.h"

enum { MB_HOOK_SECRET_TEXT = 64 }; /* room for one that is made, and its NUL */

/* "whsec_" and 32 random bytes in base64. */
void mb_hook_secret_new(char out[MB_HOOK_SECRET_TEXT]);
/* Appends the sealed form as a JSON string; the caller is the trigger's customer. */
int mb_hook_secret_seal(struct mb_request *r, struct mb_id trigger_id, struct mb_str secret,
                        struct mb_buf *out, struct mb_err *err) MB_MUST_CHECK;
/* Opens it for a delivery, which has no caller. */
int mb_hook_secret_open(struct mb_http *http, struct mb_id customer_id, struct mb_id trigger_id,
                        struct mb_str sealed, struct mb_secret *out,
                        struct mb_err *err) MB_MUST_CHECK;

#endif
