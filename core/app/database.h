/* The database for commands that ask it a few things and end: a connection that blocks. */
#ifndef MB_APP_DATABASE_H
#define MB_APP_DATABASE_H

#include <libpq-fe.h>

#include "base/config.h"
#include "base/err.h"

/* Sees to it that config->database_url is set: as the settings say, else the private server of the
 * data folder, if `moonbase serve --dev` runs there. UNAVAILABLE when there is neither. */
int mb_database_find(struct mb_config *config, struct mb_err *err) MB_MUST_CHECK;

/* NULL with err (DATABASE). PQfinish it. */
PGconn *mb_database_connect(const char *conninfo, struct mb_err *err) MB_MUST_CHECK;

/* One statement, its parameters and rows as text. NULL with err: what a function raised with
 * SQLSTATE MBnnn as its code, else DATABASE when the connection is gone, else INTERNAL. PQclear the
 * rows. */
PGresult *mb_database_query(PGconn *conn, const char *sql, int n_params, const char *const *params,
                            struct mb_err *err) MB_MUST_CHECK;

#endif
