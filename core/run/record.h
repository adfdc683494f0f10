/* The record of a run that has ended, read from the journal with all that a replay compares: its
 * calls with their arguments and prices, its notes, what it began with and what came of it. */
#ifndef MB_RUN_RECORD_H
#define MB_RUN_RECORD_H

#include <jansson.h>

#include "base/err.h"
#include "base/id.h"
#include "base/map.h"
#include "run/replay.h"
#include "run/side.h"

struct mb_pg;
struct mb_record_load;

/* A call that was answered. */
struct mb_record_call {
    uint8_t key[MB_KEY_BYTES];
    int seq;
    int number;   /* among the calls of its tool, from 1, in the order of the journal */
    char *tool;   /* as the texts below: owned */
    char *args;   /* JSON, as the journal keeps them: mb_record_args has the whole */
    char *answer; /* JSON: the result or the error */
    size_t args_len, answer_len;
    bool is_error;
    int64_t ended_us; /* wall clock: what the run's clock was moved to */
    int64_t price_micros;
};

struct mb_record {
    struct mb_id customer_id, run_id, deployment_id, package_owner, package_id;
    int config_revision; /* 0 = not known: the present one */
    uint8_t seed[16];
    int64_t clock_us;      /* the run's clock at its beginning */
    int64_t cpu_ms, steps; /* its limits; 0 = not known */
    char *input;           /* JSON, owned */
    size_t input_len;
    char status[16];              /* "succeeded", "failed" or "cancelled" */
    json_t *output, *error;       /* NULL = none */
    int64_t price_micros;         /* of it all */
    int64_t fee_micros;           /* of the run itself, in that */
    struct mb_record_call *calls; /* in the order of the journal */
    size_t n_calls;
    struct mb_side_hold hold;
    struct mb_map notes; /* progress events and log lines, by key; the values mean nothing */
};

/* Reads it, when the side engine has the memory for it (mb_side_hold). on_loaded is called exactly
 * once, not from inside: with the record (taken), or NOT_FOUND, CONFLICT while the run has not
 * ended, TOO_LARGE, OVERLOADED. */
int mb_record_load(struct mb_pg *pg, struct mb_side *side, struct mb_id customer_id,
                   struct mb_id run_id,
                   void (*on_loaded)(void *arg, struct mb_record *record, const struct mb_err *err),
                   void *arg, struct mb_record_load **load, struct mb_err *err) MB_MUST_CHECK;
void mb_record_cancel(struct mb_record_load *load);
void mb_record_free(struct mb_record *record); /* takes NULL */

/* The call's arguments (a new reference); NULL when their text has more than most_bytes. */
json_t *mb_record_args(const struct mb_record *record, const struct mb_record_call *call,
                       size_t most_bytes);

#endif
