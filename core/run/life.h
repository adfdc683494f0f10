/* This core's life among the others that share the database: its fencing number and heartbeat,
 * taking over the runs of dead cores, claiming runs that are due, hearing what others say. */
#ifndef MB_RUN_LIFE_H
#define MB_RUN_LIFE_H

#include "base/err.h"

struct mb_loop;
struct mb_pg;
struct mb_store;
struct mb_engine;
struct mb_catalog;
struct mb_life;

struct mb_life_config {
    const char *node; /* this place: a new life at the same node and worker ends the earlier one */
    int worker;
    int lease_ms, heartbeat_ms, poll_ms;
};

/* Starts to register; retries until the database answers. Borrows all; `store` is one of
 * mb_store_pg_new. on_alive is called each time that a life begins. */
struct mb_life *mb_life_new(struct mb_loop *loop, struct mb_pg *pg, struct mb_store *store,
                            struct mb_engine *engine, struct mb_catalog *catalog,
                            const struct mb_life_config *config, void (*on_alive)(void *arg),
                            void *arg);
void mb_life_free(struct mb_life *life);
/* The database came back (or went): for the owner of the pool to pass on. */
void mb_life_on_pg(struct mb_life *life, bool up);
/* Claims no more runs; the heartbeat goes on until mb_life_stop. */
void mb_life_drain(struct mb_life *life);
/* Ends the life in good order: what is left is free for others at once. on_stopped comes once. */
void mb_life_stop(struct mb_life *life, void (*on_stopped)(void *arg), void *arg);

#endif
