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
struct mb_deployment;

enum mb_row_kind {
    MB_ROW_CALL = 1,
    MB_ROW_EMIT = 2,
    MB_ROW_LOG = 3,
    MB_ROW_RUN_PRICE = 4,
    MB_ROW_NOTICE = 5 /* the platform's own; the run's code never asks for it */
};
enum mb_row_state { MB_ROW_INTENT = 1, MB_ROW_DONE = 2 };

/* A child run that is to be made: queued, for whichever core claims it. Owned. */
struct mb_unborn {
    struct mb_id id;
    struct mb_deployment *deployment; /* a reference */
    char *input;                      /* JSON text */
    size_t input_len;
    char *limits; /* JSON text */
    uint8_t seed[16];
    int64_t created_us;
};
void mb_unborn_free(struct mb_unborn *unborn); /* takes NULL */

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
    char *stored_args;           /* as the store is to keep them (parts.h); NULL = as they are */
    int64_t started_us;          /* wall clock */
    int64_t duration_us;
    struct mb_usage usage;
    /* With an intent that waits for a person: {"title", "details", "roles", "form", "deadline_us",
     * "escalate_us", "escalate_to"}; with a notice: {"seq", "title", "reminded_us", "reminders"} or
     * {"seq", "title", "escalated_us"}, of the question at that seq. */
    json_t *question;
    struct mb_unborn *unborn; /* with an intent of agent.run: made in the same transaction */
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
    struct mb_id parent_id; /* nil = none */
    int config_revision;    /* of the deployment, when the run began; 0 = not known */
    uint8_t seed[16];
    bool cancel_requested;
    int64_t created_us, started_us; /* wall clock; started 0 = never */
    int64_t clock_us;               /* what its own clock begins at; 0 = at created_us */
    int64_t cpu_us;                 /* used in earlier lives */
    int steps;                      /* in the journal, with what they came to: */
    int64_t tokens_in, tokens_out, price_micros;
    json_t *limits; /* borrowed for the call */
    struct mb_str input;
};

/* What has to be known before a child run is made. */
struct mb_child_plan {
    struct mb_id deployment_id; /* nil = there is none */
    int depth;                  /* runs above the parent */
    int open_children;          /* of the customer */
};

/* A child run as its parent is to know it. Texts are JSON, borrowed for the call. */
struct mb_child_state {
    bool is_known; /* else the parent has no such child */
    bool is_over;
    struct mb_str status, output, error;
    int64_t steps, tokens_in, tokens_out, cost_micros; /* with its own children's */
    int64_t budget_micros;                             /* -1 = none */
};

struct mb_store {
    bool keeps_parts; /* it is to be given rows whose arguments refer to each other: stored_args */
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
    /* Child runs; both NULL in a store that has none. The deployment is given by its id, or when
     * that is nil by its name. */
    int (*plan_child)(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                      struct mb_id deployment_id, struct mb_str name,
                      void (*on_planned)(void *arg, const struct mb_child_plan *plan,
                                         const struct mb_err *err),
                      void *arg, struct mb_err *err);
    int (*read_child)(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                      struct mb_id child_id,
                      void (*on_read)(void *arg, const struct mb_child_state *state,
                                      const struct mb_err *err),
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
