/* A growable byte buffer: one owner, contiguous, cheap to append to and to consume from. */
#ifndef MB_BUF_H
#define MB_BUF_H

#include "base/base.h"

/* Zero-initialised is empty and valid. Bytes are data[start .. end). */
struct mb_buf {
    char *data;
    size_t start, end, cap;
};

static inline size_t mb_buf_len(const struct mb_buf *b)
{
    return b->end - b->start;
}

static inline char *mb_buf_head(const struct mb_buf *b)
{
    return b->data + b->start;
}

static inline struct mb_str mb_buf_str(const struct mb_buf *b)
{
    return MB_STR_OF(b->data ? b->data + b->start : "", b->end - b->start);
}

void mb_buf_release(struct mb_buf *b); /* frees the bytes; the buffer is empty and valid again */
void mb_buf_clear(struct mb_buf *b);   /* drops the contents, keeps the memory */
/* Room for `n` more bytes at the end: returns where to write; follow with mb_buf_commit. */
char *mb_buf_reserve(struct mb_buf *b, size_t n);
void mb_buf_commit(struct mb_buf *b, size_t n);
void mb_buf_consume(struct mb_buf *b, size_t n); /* drops n bytes from the front */
void mb_buf_add(struct mb_buf *b, const void *bytes, size_t n);
void mb_buf_add_str(struct mb_buf *b, struct mb_str s);
void mb_buf_add_c(struct mb_buf *b, const char *s);
void mb_buf_add_char(struct mb_buf *b, char c);
void mb_buf_addf(struct mb_buf *b, const char *fmt, ...) MB_PRINTF(2, 3);
/* Appends `s` as a JSON string with its quotes (RFC 8259). Invalid UTF-8 becomes U+FFFD. */
void mb_buf_add_json_str(struct mb_buf *b, struct mb_str s);
/* A big-endian integer, as PostgreSQL's binary formats want them. */
void mb_buf_add_be32(struct mb_buf *b, uint32_t v);
/* A terminating NUL after the contents (not counted in the length); returns the C string. */
char *mb_buf_cstr(struct mb_buf *b);
/* The contents as a malloc'd C string that the caller owns; the buffer is empty afterwards. */
char *mb_buf_take(struct mb_buf *b, size_t *len);

#endif
