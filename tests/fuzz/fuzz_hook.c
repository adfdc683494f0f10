/* Deliveries of webhooks: headers and bodies from strangers. The input: a byte that chooses a
 * scheme, a line for each header, then the body. Nothing verifies without the secret. */
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "http/hook_body.h"
#include "http/hook_scheme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct mb_str signature, time, id;
};

static struct mb_str next_line(struct mb_str *rest)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    size_t n = end ? (size_t)(end - rest->ptr) : rest->len, skip = n + (end != NULL);
    struct mb_str line = MB_STR_OF(rest->ptr, n);
    *rest = MB_STR_OF(rest->ptr + skip, rest->len - skip);
    return line;
}

static struct mb_str header(const void *arg, const char *name)
{
    const struct input *in = arg;
    if (strstr(name, "signature") || strstr(name, "hmac"))
        return in->signature;
    return strstr(name, "timestamp") ? in->time : in->id;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"moonbase", "standard", "github",
                                        "stripe",   "slack",    "shopify"};
    struct mb_err err;
    char key[MB_HOOK_KEY];
    if (size < 1)
        return 0;
    struct mb_str rest = MB_STR_OF((const char *)data + 1, size - 1);
    struct input in = {.signature = next_line(&rest)};
    in.time = next_line(&rest);
    in.id = next_line(&rest);
    const struct mb_delivery delivery = {.body = rest, .header = header, .arg = &in};
    const struct mb_hook_scheme *scheme = mb_hook_scheme_find(mb_str_c(names[data[0] % 6]));
    mb_assert(mb_hook_verify(scheme, MB_STR("whsec_c2VjcmV0"), &delivery, 1, &err) < 0);
    json_t *json = mb_hook_body(data[0] & 0x80 ? MB_STR("application/x-www-form-urlencoded")
                                               : MB_STR("application/json"),
                                rest, &err);
    mb_hook_key(scheme, &delivery, json, key);
    mb_assert(strlen(key) < sizeof(key) && mb_utf8_is_valid(mb_str_c(key)));
    json_decref(json);
    return 0;
}
