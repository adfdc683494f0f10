/* Stand-ins for what core/http stands on: the database, the engine, the gate. A test decides what
 * they answer, and when. */
#ifndef FAKES_H
#define FAKES_H

#include "io/pg.h"
#include "run/engine.h"

/* ---- the database: every query is answered at the end of the turn by the test's function ---- */

struct fake_answer {
    const char *json; /* the one column of an api function; NULL = fail with `err` */
    /* of http_auth */
    bool is_key, is_revoked, is_disabled;
    struct mb_id customer_id, key_id;
    const char *scopes[8]; /* ends in NULL */
    const char *limits;
    struct mb_err err;
};

struct fake_query {
    const struct mb_pg_stmt *stmt;
    struct mb_str param[8]; /* bytes; of the last query */
    int count;              /* of queries so far */
    int cancelled;
};

struct mb_pg *fake_pg_new(struct mb_loop *loop);
void fake_pg_free(struct mb_pg *pg);
extern struct fake_query fake_query;
extern bool fake_pg_up;
extern bool fake_pg_holds; /* answers wait until it is cleared */
/* What to answer; NULL = the default: a known key, and {"status":200,"body":{}}. */
extern void (*fake_pg_answer)(struct fake_answer *answer);
void fake_pg_notify(struct mb_pg *pg, const char *channel, const char *payload);

/* The customer and key that the default answers with. */
struct mb_id fake_customer(void);

/* ---- the engine: runs that end when the test says so ---- */

struct mb_run {
    struct mb_list node, followers;
    struct mb_id customer_id, id, deployment_id;
    char input[256], key[64];
    bool was_cancelled;
};

extern struct mb_err fake_execute_err; /* code != 0: execute refuses at once */
extern bool fake_execute_refuses;      /* on_refused comes later, with fake_refusal */
extern struct mb_err fake_refusal;
extern bool fake_can_accept;
int fake_runs(void);
struct mb_run *fake_run(void); /* the latest; NULL = none */
void fake_run_accept(struct mb_run *run);
void fake_run_event(struct mb_run *run, enum mb_event_kind kind, int seq, const char *json);
/* These end the run here. */
void fake_run_done(struct mb_run *run, const char *json);
void fake_run_parked(struct mb_run *run, const char *json);
void fake_run_lost(struct mb_run *run);
void fake_engine_reset(void);

/* ---- the gate ---- */

extern const char
    *fake_manifest; /* what a package check gives; NULL = it fails with fake_check_err */
extern struct mb_err fake_check_err;
void fake_gate_init(struct mb_loop *loop);

#endif
