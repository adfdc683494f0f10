/* A hash map from byte strings to pointers. Keys are copied into the map; values are borrowed.
 * Hashing is SipHash-1-3 with a key drawn at start, so an outsider cannot aim at one bucket. */
#ifndef MB_MAP_H
#define MB_MAP_H

#include "base/base.h"

struct mb_map_slot;

/* Zero-initialised is empty and valid. */
struct mb_map {
    struct mb_map_slot **slots;
    size_t count, cap; /* cap: a power of two, or 0 */
};

void mb_map_release(struct mb_map *m);                                 /* values are the caller's */
void *mb_map_get(const struct mb_map *m, const void *key, size_t len); /* NULL = not there */
/* Sets or replaces; returns the value that was there, or NULL. value is not NULL. */
void *mb_map_set(struct mb_map *m, const void *key, size_t len, void *value);
void *mb_map_remove(struct mb_map *m, const void *key, size_t len); /* the value, or NULL */

/* Walks all entries in no order. `each` returns false to stop; it may remove the entry it was
 * called for, and no other. */
void mb_map_each(struct mb_map *m, bool (*each)(void *value, void *arg), void *arg);

uint64_t mb_hash64(const void *bytes, size_t len); /* SipHash-1-3 with the process's key */

#endif
