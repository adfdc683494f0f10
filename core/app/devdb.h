/* A private PostgreSQL, and a Redis if one is installed, for `serve --dev` and for tests: in a data
 * folder, on Unix sockets only.
 *
 *   DIR/lock          held while somebody uses the folder
 *   DIR/postgres/     the cluster        DIR/postgres.log
 *   DIR/run/          the sockets; or, when DIR is too long for a socket's address, a folder under
 *                     /tmp whose name is kept in DIR/run.path
 *
 * Run as root, PostgreSQL runs as the user postgres, since it refuses root. Both servers survive
 * us if we are killed; the next start on DIR adopts them. Blocks; for start-up. */
#ifndef MB_APP_DEVDB_H
#define MB_APP_DEVDB_H

#include "base/err.h"

struct mb_devdb;

/* Starts, or adopts, what belongs to `dir` (made if it is not there). Signals must have their usual
 * meaning or be blocked; both are set right for the servers.
 *   UNAVAILABLE  another process uses the folder
 *   CONFIG       PostgreSQL is not installed, or the folder cannot be used
 *   DATABASE     the server does not start; the message has the end of its log */
int mb_devdb_start(const char *dir, struct mb_devdb **out, struct mb_err *err) MB_MUST_CHECK;
/* Stops both servers and frees; takes NULL. */
void mb_devdb_stop(struct mb_devdb *devdb);
/* Frees and leaves the servers running, as a crash would. For tests of the next start. */
void mb_devdb_abandon(struct mb_devdb *devdb);

const char *mb_devdb_conninfo(const struct mb_devdb *devdb);       /* as moonbase_core, for cores */
const char *mb_devdb_admin_conninfo(const struct mb_devdb *devdb); /* a superuser: to migrate */
const char *mb_devdb_redis_url(const struct mb_devdb *devdb);      /* "unix:/..."; "" = no Redis */

/* Is a server running for this folder? Its conninfo as moonbase_core, or as a superuser, which the
 * caller frees; NULL when there is none. For commands beside a running `serve --dev`. */
char *mb_devdb_running(const char *dir);
char *mb_devdb_running_admin(const char *dir);

#endif
