/* What the journal already holds of a run: answers by key, so that the run can be rebuilt by
 * running its code again. */
#ifndef MB_RUN_REPLAY_H
#define MB_RUN_REPLAY_H

#include "base/err.h"
#include "base/map.h"

/* sha256 of tool, canonical arguments and branch (16 bytes), and the occurrence of that within the
 * run (2 bytes, big-endian). */
enum { MB_KEY_BYTES = 18, MB_KEY_HASH_BYTES = 16 };

struct mb_recorded {
    uint8_t key[MB_KEY_BYTES];
    int seq;
    int intent_seq;     /* of the row that said it may begin; 0 = there was none */
    int64_t started_us; /* wall clock */
    int64_t ended_us;   /* wall clock; only when is_done */
    bool is_notice;     /* the platform's own: the run's code never asks for it */
    bool is_call;       /* a step; else the run's price, a progress event or a log line */
    bool is_done;       /* else only the intent is there */
    bool is_error;
    bool is_decided; /* approve, ask: a person has answered; text is the decision */
    char *text;      /* owned: result, error or decision as JSON; NULL when there is none */
    size_t len;
};

struct mb_replay {
    struct mb_map by_key;
    struct mb_map notices; /* a set of keys */
    size_t unused;         /* done records that the run has not asked for yet */
    /* what the rows add up to */
    int last_seq, steps;
    size_t bytes; /* of results and errors of calls */
    int64_t tokens_in, tokens_out, price_micros;
};

struct mb_replay *mb_replay_new(void);
void mb_replay_free(struct mb_replay *replay); /* takes NULL */
/* Adds what a row says; a done row completes the intent of the same key. Takes `text`. */
void mb_replay_add(struct mb_replay *replay, const struct mb_recorded *row);
/* The record of this key, out of the replay: the caller frees it with mb_recorded_free. NULL when
 * there is none. */
struct mb_recorded *mb_replay_take(struct mb_replay *replay, const uint8_t key[MB_KEY_BYTES]);
void mb_recorded_free(struct mb_recorded *record);

#endif
