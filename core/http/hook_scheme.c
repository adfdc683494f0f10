#include "http/hook_scheme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/b64.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/secret.h"

enum { ELEMENTS = 16, TIME_CHARS = 12 };

static const struct mb_hook_scheme schemes[] = {
    {.name = "moonbase",
     .signature = "moonbase-signature",
     .separator = ',',
     .prefix = "v1=",
     .time = "t=",
     .text = "%t.%b",
     .id = "webhook-id",
     .headers = "content-type user-agent"},
    {.name = "standard", /* standardwebhooks.com */
     .signature = "webhook-signature",
     .separator = ' ',
     .prefix = "v1,",
     .is_base64 = true,
     .time = "webhook-timestamp",
     .text = "%i.%t.%b",
     .id = "webhook-id",
     .secret_is_base64 = true,
     .headers = "content-type user-agent"},
    {.name = "github",
     .signature = "x-hub-signature-256",
     .prefix = "sha256=",
     .text = "%b",
     .id = "x-github-delivery",
     .headers = "content-type user-agent x-github-event"},
    {.name = "stripe",
     .signature = "stripe-signature",
     .separator = ',',
     .prefix = "v1=",
     .time = "t=",
     .text = "%t.%b",
     .member = "id",
     .headers = "content-type user-agent"},
    {.name = "slack",
     .signature = "x-slack-signature",
     .prefix = "v0=",
     .time = "x-slack-request-timestamp",
     .text = "v0:%t:%b",
     .member = "event_id",
     .headers = "content-type user-agent x-slack-retry-num"},
    {.name = "shopify",
     .signature = "x-shopify-hmac-sha256",
     .prefix = "",
     .is_base64 = true,
     .text = "%b",
     .id = "x-shopify-webhook-id",
     .headers = "content-type user-agent x-shopify-topic x-shopify-shop-domain"},
};

const struct mb_hook_scheme *mb_hook_scheme_find(struct mb_str name)
{
    for (size_t i = 0; i < MB_LEN(schemes); i++)
        if (mb_str_is(name, schemes[i].name))
            return &schemes[i];
    return NULL;
}

/* ---------------------------------------------------------------- reading headers */

static struct mb_str header(const struct mb_delivery *d, const char *name)
{
    return name ? d->header(d->arg, name) : MB_STR_OF(NULL, 0);
}

static struct mb_str trim(struct mb_str s)
{
    while (s.len && (*s.ptr == ' ' || *s.ptr == '\t'))
        s = MB_STR_OF(s.ptr + 1, s.len - 1);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* The n-th element of the signature's header with this prefix, without it; .ptr NULL when there are
 * not so many. */
static struct mb_str element(const struct mb_hook_scheme *s, struct mb_str all, const char *prefix,
                             int n)
{
    size_t skip = strlen(prefix);
    for (int i = 0; i < ELEMENTS && all.ptr; i++) {
        const char *end = s->separator ? memchr(all.ptr, s->separator, all.len) : NULL;
        size_t len = end ? (size_t)(end - all.ptr) : all.len;
        struct mb_str one = trim(MB_STR_OF(all.ptr, len));
        all = end ? MB_STR_OF(end + 1, all.len - len - 1) : MB_STR_OF(NULL, 0);
        if (one.len > skip && memcmp(one.ptr, prefix, skip) == 0 && n-- == 0)
            return MB_STR_OF(one.ptr + skip, one.len - skip);
    }
    return MB_STR_OF(NULL, 0);
}

static struct mb_str time_of(const struct mb_hook_scheme *s, const struct mb_delivery *d)
{
    if (!s->time)
        return MB_STR_OF(NULL, 0);
    bool is_element = s->time[strlen(s->time) - 1] == '=';
    return is_element ? element(s, header(d, s->signature), s->time, 0) : header(d, s->time);
}

static bool read_time(struct mb_str text, int64_t *out)
{
    int64_t value = 0;
    bool good = text.len > 0 && text.len <= TIME_CHARS;
    for (size_t i = 0; good && i < text.len; i++) {
        good = mb_is_digit(text.ptr[i]);
        value = value * 10 + (text.ptr[i] - '0');
    }
    *out = value;
    return good;
}

/* ---------------------------------------------------------------- the signature */

static void sign(const struct mb_hook_scheme *s, const struct mb_delivery *d, struct mb_str key,
                 uint8_t out[MB_SHA256_BYTES])
{
    struct mb_str parts[8];
    size_t n = 0;
    for (const char *p = s->text; *p; p += *p == '%' ? 2 : 1) {
        mb_assert(n < MB_LEN(parts));
        if (*p != '%')
            parts[n++] = MB_STR_OF(p, 1);
        else
            parts[n++] = p[1] == 'b' ? d->body : p[1] == 't' ? time_of(s, d) : header(d, s->id);
    }
    mb_hmac_sha256(key, parts, n, out);
}

static bool is_signature(const struct mb_hook_scheme *s, struct mb_str given,
                         const uint8_t mac[MB_SHA256_BYTES])
{
    uint8_t bytes[MB_SHA256_BYTES] = {0};
    struct mb_buf decoded = {0};
    bool good;
    if (s->is_base64) {
        good = given.len <= 64 && mb_b64_decode(&decoded, MB_B64_STD, given) &&
               mb_buf_len(&decoded) == sizeof(bytes);
        if (good)
            memcpy(bytes, mb_buf_head(&decoded), sizeof(bytes));
    } else {
        good = given.len == 2 * sizeof(bytes) && mb_unhex(given, bytes, sizeof(bytes));
    }
    mb_buf_release(&decoded);
    return mb_ct_eq(bytes, mac, sizeof(bytes)) && good;
}

/* A secret that is not what the scheme's are like is taken as it is. */
static void compute(const struct mb_hook_scheme *s, const struct mb_delivery *d,
                    struct mb_str secret, uint8_t mac[MB_SHA256_BYTES])
{
    struct mb_buf key = {0};
    struct mb_str tail = secret;
    if (s->secret_is_base64 && secret.len > 6 && memcmp(secret.ptr, "whsec_", 6) == 0)
        tail = MB_STR_OF(secret.ptr + 6, secret.len - 6);
    if (s->secret_is_base64 && mb_b64_decode(&key, MB_B64_STD, tail))
        secret = mb_buf_str(&key);
    sign(s, d, secret, mac);
    if (key.data)
        mb_wipe(key.data, key.cap);
    mb_buf_release(&key);
}

int mb_hook_verify(const struct mb_hook_scheme *s, struct mb_str secret,
                   const struct mb_delivery *d, int64_t now_s, struct mb_err *err)
{
    struct mb_str all = header(d, s->signature), given;
    uint8_t mac[MB_SHA256_BYTES];
    bool matches = false;
    int64_t time_s;
    if (!all.ptr)
        return mb_err_set(err, MB_E_UNAUTHENTICATED, "the header %s is missing", s->signature);
    compute(s, d, secret, mac);
    for (int i = 0; (given = element(s, all, s->prefix, i)).ptr; i++)
        matches |= is_signature(s, given, mac);
    mb_wipe(mac, sizeof(mac));
    if (!matches)
        return mb_err_set(err, MB_E_UNAUTHENTICATED, "the signature is not valid");
    if (!s->time)
        return 0;
    if (!read_time(time_of(s, d), &time_s))
        return mb_err_set(err, MB_E_UNAUTHENTICATED, "the delivery's time is not valid");
    if (time_s < now_s - MB_HOOK_TOLERANCE_S || time_s > now_s + MB_HOOK_TOLERANCE_S)
        return mb_err_set(err, MB_E_UNAUTHENTICATED,
                          "the delivery's time is more than %d seconds off", MB_HOOK_TOLERANCE_S);
    return 0;
}

/* ---------------------------------------------------------------- the key */

static bool is_id(struct mb_str id)
{
    bool good = id.len > 0 && id.len <= MB_HOOK_ID_CHARS;
    for (size_t i = 0; good && i < id.len; i++)
        good = id.ptr[i] > 0x20 && id.ptr[i] < 0x7F;
    return good;
}

void mb_hook_key(const struct mb_hook_scheme *s, const struct mb_delivery *d, const json_t *json,
                 char out[MB_HOOK_KEY])
{
    struct mb_str id = header(d, s->id);
    uint8_t hash[MB_SHA256_BYTES];
    char hex[MB_SHA256_HEX];
    if (!is_id(id) && s->member)
        id = mb_json_str(json, s->member);
    if (is_id(id)) {
        snprintf(out, MB_HOOK_KEY, "delivery %.*s", MB_STR_ARG(id));
        return;
    }
    struct mb_str parts[] = {time_of(s, d), MB_STR("."), d->body};
    mb_sha256_parts(parts, MB_LEN(parts), hash);
    mb_hex(hash, sizeof(hash), hex);
    snprintf(out, MB_HOOK_KEY, "body %s", hex);
}
