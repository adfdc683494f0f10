/* What the parts_*.c files share: the memory of hashes, and how things are hashed. */
#ifndef MB_RUN_PARTS_PRIVATE_H
#define MB_RUN_PARTS_PRIVATE_H

#include "run/parts.h"

/* 128 bits of SHA-256, with the kind mixed in: a reference is made without looking at the text
 * again. */
enum { MB_PARTS_HASH_BYTES = 16 };
struct mb_parts_hash {
    uint8_t bytes[MB_PARTS_HASH_BYTES];
};

enum mb_parts_kind {
    MB_PARTS_PREFIX = 1,   /* so many first messages of a step's: at = how many */
    MB_PARTS_SAID = 2,     /* a message of a step's arguments: at = its position */
    MB_PARTS_ANSWER = 3,   /* the message of a step's result */
    MB_PARTS_RESULT = 4,   /* a step's result, as the text of a message */
    MB_PARTS_STRIPPED = 5, /* the same without nulls */
    MB_PARTS_REPEAT = 6,   /* a member of a step's arguments */
};

/* What is shorter than a reference is not worth one. */
enum { MB_PARTS_SHORT = 40 };

struct mb_parts_place {
    int seq;
    int at;
};

struct mb_parts_hash mb_parts_hash_of(struct mb_str a, struct mb_str b);

/* parts_known.c. Where this was seen; false = it was not, or long ago. */
bool mb_parts_get(struct mb_parts *parts, enum mb_parts_kind kind, struct mb_parts_hash hash,
                  struct mb_parts_place *place);
/* Keeps the first place that is given. */
void mb_parts_put(struct mb_parts *parts, enum mb_parts_kind kind, struct mb_parts_hash hash,
                  struct mb_parts_place place);

#endif
