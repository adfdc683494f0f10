/* Ids: UUIDv7 (RFC 9562), so that they sort by time of creation; shown as a type prefix and 32
 * lower-case hex digits: run_0193b2c4d5e67f8090a1b2c3d4e5f607. */
#ifndef MB_ID_H
#define MB_ID_H

#include "base/base.h"

struct mb_id {
    uint8_t bytes[16];
};

enum { MB_ID_TEXT = 48 }; /* room for any prefixed id and its NUL */

struct mb_id mb_id_new(void); /* now, and 74 random bits; ids of one process never go backwards */
struct mb_id mb_id_nil(void);
bool mb_id_is_nil(struct mb_id id);
bool mb_id_eq(struct mb_id a, struct mb_id b);
/* Writes "prefix_hex" to `out` and returns it. */
char *mb_id_format(struct mb_id id, const char *prefix, char out[MB_ID_TEXT]);
/* The same as a UUID with dashes, as PostgreSQL prints it. */
char *mb_id_uuid(struct mb_id id, char out[MB_ID_TEXT]);
/* Takes "prefix_hex" with exactly this prefix. */
bool mb_id_parse(struct mb_id *id, const char *prefix, struct mb_str text) MB_MUST_CHECK;
/* Takes a UUID with dashes or 32 hex digits. */
bool mb_id_parse_uuid(struct mb_id *id, struct mb_str text) MB_MUST_CHECK;

/* Cryptographically strong bytes (getrandom). */
void mb_random(void *bytes, size_t n);
/* Lower-case hex of n bytes and a NUL: out holds 2n + 1. */
void mb_hex(const void *bytes, size_t n, char *out);
bool mb_unhex(struct mb_str text, void *bytes, size_t n) MB_MUST_CHECK;

#endif
