#include "http/seal.h"

#include <stdio.h>

#include "base/secret.h"
#include "http/http_int.h"

int mb_seal_json(struct mb_request *r, struct mb_str name, struct mb_str value, struct mb_buf *out,
                 struct mb_err *err)
{
    char context[MB_ID_TEXT + 80], id[MB_ID_TEXT];
    struct mb_keyring *keyring = r->http->deps.keyring;
    if (!keyring)
        return mb_err_set(err, MB_E_UNAVAILABLE,
                          "this host has no master key to seal secrets with");
    int n = snprintf(context, sizeof(context), "%s/%.*s", mb_id_uuid(r->caller.customer_id, id),
                     MB_STR_ARG(name));
    mb_buf_add_char(out, '"'); /* base64url and dots: nothing to escape */
    int rc = mb_seal(keyring, MB_STR_OF(context, (size_t)n), value, out, err);
    mb_buf_add_char(out, '"');
    return rc;
}
