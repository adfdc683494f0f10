#include "base/hash.h"

#include <mbedtls/constant_time.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "base/sha256.h"

static void take_blocks(struct mb_sha256 *h, const uint8_t *bytes, size_t n_blocks)
{
    static mb_sha256_blocks *blocks;
    if (MB_UNLIKELY(!blocks)) {
        blocks = mb_sha256_blocks_native();
        if (!blocks)
            blocks = mb_sha256_blocks_portable;
    }
    blocks(h->state, bytes, n_blocks);
}

void mb_sha256_init(struct mb_sha256 *h)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(h->state, start, sizeof(start));
    h->total_bytes = 0;
}

void mb_sha256_add(struct mb_sha256 *h, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    size_t waiting = h->total_bytes % MB_SHA256_BLOCK;
    h->total_bytes += n;
    if (waiting) {
        size_t take = MB_MIN(n, MB_SHA256_BLOCK - waiting);
        if (take)
            memcpy(h->block + waiting, p, take);
        p += take, n -= take;
        if (waiting + take < MB_SHA256_BLOCK)
            return;
        take_blocks(h, h->block, 1);
    }
    if (n >= MB_SHA256_BLOCK) {
        size_t whole = n / MB_SHA256_BLOCK;
        take_blocks(h, p, whole);
        p += whole * MB_SHA256_BLOCK, n %= MB_SHA256_BLOCK;
    }
    if (n)
        memcpy(h->block, p, n);
}

void mb_sha256_finish(struct mb_sha256 *h, uint8_t out[MB_SHA256_BYTES])
{
    uint8_t tail[2 * MB_SHA256_BLOCK] = {0};
    size_t waiting = h->total_bytes % MB_SHA256_BLOCK;
    size_t len = waiting < MB_SHA256_BLOCK - 8 ? MB_SHA256_BLOCK : sizeof(tail);
    uint64_t bits = __builtin_bswap64(h->total_bytes * 8);
    memcpy(tail, h->block, waiting);
    tail[waiting] = 0x80;
    memcpy(tail + len - 8, &bits, 8);
    take_blocks(h, tail, len / MB_SHA256_BLOCK);
    for (int i = 0; i < 8; i++) {
        uint32_t word = __builtin_bswap32(h->state[i]);
        memcpy(out + 4 * i, &word, 4);
    }
}

void mb_sha256_parts(const struct mb_str *parts, size_t n, uint8_t out[MB_SHA256_BYTES])
{
    struct mb_sha256 h;
    mb_sha256_init(&h);
    for (size_t i = 0; i < n; i++)
        mb_sha256_add(&h, parts[i].ptr, parts[i].len);
    mb_sha256_finish(&h, out);
}

void mb_sha256(struct mb_str bytes, uint8_t out[MB_SHA256_BYTES])
{
    mb_sha256_parts(&bytes, 1, out);
}

void mb_hmac_sha256(struct mb_str key, const struct mb_str *parts, size_t n,
                    uint8_t out[MB_SHA256_BYTES])
{
    uint8_t pad[MB_SHA256_BLOCK] = {0}, inner[MB_SHA256_BYTES];
    struct mb_sha256 h;
    if (key.len > sizeof(pad))
        mb_sha256(key, pad);
    else if (key.len)
        memcpy(pad, key.ptr, key.len);
    for (size_t i = 0; i < sizeof(pad); i++)
        pad[i] ^= 0x36;
    mb_sha256_init(&h);
    mb_sha256_add(&h, pad, sizeof(pad));
    for (size_t i = 0; i < n; i++)
        mb_sha256_add(&h, parts[i].ptr, parts[i].len);
    mb_sha256_finish(&h, inner);

    for (size_t i = 0; i < sizeof(pad); i++)
        pad[i] ^= 0x36 ^ 0x5c;
    mb_sha256_init(&h);
    mb_sha256_add(&h, pad, sizeof(pad));
    mb_sha256_add(&h, inner, sizeof(inner));
    mb_sha256_finish(&h, out);
    mbedtls_platform_zeroize(pad, sizeof(pad));
    mbedtls_platform_zeroize(&h, sizeof(h));
}

bool mb_ct_eq(const void *a, const void *b, size_t n)
{
    return mbedtls_ct_memcmp(a, b, n) == 0;
}
