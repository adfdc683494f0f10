/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) and comparison in constant time. */
#ifndef MB_HASH_H
#define MB_HASH_H

#include "base/base.h"

enum {
    MB_SHA256_BYTES = 32,
    MB_SHA256_BLOCK = 64,
    MB_SHA256_HEX = 65, /* room for the hex form (mb_hex) and its NUL */
};

/* A hash that is being made. On the stack; nothing to release. */
struct mb_sha256 {
    uint32_t state[8];
    uint64_t total_bytes;
    uint8_t block[MB_SHA256_BLOCK]; /* total_bytes % 64 of them wait */
};

void mb_sha256_init(struct mb_sha256 *h);
void mb_sha256_add(struct mb_sha256 *h, const void *bytes, size_t n);
void mb_sha256_finish(struct mb_sha256 *h, uint8_t out[MB_SHA256_BYTES]);

/* Of one run of bytes, and of several as if they were one. */
void mb_sha256(struct mb_str bytes, uint8_t out[MB_SHA256_BYTES]);
void mb_sha256_parts(const struct mb_str *parts, size_t n, uint8_t out[MB_SHA256_BYTES]);

/* HMAC-SHA256 of the parts as if they were one. */
void mb_hmac_sha256(struct mb_str key, const struct mb_str *parts, size_t n,
                    uint8_t out[MB_SHA256_BYTES]);

/* Are these n bytes the same? Takes as long when they differ. */
bool mb_ct_eq(const void *a, const void *b, size_t n) MB_MUST_CHECK;

#endif
