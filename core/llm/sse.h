/* Server-sent events as they arrive in pieces (WHATWG HTML, "event stream interpretation"). Only
 * what model providers use: data and event; id, retry and comments are skipped. */
#ifndef MB_LLM_SSE_H
#define MB_LLM_SSE_H

#include "base/buf.h"
#include "base/err.h"

enum { MB_SSE_EVENT_BYTES = 4 * 1024 * 1024, MB_SSE_NAME_BYTES = 64 };

/* Zero-initialised is at the start of a stream. */
struct mb_sse {
    struct mb_buf line;           /* an unfinished one */
    struct mb_buf data;           /* of the event so far, each line ended by \n */
    char name[MB_SSE_NAME_BYTES]; /* its event field, or "" */
    bool after_cr;                /* a following \n belongs to that line end */
    unsigned mark;                /* bytes of a byte order mark that were skipped */
};

/* Feeds bytes. For each whole event that has data, on_event is called with its name ("" = message)
 * and data, both borrowed; when it returns not 0, the rest is dropped and that is returned.
 * -UPSTREAM_GARBAGE when an event or line is larger than MB_SSE_EVENT_BYTES. */
int mb_sse_push(struct mb_sse *sse, struct mb_str bytes,
                int (*on_event)(void *arg, const char *name, struct mb_str data,
                                struct mb_err *err),
                void *arg, struct mb_err *err) MB_MUST_CHECK;
void mb_sse_release(struct mb_sse *sse); /* and at the start again */

#endif
