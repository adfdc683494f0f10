#include "http/hook_secret.h"

#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "http/http_int.h"
#include "http/seal.h"

void mb_hook_secret_new(char out[MB_HOOK_SECRET_TEXT])
{
    char bytes[32];
    struct mb_buf text = {0};
    mb_random(bytes, sizeof(bytes));
    mb_buf_add_c(&text, "whsec_");
    mb_b64_encode(&text, MB_B64_STD, MB_STR_OF(bytes, sizeof(bytes)));
    mb_assert(mb_buf_len(&text) < MB_HOOK_SECRET_TEXT);
    memcpy(out, mb_buf_cstr(&text), mb_buf_len(&text) + 1);
    mb_wipe(bytes, sizeof(bytes));
    mb_wipe(mb_buf_head(&text), mb_buf_len(&text));
    mb_buf_release(&text);
}

/* No secret of a customer can have this name: theirs are in upper case. */
static struct mb_str name_of(struct mb_id trigger_id, char out[80])
{
    char id[MB_ID_TEXT];
    int n = snprintf(out, 80, "trigger/%s", mb_id_uuid(trigger_id, id));
    return MB_STR_OF(out, (size_t)n);
}

int mb_hook_secret_seal(struct mb_request *r, struct mb_id trigger_id, struct mb_str secret,
                        struct mb_buf *out, struct mb_err *err)
{
    char name[80];
    return mb_seal_json(r, name_of(trigger_id, name), secret, out, err);
}

int mb_hook_secret_open(struct mb_http *http, struct mb_id customer_id, struct mb_id trigger_id,
                        struct mb_str sealed, struct mb_secret *out, struct mb_err *err)
{
    char name[80], context[MB_ID_TEXT + 80], id[MB_ID_TEXT];
    struct mb_keyring *keyring = http->deps.keyring;
    if (!keyring)
        return mb_err_set(err, MB_E_UNAVAILABLE,
                          "this host has no master key to open secrets with");
    int n = snprintf(context, sizeof(context), "%s/%.*s", mb_id_uuid(customer_id, id),
                     MB_STR_ARG(name_of(trigger_id, name)));
    return mb_open(keyring, MB_STR_OF(context, (size_t)n), sealed, out, NULL, err);
}
