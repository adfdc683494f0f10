/* Watching a run until it ends, wherever it executes: here (the engine tells at once) or elsewhere
 * (the database is read: when it notifies, and otherwise now and then, the more seldom the more
 * runs are watched).
 *
 * Every journaled event is told at least once, and mostly in the order of the journal; `mark` is
 * the position up to which nothing is missing, to resume after. Events of one moment that could be
 * told twice (branches that run in parallel, a resumed stream) carry their own position. */
#ifndef MB_HTTP_RUNWATCH_H
#define MB_HTTP_RUNWATCH_H

#include "http/request.h"
#include "run/engine.h"

enum { MB_SEEN_MAX = 64 };

/* Which positions have been told: all up to low, and some above it. */
struct mb_seen {
    int low;
    int above[MB_SEEN_MAX]; /* ascending */
    int n;
};
/* False when it was there already. */
bool mb_seen_add(struct mb_seen *seen, int seq);

struct mb_run_watch;
struct mb_run_watch_events {
    void (*on_found)(
        struct mb_run_watch *watch); /* the run is there; may be NULL, may come again */
    /* seq < 0: it is not in the journal. mark: as above, or -1 when it has not moved. May be NULL:
     * then nobody asks for events. */
    void (*on_event)(struct mb_run_watch *watch, const char *name, int seq, int mark,
                     struct mb_str json);
    void (*on_done)(struct mb_run_watch *watch, struct mb_str run_json);
    /* There is no such run, or the database cannot be asked. */
    void (*on_failed)(struct mb_run_watch *watch, const struct mb_err *err);
};

enum mb_watch_state {
    MB_WATCH_OFF,
    MB_WATCH_READING,  /* a query is under way */
    MB_WATCH_RESTING,  /* the timer ends with a reading */
    MB_WATCH_TRUSTING, /* the engine tells everything */
};

struct mb_run_watch {
    struct mb_http *http;
    struct mb_list node; /* in http->watches */
    const struct mb_run_watch_events *events;
    struct mb_id customer_id, run_id;
    struct mb_follow follow;
    enum mb_watch_state state;
    bool is_live; /* followed at the engine */
    bool again;   /* something came up during this reading */
    int looks;    /* readings until the engine alone is trusted: what happened just before it was
                     asked may not have been in the journal yet */
    int failures;
    int page_after; /* where the reading is */
    struct mb_seen seen;
    struct mb_buf done; /* the run, ended, while what is missing is being read */
    struct mb_timer timer;
    struct mb_pg_query *query;
};

/* Starts to watch; callbacks come from the loop. `after` is the last position that the caller has
 * (0 = none). The watch is the caller's memory; stop it before that goes. Inside a callback it may
 * be stopped; after on_done and on_failed it is. */
void mb_run_watch_start(struct mb_run_watch *watch, struct mb_http *http, struct mb_id customer_id,
                        struct mb_id run_id, int after, const struct mb_run_watch_events *events);
void mb_run_watch_stop(struct mb_run_watch *watch); /* harmless when stopped */
/* The same for a run that the caller is about to execute with watch->follow: nothing is missing.
 * The caller has set the callbacks of `follow` that concern the acceptance, the rest is set here.
 */
void mb_run_watch_born(struct mb_run_watch *watch, struct mb_http *http, struct mb_id customer_id,
                       const struct mb_run_watch_events *events);
/* A run that was thought to be born is an earlier one: what came before is told too. */
void mb_run_watch_catch_up(struct mb_run_watch *watch);

/* The database has told something of a run (nil = anything may have been missed). */
void mb_run_watch_notify(struct mb_http *http, struct mb_id run_id);

#endif
