/* HTTP/1.1 answers, decoded as they come (RFC 9112): bytes in, pieces of the body out. Knows
 * neither sockets nor time, and keeps nothing but the header fields.
 *
 * What could be understood in two ways is refused: folded lines, a space before the colon, lengths
 * that differ, a length beside a transfer coding, any coding but chunked. */
#ifndef MB_IO_HTTP1_H
#define MB_IO_HTTP1_H

#include "base/buf.h"

enum mb_http1_what {
    MB_HTTP1_MORE,      /* all bytes are used; the answer goes on */
    MB_HTTP1_BODY,      /* a piece of the body; ask again */
    MB_HTTP1_END,       /* the answer is whole; bytes that are left do not belong to it */
    MB_HTTP1_GARBAGE,   /* no HTTP, or a message that must not be trusted: `why` says it */
    MB_HTTP1_TOO_LARGE, /* head, or trailers, over max_head_bytes */
};

struct mb_http1 {
    struct mb_buf fields; /* "name\0value\0" each, then the line that is being read */
    size_t line_at;       /* where in `fields` that line begins; then bytes of a chunk's line */
    uint64_t left;        /* bytes of the body, or of this chunk; of a trailer, those read */
    size_t head_bytes;    /* of this answer so far, interim answers and trailers included */
    size_t max_head_bytes;
    const char *why; /* of GARBAGE; static text */
    int status;      /* of the final answer; 0 = its status line has not come */
    uint8_t state;   /* see http1.c */
    bool is_head;    /* the answer to a HEAD request: no body whatever the fields say */
    bool is_http10, is_interim, has_length, has_digit, is_chunked, closes;
};

/* Into zeroed memory or after release. */
void mb_http1_init(struct mb_http1 *h, size_t max_head_bytes, bool is_head);
void mb_http1_release(struct mb_http1 *h);
/* Takes bytes from the front of `in`. With BODY, `body` is a part of `in`, never empty. END,
 * GARBAGE and TOO_LARGE are final. */
enum mb_http1_what mb_http1_read(struct mb_http1 *h, struct mb_str *in, struct mb_str *body);
/* The connection was closed: is the answer whole by that? */
bool mb_http1_ends_with_close(const struct mb_http1 *h);
/* After END: may the connection carry another request? (Provided that no bytes were left.) */
bool mb_http1_is_kept(const struct mb_http1 *h);
/* How much of a body of announced length is still to come; 0 = nothing, or not known. */
uint64_t mb_http1_left(const struct mb_http1 *h);

/* The last field of that name, with a NUL behind it; empty when there is none. The fields are there
 * once the head is whole, and stay where they are until release. */
struct mb_str mb_http1_field(const struct mb_http1 *h, const char *name);
void mb_http1_each(const struct mb_http1 *h,
                   void (*each)(const char *name, const char *value, void *arg), void *arg);

/* A token (RFC 9110, 5.6.2), such as a field's name or a method. */
bool mb_http1_is_token(struct mb_str s);

#endif
