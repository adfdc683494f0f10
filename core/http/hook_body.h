/* The body of a webhook's delivery as JSON. */
#ifndef MB_HTTP_HOOK_BODY_H
#define MB_HTTP_HOOK_BODY_H

#include <jansson.h>

#include "base/err.h"

/* A form (application/x-www-form-urlencoded) becomes an object of texts, with a list where a name
 * comes more than once; anything else is to be JSON; no body is null. A new reference, or NULL with
 * INVALID_JSON, or INVALID_REQUEST for a form that is none. */
json_t *mb_hook_body(struct mb_str type, struct mb_str body, struct mb_err *err) MB_MUST_CHECK;

#endif
