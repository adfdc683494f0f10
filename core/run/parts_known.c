/* A bounded memory of hashes: two tables, of which the younger is filled. When it is full, the
 * older one is forgotten and it takes that one's place; what is found in the older one is young
 * again. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "run/parts_private.h"

enum {
    FIRST_SLOTS = 32,
    MOST_SLOTS = 2048, /* of one table; half of them are used */
};

struct slot {
    struct mb_parts_hash hash;
    struct mb_parts_place place; /* seq 0: the slot is free */
};

struct table {
    struct slot *slots;
    size_t count, cap; /* cap: a power of two, or 0 */
};

struct mb_parts {
    struct table young, old;
};

struct mb_parts *mb_parts_new(void)
{
    return mb_zalloc(sizeof(struct mb_parts));
}

void mb_parts_free(struct mb_parts *parts)
{
    if (!parts)
        return;
    free(parts->young.slots);
    free(parts->old.slots);
    free(parts);
}

struct mb_parts_hash mb_parts_hash_of(struct mb_str a, struct mb_str b)
{
    uint8_t whole[MB_SHA256_BYTES];
    struct mb_parts_hash hash;
    struct mb_str parts[] = {a, b};
    mb_sha256_parts(parts, MB_LEN(parts), whole);
    memcpy(hash.bytes, whole, sizeof(hash.bytes));
    return hash;
}

/* The slot that holds the hash, or the free one where it belongs. There is always a free one. */
static struct slot *find(const struct table *t, const struct mb_parts_hash *hash)
{
    uint64_t start;
    memcpy(&start, hash->bytes, sizeof(start));
    for (size_t i = (size_t)start;; i++) {
        struct slot *slot = &t->slots[i & (t->cap - 1)];
        if (!slot->place.seq || memcmp(&slot->hash, hash, sizeof(*hash)) == 0)
            return slot;
    }
}

static void grow(struct table *t)
{
    struct table larger = {.count = t->count, .cap = t->cap ? t->cap * 2 : FIRST_SLOTS};
    larger.slots = mb_zalloc(larger.cap * sizeof(larger.slots[0]));
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i].place.seq)
            *find(&larger, &t->slots[i].hash) = t->slots[i];
    free(t->slots);
    *t = larger;
}

static void add(struct mb_parts *parts, const struct mb_parts_hash *hash,
                struct mb_parts_place place)
{
    struct table *t = &parts->young;
    if (t->count * 2 >= t->cap && t->cap < MOST_SLOTS) {
        grow(t);
    } else if (t->count * 2 >= t->cap) {
        free(parts->old.slots);
        parts->old = *t;
        *t = (struct table){0};
        grow(t);
    }
    *find(t, hash) = (struct slot){*hash, place};
    t->count++;
}

static struct mb_parts_hash of_kind(enum mb_parts_kind kind, struct mb_parts_hash hash)
{
    hash.bytes[MB_PARTS_HASH_BYTES - 1] ^= (uint8_t)kind;
    return hash;
}

bool mb_parts_get(struct mb_parts *parts, enum mb_parts_kind kind, struct mb_parts_hash hash,
                  struct mb_parts_place *place)
{
    hash = of_kind(kind, hash);
    const struct slot *slot = parts->young.cap ? find(&parts->young, &hash) : NULL;
    if (slot && slot->place.seq) {
        *place = slot->place;
        return true;
    }
    slot = parts->old.cap ? find(&parts->old, &hash) : NULL;
    if (!slot || !slot->place.seq)
        return false;
    *place = slot->place; /* before the old table may go */
    add(parts, &hash, *place);
    return true;
}

void mb_parts_put(struct mb_parts *parts, enum mb_parts_kind kind, struct mb_parts_hash hash,
                  struct mb_parts_place place)
{
    struct mb_parts_place known;
    if (mb_parts_get(parts, kind, hash, &known))
        return;
    hash = of_kind(kind, hash);
    add(parts, &hash, place);
}
