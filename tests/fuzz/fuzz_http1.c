/* A server's answer, byte by byte hostile: read whole and in pieces, which must come to the same.
 *
 * Input: a byte that chooses HEAD and the length of the pieces, a byte for the cap of the head,
 * then the answer. */
#include <stdlib.h>
#include <string.h>

#include "io/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
    enum mb_http1_what what;
    int status;
    bool is_kept, ends_with_close;
    size_t used;
    const char *why;
    struct mb_buf body, fields;
};

static void add_field(const char *name, const char *value, void *arg)
{
    mb_assert(name[0] && !strpbrk(name, ": \t\r\n") && !strpbrk(value, "\r\n"));
    mb_buf_addf(arg, "%s: %s\n", name, value);
}

static struct result decode(struct mb_str in, size_t max_head, bool is_head, size_t cut)
{
    struct mb_http1 h;
    struct result r = {0};
    mb_http1_init(&h, max_head, is_head);
    while (r.what == MB_HTTP1_MORE && r.used < in.len) {
        size_t n = MB_MIN(cut, in.len - r.used);
        char *piece = malloc(n); /* of its own, so that reading beyond it is seen */
        memcpy(piece, in.ptr + r.used, n);
        struct mb_str left = {piece, n}, body;
        while ((r.what = mb_http1_read(&h, &left, &body)) == MB_HTTP1_BODY) {
            mb_assert(body.len && body.ptr >= piece && body.ptr + body.len <= piece + n);
            mb_buf_add_str(&r.body, body);
        }
        mb_assert(r.what != MB_HTTP1_MORE || left.len == 0);
        r.used += n - left.len;
        free(piece);
    }
    mb_assert(h.head_bytes <= max_head && mb_buf_len(&h.fields) <= max_head);
    r.status = h.status;
    r.why = h.why;
    r.is_kept = mb_http1_is_kept(&h);
    r.ends_with_close = mb_http1_ends_with_close(&h);
    mb_http1_each(&h, add_field, &r.fields);
    mb_assert(mb_http1_field(&h, "x").ptr);
    mb_http1_release(&h);
    return r;
}

static void free_result(struct result *r)
{
    mb_buf_release(&r->body);
    mb_buf_release(&r->fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    bool is_head = data[0] & 1;
    size_t cut = (size_t)(data[0] >> 1) + 1, max_head = (size_t)data[1] * 16 + 16;
    struct mb_str in = {(const char *)data + 2, size - 2};
    struct result a = decode(in, max_head, is_head, in.len + 1);
    struct result b = decode(in, max_head, is_head, cut);
    mb_assert(a.what == b.what && a.status == b.status && a.is_kept == b.is_kept);
    mb_assert(a.ends_with_close == b.ends_with_close && a.why == b.why);
    mb_assert(a.what != MB_HTTP1_END || a.used == b.used);
    mb_assert(mb_str_eq(mb_buf_str(&a.body), mb_buf_str(&b.body)));
    mb_assert(mb_str_eq(mb_buf_str(&a.fields), mb_buf_str(&b.fields)));
    free_result(&a);
    free_result(&b);
    return 0;
}
