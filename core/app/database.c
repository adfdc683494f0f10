#include "app/database.h"

#include <stdlib.h>
#include <string.h>

#include "app/devdb.h"

int mb_database_find(struct mb_config *config, struct mb_err *err)
{
    if (*config->database_url)
        return 0;
    char *conninfo = mb_devdb_running(config->data);
    if (!conninfo)
        return mb_err_set(
            err, MB_E_UNAVAILABLE,
            "there is no database: set MOONBASE_DATABASE_URL, or start `moonbase serve "
            "--dev` (its data folder is '%s')",
            config->data);
    free(config->database_url);
    config->database_url = conninfo;
    return 0;
}

/* libpq's messages end in a line feed and may have several lines; the first says it. */
static int first_line(const char *message)
{
    return (int)strcspn(message, "\n");
}

PGconn *mb_database_connect(const char *conninfo, struct mb_err *err)
{
    PGconn *conn = PQconnectdb(conninfo);
    if (PQstatus(conn) == CONNECTION_OK)
        return conn;
    const char *message = PQerrorMessage(conn);
    mb_err_set(err, MB_E_DATABASE, "cannot connect to the database: %.*s", first_line(message),
               message);
    PQfinish(conn);
    return NULL;
}

static void explain(PGconn *conn, const PGresult *res, struct mb_err *err)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *wire = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    bool is_ours = state && strncmp(state, "MB", 2) == 0 && wire;
    int code = is_ours ? mb_err_from_wire(wire) : 0;
    if (PQstatus(conn) != CONNECTION_OK || !message) {
        message = PQerrorMessage(conn);
        code = MB_E_DATABASE;
    }
    mb_err_set(err, code ? (enum mb_err_code)code : MB_E_INTERNAL, "%.*s", first_line(message),
               message);
    if (is_ours && !code) /* one that only the database's functions have */
        snprintf(err->wire, sizeof(err->wire), "%s", wire);
}

PGresult *mb_database_query(PGconn *conn, const char *sql, int n_params, const char *const *params,
                            struct mb_err *err)
{
    PGresult *res = PQexecParams(conn, sql, n_params, NULL, params, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(res);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return res;
    explain(conn, res, err);
    PQclear(res);
    return NULL;
}
