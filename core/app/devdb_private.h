/* What the files of core/app/devdb*.c share. */
#ifndef MB_APP_DEVDB_PRIVATE_H
#define MB_APP_DEVDB_PRIVATE_H

#include "app/devdb.h"
#include "base/base.h"

struct mb_devdb {
    char *dir;  /* absolute */
    char *run;  /* the folder of the sockets */
    char *data; /* the cluster's */
    int lock;   /* the descriptor that holds DIR/lock */
    bool redis; /* it runs */
    char *conninfo, *admin_conninfo, *redis_url;
};

char *mb_devdb_format(const char *fmt, ...) MB_PRINTF(1, 2); /* the caller frees */

/* ---- programs (devdb_process.c) -------------------------------------------------------------- */

/* Who PostgreSQL runs as: ourselves, or the user postgres when we are root. */
struct mb_devdb_user {
    uid_t uid;
    gid_t gid;
};
int mb_devdb_user(struct mb_devdb_user *user, struct mb_err *err) MB_MUST_CHECK;

/* Runs a program to its end, as the user (NULL = as ourselves), its output appended to `log`.
 * Returns its exit code, 128 + signal, or 127 when it cannot be run. */
int mb_devdb_run(const struct mb_devdb_user *user, const char *log, const char *const *argv);
/* Can the user enter this folder by its path? */
bool mb_devdb_can_enter(const struct mb_devdb_user *user, const char *dir);
/* The first of the names that is an executable file: in $PATH when it has no slash. NULL = none;
 * the caller frees. */
char *mb_devdb_find(const char *name);
/* The last bytes of a file that say something, on one line; the caller frees. */
char *mb_devdb_tail(const char *path);

/* ---- the servers ----------------------------------------------------------------------------- */

int mb_devdb_postgres_start(struct mb_devdb *devdb, struct mb_err *err) MB_MUST_CHECK;
void mb_devdb_postgres_stop(struct mb_devdb *devdb);
/* Is the server of this folder of sockets answering? */
bool mb_devdb_postgres_answers(const char *run);
/* Redis is optional: it is there or it is not. */
void mb_devdb_redis_start(struct mb_devdb *devdb);
void mb_devdb_redis_stop(struct mb_devdb *devdb);

#endif
