/* Where runs and their journal are kept: PostgreSQL (store_pg.c) or memory (store_mem.c). The
 * engine knows only this. */
#ifndef MB_RUN_STORE_H
#define MB_RUN_STORE_H

#include "base/err.h"
#include "base/id.h"
#include "base/list.h"
#include "gate/gate.h"
#include "run/replay.h"

struct mb_run;

enum mb_row_kind { MB_ROW_CALL = 1, MB_ROW_EMIT = 2, MB_ROW_LOG = 3, MB_ROW_RUN_PRICE = 4 };
enum mb_row_state { MB_ROW_INTENT = 1, MB_ROW_DONE = 2 };

/* One row of the journal on its way there. The texts are owned. */
struct mb_row {
    struct mb_list node;
    int seq;
    enum mb_row_kind kind;
    enum mb_row_state state;
    bool completes; /* the store holds the intent of this seq: it becomes done */
    uint8_t key[MB_KEY_BYTES];
    char tool[65];
    char *args, *result, *error; /* JSON text, NULL = none */
    int64_t started_us;          /* wall clock */
    int64_t duration_us;
    struct mb_usage usage;
    /* With an intent that waits for a person: {"title", "details", "roles", "form", "deadline_us"}.
     */
    json_t *question;
};
void mb_row_free(struct mb_row *row); /* takes NULL */

/* The part of a flush that concerns one run: what it looked like when the flush began. */
struct mb_flush_item {
    struct mb_run *run;
    bool insert;     /* the run's row is new */
    bool update;     /* the run's row changes */
    bool is_partial; /* more rows follow: the run is to be written as running */
    size_t n_rows;
    struct mb_list rows; /* of mb_row */
};

enum { MB_FLUSHES = 2 };

struct mb_flush {
    struct mb_flush_item *items;
    size_t n_items, n_rows;
    size_t note_bytes; /* of progress events and log lines; private to the journal */
    int slot;      /* 0 or 1: two may be under way, and are applied in the order they were given */
    uint64_t life; /* private to the journal */
    uint64_t number; /* counts up; a store that has applied it answers a repetition at once */
};

/* A run that this core is to execute: claimed from the store. */
struct mb_claimed {
    struct mb_id customer_id, run_id, deployment_id, package_owner, package_id;
    uint8_t seed[16];
    bool cancel_requested;
    int64_t created_us, started_us; /* wall clock; started 0 = never */
    int64_t cpu_us;                 /* used in earlier lives */
    json_t *limits;                 /* borrowed for the call */
    struct mb_str input;
};

struct mb_store {
    bool (*is_up)(struct mb_store *store);
    /* Writes a flush in one transaction, sooner or later: a store that is away is waited for.
     * mb_journal_flushed is called once, not from inside. Errors: FENCED; CONFLICT,
     * when the flush before it was refused; else what was wrong with it. */
    void (*flush)(struct mb_store *store, struct mb_flush *flush);
    /* Reads what the journal holds of a run. `input` is the run's, borrowed for the call. */
    int (*load)(struct mb_store *store, struct mb_id customer_id, struct mb_id run_id,
                void (*on_loaded)(void *arg, struct mb_replay *replay /* taken */,
                                  struct mb_str input, const struct mb_err *err),
                void *arg, struct mb_err *err);
    /* Leases from a customer's balance: at least min_micros, else nothing; on_leased tells how
     * much. */
    int (*lease)(struct mb_store *store, struct mb_id customer_id, int64_t want_micros,
                 int64_t min_micros,
                 void (*on_leased)(void *arg, int64_t granted_micros, const struct mb_err *err),
                 void *arg, struct mb_err *err);
    /* Gives a lease back, as far as it is not spent. */
    void (*give_back)(struct mb_store *store, struct mb_id customer_id, int64_t micros);
    /* Claims an Idempotency-Key for a new run. `earlier` is nil when the key is new, else the run
     * that has it; errors: IDEMPOTENCY_MISMATCH, CONFLICT (its run is not in the journal yet). */
    int (*idempotent)(struct mb_store *store, struct mb_id customer_id, const char *scope,
                      struct mb_str key, const uint8_t request_sha256[32], struct mb_id run_id,
                      void (*on_claimed)(void *arg, struct mb_id earlier, const struct mb_err *err),
                      void *arg, struct mb_err *err);
    /* Gives the key back: the request was refused after all. */
    void (*idempotent_drop)(struct mb_store *store, struct mb_id customer_id, const char *scope,
                            struct mb_str key, struct mb_id run_id);
    void (*free)(struct mb_store *store);
};

#endif
