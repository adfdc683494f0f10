/* The run engine, seen from above: accept a run, follow it, cancel it.
 *
 * A follower hears of one run that this core executes. All its callbacks come from the loop, never
 * from inside a call into the engine; inside one, anything may be stopped or freed. */
#ifndef MB_RUN_ENGINE_H
#define MB_RUN_ENGINE_H

#include <jansson.h>

#include "base/err.h"
#include "base/id.h"
#include "base/list.h"

struct mb_engine;
struct mb_run;

enum mb_event_kind {
    MB_EVENT_STEP,  /* a call was answered: json is the step as GET .../steps shows it */
    MB_EVENT_EMIT,  /* progress that the agent told: json is {"name"?, "data"} */
    MB_EVENT_LOG,   /* json is {"level", "text"} */
    MB_EVENT_DELTA, /* part of a model's answer as it comes: json is {"step", "text"}; not journaled
                     */
    MB_EVENT_NOTICE, /* the platform tells something: json is {"name", "data"} */
    MB_EVENT_STATUS  /* json is {"status", "reason"?} */
};

struct mb_run_event {
    enum mb_event_kind kind;
    int seq; /* journal position; 0 for what is not journaled */
    struct mb_str json;
};

struct mb_follow {
    struct mb_list node;      /* private */
    struct mb_run *run;       /* private: NULL when not following */
    struct mb_accept *accept; /* private: an execute that is not accepted yet */
    struct mb_id run_id;      /* set by execute and follow; nil until a run was made */
    /* Before on_accepted: the run was not accepted, nothing is stored. */
    void (*on_refused)(struct mb_follow *follow, const struct mb_err *err);
    /* The run is in the journal. May be NULL: who waits for the end anyway saves a commit by that.
     * For a repeated Idempotency-Key: the earlier run (and then on_lost, unless it is here). */
    void (*on_accepted)(struct mb_follow *follow, struct mb_id run_id);
    void (*on_event)(struct mb_follow *follow, const struct mb_run_event *event); /* may be NULL */
    /* The run waits for something that may take long (reason: approval, timer, budget,
     * effect_uncertain), and the journal holds that. It is not followed any more (may be NULL). */
    void (*on_parked)(struct mb_follow *follow, struct mb_str run_json);
    /* The run ended, and the journal holds it; run_json is the run as GET shows it. Not followed
     * any more. */
    void (*on_done)(struct mb_follow *follow, struct mb_str run_json);
    /* The core lost the run (another core took over, or the run is not here): ask the database. */
    void (*on_lost)(struct mb_follow *follow, struct mb_id run_id);
};

struct mb_exec_request {
    struct mb_id customer_id;
    struct mb_id deployment_id;
    struct mb_str input;           /* JSON text, at most 1 MiB */
    struct mb_str idempotency_key; /* empty = none; at most 255 bytes */
};

/* Starts a run. Refusals that need no look-up come as the return value; all others by on_refused.
 */
int mb_engine_execute(struct mb_engine *engine, const struct mb_exec_request *req,
                      struct mb_follow *follow, struct mb_err *err) MB_MUST_CHECK;
/* Follows a run that this core executes. False when it is not here. */
bool mb_engine_follow(struct mb_engine *engine, struct mb_id customer_id, struct mb_id run_id,
                      struct mb_follow *follow);
void mb_engine_unfollow(struct mb_follow *follow); /* harmless when not following */
/* Cancels a run that this core executes: it stops at once. False when it is not here (the database
 * function engine.cancel reaches the core that has it). */
bool mb_engine_cancel(struct mb_engine *engine, struct mb_id customer_id, struct mb_id run_id);

struct mb_engine_config {
    int64_t max_runs;          /* at once on this core */
    int64_t linger_us;         /* how long a run that is not urgent waits for a flush */
    int64_t flush_max_runs;    /* in one flush */
    int64_t max_sandboxes;     /* of this core */
    int64_t idle_us;           /* after which an idle sandbox ends */
    int64_t park_grace_us;     /* waits shorter than this stay in the sandbox */
    int64_t lease_micros;      /* slice of a balance that a core takes at a time */
    int64_t notes_max;         /* emit and log rows of a run */
    int64_t note_bytes_max;    /* and their bytes together */
    int64_t children_max;      /* child runs that a run may start */
    int64_t open_children_max; /* of a customer at once */
};

struct mb_loop;
struct mb_gate;
struct mb_store;
struct mb_catalog;
struct mb_zygote;
/* Borrows all of them; takes none. */
struct mb_engine *mb_engine_new(struct mb_loop *loop, struct mb_gate *gate, struct mb_store *store,
                                struct mb_catalog *catalog, struct mb_zygote *zygote,
                                const struct mb_engine_config *config);
/* Drops what is in hand without writing: its runs are taken over by another core (or life). */
void mb_engine_free(struct mb_engine *engine);
/* Refuses new runs from now on; on_idle is called (once, not from inside) when the journal holds
 * all that this core had to write, its runs handed back. */
void mb_engine_drain(struct mb_engine *engine, void (*on_idle)(void *arg), void *arg);

/* Executes a run that this core has claimed from the store. */
struct mb_claimed;
void mb_engine_take(struct mb_engine *engine, const struct mb_claimed *claimed);
void mb_claimed_free(struct mb_claimed *claimed); /* of one that owns its limits; takes NULL */
/* The store is usable again: calls that were held go on. */
void mb_engine_on_store_up(struct mb_engine *engine);
/* A person has decided something in a run: if it is here, its call is answered. */
/* A child run of `parent_id` has ended: if the parent is here, the call that waits is answered. */
void mb_engine_on_child(struct mb_engine *engine, struct mb_id parent_id, struct mb_id child_id);
void mb_engine_on_decided(struct mb_engine *engine, struct mb_id run_id);
bool mb_engine_has_run(const struct mb_engine *engine, struct mb_id run_id);
size_t mb_engine_room(const struct mb_engine *engine); /* how many more runs it would take */
/* This core was declared dead: all runs are dropped, followers hear on_lost. */
void mb_engine_on_fenced(struct mb_engine *engine);
/* Called when a flush was refused because this core was declared dead. */
void mb_engine_set_on_fenced(struct mb_engine *engine, void (*on_fenced)(void *arg), void *arg);

/* What the engine has in hand, for /metrics and /readyz. */
struct mb_engine_stats {
    uint64_t runs_started, runs_done, runs_failed, runs_cancelled, runs_parked;
    uint64_t steps, steps_replayed, flushes, flushed_rows;
    uint64_t sandboxes_started, sandboxes_lost;
    size_t runs_active, sandboxes_live, journal_backlog_rows;
    bool can_accept; /* the database is there and no queue is full */
};
void mb_engine_get_stats(const struct mb_engine *engine, struct mb_engine_stats *stats);

#endif
