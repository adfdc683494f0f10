#include "llm/sse.h"

#include <string.h>

void mb_sse_release(struct mb_sse *sse)
{
    mb_buf_release(&sse->line);
    mb_buf_release(&sse->data);
    *sse = (struct mb_sse){0};
}

static void take_field(struct mb_sse *sse, struct mb_str name, struct mb_str value)
{
    if (mb_str_is(name, "data")) {
        mb_buf_add_str(&sse->data, value);
        mb_buf_add_char(&sse->data, '\n');
    } else if (mb_str_is(name, "event")) {
        size_t n = MB_MIN(value.len, sizeof(sse->name) - 1);
        if (n)
            memcpy(sse->name, value.ptr, n);
        sse->name[n] = '\0';
    }
}

/* A whole line without its end; true when it ends an event that has data. */
static bool take_line(struct mb_sse *sse, struct mb_str line)
{
    if (line.len == 0) {
        if (mb_buf_len(&sse->data))
            return true;
        sse->name[0] = '\0';
        return false;
    }
    const char *colon = memchr(line.ptr, ':', line.len);
    size_t n = colon ? (size_t)(colon - line.ptr) : line.len;
    struct mb_str value = {line.ptr + n, line.len - n};
    if (colon) {
        size_t skip = value.len > 1 && value.ptr[1] == ' ' ? 2 : 1;
        value = MB_STR_OF(value.ptr + skip, value.len - skip);
    }
    take_field(sse, MB_STR_OF(line.ptr, n), value);
    return false;
}

static size_t find_line_end(struct mb_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\n' || s.ptr[i] == '\r')
            return i;
    return s.len;
}

static int too_large(struct mb_err *err)
{
    return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "an event of the stream is larger than %d bytes",
                      MB_SSE_EVENT_BYTES);
}

/* A byte order mark at the start is skipped, also when it comes in pieces. */
static struct mb_str skip_mark(struct mb_sse *sse, struct mb_str in)
{
    static const char mark[3] = {(char)0xEF, (char)0xBB, (char)0xBF};
    while (in.len && sse->mark < sizeof(mark) && in.ptr[0] == mark[sse->mark]) {
        in = MB_STR_OF(in.ptr + 1, in.len - 1);
        sse->mark++;
    }
    if (in.len && sse->mark < sizeof(mark)) { /* it was none */
        mb_buf_add(&sse->line, mark, sse->mark);
        sse->mark = sizeof(mark);
    }
    return in;
}

/* The \n of a \r\n belongs to no line. */
static struct mb_str skip_lf(struct mb_sse *sse, struct mb_str in)
{
    if (sse->after_cr && in.len) {
        sse->after_cr = false;
        if (in.ptr[0] == '\n')
            in = MB_STR_OF(in.ptr + 1, in.len - 1);
    }
    return in;
}

int mb_sse_push(struct mb_sse *sse, struct mb_str bytes,
                int (*on_event)(void *arg, const char *name, struct mb_str data,
                                struct mb_err *err),
                void *arg, struct mb_err *err)
{
    struct mb_str in = skip_lf(sse, skip_mark(sse, bytes));
    while (in.len) {
        size_t n = find_line_end(in);
        if (mb_buf_len(&sse->line) + mb_buf_len(&sse->data) + n > MB_SSE_EVENT_BYTES)
            return too_large(err);
        if (n == in.len) {
            mb_buf_add(&sse->line, in.ptr, n);
            return 0;
        }
        struct mb_str line = {in.ptr, n};
        if (mb_buf_len(&sse->line)) {
            mb_buf_add(&sse->line, in.ptr, n);
            line = mb_buf_str(&sse->line);
        }
        bool ends_event = take_line(sse, line);
        mb_buf_clear(&sse->line);
        sse->after_cr = in.ptr[n] == '\r';
        in = skip_lf(sse, MB_STR_OF(in.ptr + n + 1, in.len - n - 1));
        if (!ends_event)
            continue;
        struct mb_str data = mb_buf_str(&sse->data);
        int rc = on_event(arg, sse->name, MB_STR_OF(data.ptr, data.len - 1), err);
        mb_buf_clear(&sse->data);
        sse->name[0] = '\0';
        if (rc != 0)
            return rc;
    }
    return 0;
}
