/* The compression function of SHA-256, in the fastest way that this CPU has. Private to hash.c. */
#ifndef MB_SHA256_H
#define MB_SHA256_H

#include "base/base.h"

/* Takes n blocks of 64 bytes into the state. */
typedef void mb_sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t n_blocks);

mb_sha256_blocks mb_sha256_blocks_portable; /* mbedtls */
/* The CPU's own instructions; NULL when it has none that we use. */
mb_sha256_blocks *mb_sha256_blocks_native(void);

#endif
