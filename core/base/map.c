#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"

struct mb_map_slot {
    struct mb_map_slot *next;
    uint64_t hash;
    void *value;
    size_t len;
    char key[];
};

#define ROTL(x, b) (uint64_t)(((x) << (b)) | ((x) >> (64 - (b))))

static void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[1] = ROTL(v[1], 13), v[1] ^= v[0], v[0] = ROTL(v[0], 32);
    v[2] += v[3], v[3] = ROTL(v[3], 16), v[3] ^= v[2];
    v[0] += v[3], v[3] = ROTL(v[3], 21), v[3] ^= v[0];
    v[2] += v[1], v[1] = ROTL(v[1], 17), v[1] ^= v[2], v[2] = ROTL(v[2], 32);
}

/* Aumasson and Bernstein, "SipHash: a fast short-input PRF", with 1 and 3 rounds. */
uint64_t mb_hash64(const void *bytes, size_t len)
{
    static uint64_t key[2];
    if (MB_UNLIKELY(!key[0]))
        mb_random(key, sizeof(key));
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
                     key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL};
    const uint8_t *p = bytes;
    uint64_t word;
    size_t left = len;
    for (; left >= 8; left -= 8, p += 8) {
        memcpy(&word, p, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    word = (uint64_t)len << 56;
    for (size_t i = 0; i < left; i++)
        word |= (uint64_t)p[i] << (8 * i);
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xFF;
    sip_round(v), sip_round(v), sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void mb_map_release(struct mb_map *m)
{
    for (size_t i = 0; i < m->cap; i++) {
        while (m->slots[i]) {
            struct mb_map_slot *s = m->slots[i];
            m->slots[i] = s->next;
            free(s);
        }
    }
    free(m->slots);
    *m = (struct mb_map){0};
}

static struct mb_map_slot **find(const struct mb_map *m, uint64_t hash, const void *key, size_t len)
{
    struct mb_map_slot **at = &m->slots[hash & (m->cap - 1)];
    while (*at &&
           ((*at)->hash != hash || (*at)->len != len || (len && memcmp((*at)->key, key, len) != 0)))
        at = &(*at)->next;
    return at;
}

void *mb_map_get(const struct mb_map *m, const void *key, size_t len)
{
    if (!m->count)
        return NULL;
    struct mb_map_slot *s = *find(m, mb_hash64(key, len), key, len);
    return s ? s->value : NULL;
}

static void grow(struct mb_map *m)
{
    size_t cap = m->cap ? m->cap * 2 : 8;
    struct mb_map_slot **slots = mb_zalloc(cap * sizeof(slots[0]));
    for (size_t i = 0; i < m->cap; i++) {
        while (m->slots[i]) {
            struct mb_map_slot *s = m->slots[i];
            m->slots[i] = s->next;
            s->next = slots[s->hash & (cap - 1)];
            slots[s->hash & (cap - 1)] = s;
        }
    }
    free(m->slots);
    m->slots = slots;
    m->cap = cap;
}

void *mb_map_set(struct mb_map *m, const void *key, size_t len, void *value)
{
    mb_assert(value);
    uint64_t hash = mb_hash64(key, len);
    if (m->count == m->cap)
        grow(m);
    struct mb_map_slot **at = find(m, hash, key, len);
    if (*at) {
        void *old = (*at)->value;
        (*at)->value = value;
        return old;
    }
    struct mb_map_slot *s = mb_alloc(sizeof(*s) + len);
    *s = (struct mb_map_slot){.hash = hash, .value = value, .len = len};
    if (len)
        memcpy(s->key, key, len);
    *at = s;
    m->count++;
    return NULL;
}

void *mb_map_remove(struct mb_map *m, const void *key, size_t len)
{
    if (!m->count)
        return NULL;
    struct mb_map_slot **at = find(m, mb_hash64(key, len), key, len);
    struct mb_map_slot *s = *at;
    if (!s)
        return NULL;
    void *value = s->value;
    *at = s->next;
    free(s);
    m->count--;
    return value;
}

void mb_map_each(struct mb_map *m, bool (*each)(void *value, void *arg), void *arg)
{
    for (size_t i = 0; i < m->cap; i++) {
        for (struct mb_map_slot *s = m->slots[i], *next; s; s = next) {
            next = s->next;
            if (!each(s->value, arg))
                return;
        }
    }
}
