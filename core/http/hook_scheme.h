/* How webhooks are signed: one row of a table for each way that is in use (hook_scheme.c). All are
 * HMAC-SHA256 with the trigger's secret over the raw body, most with a time, compared in constant
 * time. */
#ifndef MB_HTTP_HOOK_SCHEME_H
#define MB_HTTP_HOOK_SCHEME_H

#include <jansson.h>

#include "base/err.h"

enum {
    MB_HOOK_TOLERANCE_S = 300, /* that a delivery's time may be off */
    MB_HOOK_ID_CHARS = 200,    /* longest id of a delivery */
    MB_HOOK_KEY = 256,         /* room for a delivery's key and its NUL */
};

struct mb_hook_scheme {
    const char *name;
    const char *signature; /* the header, in lower case */
    char separator;        /* between its elements; 0 = it is one */
    const char *prefix;    /* of the elements that are signatures */
    bool is_base64;        /* else hex */
    const char *time;      /* the header with the time, or the prefix of an element ("t="); NULL */
    const char *text;      /* what is signed: %b body, %t time, %i id */
    const char *id;        /* the header with the delivery's id; NULL = none */
    const char *member;    /* of the body that is its id; NULL = none */
    bool secret_is_base64; /* after "whsec_" */
    const char *headers;   /* that its runs get when the trigger names none, by spaces */
};

/* NULL when there is none of this name. */
const struct mb_hook_scheme *mb_hook_scheme_find(struct mb_str name);

/* A delivery as it came. */
struct mb_delivery {
    struct mb_str body;
    struct mb_str (*header)(const void *arg, const char *name); /* .ptr NULL = not there */
    const void *arg;
};

/* Was it signed with this secret, not too long ago? UNAUTHENTICATED if not. */
int mb_hook_verify(const struct mb_hook_scheme *scheme, struct mb_str secret,
                   const struct mb_delivery *delivery, int64_t now_s,
                   struct mb_err *err) MB_MUST_CHECK;

/* What is the same when a delivery is repeated: "delivery <id>", or "body <sha256>" of time and
 * body. `json` is the body as JSON (or a form's fields). */
void mb_hook_key(const struct mb_hook_scheme *scheme, const struct mb_delivery *delivery,
                 const json_t *json, char out[MB_HOOK_KEY]);

#endif
