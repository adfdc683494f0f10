/* What PostgreSQL says when something fails, as one of our errors. The classes of SQLSTATE are in
 * the manual's appendix A; those that begin with MB are raised by sql/functions. */
#include <stdlib.h>
#include <string.h>

#include "io/pg_int.h"

/* In err->pointer, which errors of a connection do not use otherwise. */
static const char UNKNOWN[] = "outcome-unknown";

void mb_pg_err_unknown(struct mb_err *err)
{
    memcpy(err->pointer, UNKNOWN, sizeof(UNKNOWN));
}

bool mb_pg_is_unknown(const struct mb_err *err)
{
    return (err->code == MB_E_DATABASE || err->code == MB_E_TIMEOUT) &&
           strcmp(err->pointer, UNKNOWN) == 0;
}

static const char *field(const PGresult *res, int which)
{
    const char *text = PQresultErrorField(res, which);
    return text ? text : "";
}

static enum mb_err_code of_status(int status)
{
    switch (status) {
    case 401:
        return MB_E_UNAUTHENTICATED;
    case 402:
        return MB_E_BUDGET;
    case 403:
        return MB_E_FORBIDDEN;
    case 404:
        return MB_E_NOT_FOUND;
    case 409:
        return MB_E_CONFLICT;
    case 413:
        return MB_E_TOO_LARGE;
    case 415:
        return MB_E_UNSUPPORTED_MEDIA_TYPE;
    case 422:
        return MB_E_INVALID_ARGUMENTS;
    case 429:
        return MB_E_RATE_LIMITED;
    case 503:
        return MB_E_UNAVAILABLE;
    default:
        return status >= 400 && status < 500 ? MB_E_INVALID_REQUEST : MB_E_INTERNAL;
    }
}

/* MBnnn: DETAIL is a wire code, HINT the place. */
static void raised(struct mb_err *err, const PGresult *res, int status, const char *message)
{
    const char *wire = field(res, PG_DIAG_MESSAGE_DETAIL);
    const char *pointer = field(res, PG_DIAG_MESSAGE_HINT);
    int code = mb_err_from_wire(wire);
    bool known = code != 0;
    mb_err_at(err, known ? (enum mb_err_code)code : of_status(status), pointer, "%s", message);
    size_t len = strlen(wire);
    if (!known && len < sizeof(err->wire))
        memcpy(err->wire, wire, len + 1);
}

static bool is_status(const char *sqlstate)
{
    return strncmp(sqlstate, "MB", 2) == 0 && strspn(sqlstate + 2, "0123456789") == 3;
}

static bool begins(const char *sqlstate, const char *class)
{
    return strncmp(sqlstate, class, strlen(class)) == 0;
}

static bool is_one_of(const char *sqlstate, const char *const *list)
{
    for (; *list; list++)
        if (begins(sqlstate, *list))
            return true;
    return false;
}

bool mb_pg_is_stale(const PGresult *res)
{
    const char *sqlstate = field(res, PG_DIAG_SQLSTATE);
    return strcmp(sqlstate, "26000") == 0 ||
           (strcmp(sqlstate, "0A000") == 0 &&
            begins(field(res, PG_DIAG_MESSAGE_PRIMARY), "cached plan must not change"));
}

bool mb_pg_err_result(struct mb_err *err, const PGresult *res)
{
    /* connection lost; shutdowns; this server takes no writes any more; its disk fails */
    static const char *const away[] = {"08", "57P", "25006", "58", NULL};
    /* serialization, deadlock, lock not available */
    static const char *const conflict[] = {"40", "55P03", NULL};
    const char *sqlstate = field(res, PG_DIAG_SQLSTATE);
    const char *message = field(res, PG_DIAG_MESSAGE_PRIMARY);
    if (!*message)
        message = PQresultErrorMessage(res);

    if (strcmp(sqlstate, "MBFEN") == 0) {
        mb_err_set(err, MB_E_FENCED, "%s", message);
    } else if (strcmp(sqlstate, "MBSEQ") == 0) {
        mb_err_set(err, MB_E_CONFLICT, "%s", message);
        return true;
    } else if (is_status(sqlstate)) {
        raised(err, res, atoi(sqlstate + 2), message);
    } else if (!*sqlstate || is_one_of(sqlstate, away)) {
        mb_err_set(err, MB_E_DATABASE, "%s", message);
        mb_pg_err_unknown(err);
        return true;
    } else if (is_one_of(sqlstate, conflict)) {
        mb_err_set(err, MB_E_DATABASE, "%s", message);
        return true;
    } else if (begins(sqlstate, "53")) {
        mb_err_set(err, MB_E_OVERLOADED, "the database: %s", message);
        return true;
    } else if (strcmp(sqlstate, "57014") == 0) {
        mb_err_set(err, MB_E_TIMEOUT, "the database: %s", message);
        return true;
    } else {
        mb_err_set(err, MB_E_INTERNAL, "SQLSTATE %s: %s", sqlstate, message);
        err->retryable = 0;
    }
    return false;
}

void mb_pg_err_conn(struct mb_err *err, PGconn *conn, const char *what)
{
    char text[sizeof(err->message)];
    size_t n = 0;
    /* libpq's text has line feeds in it and at its end. */
    for (const char *p = conn ? PQerrorMessage(conn) : ""; *p && n < sizeof(text) - 1; p++)
        text[n++] = *p == '\n' ? ' ' : *p;
    while (n && text[n - 1] == ' ')
        n--;
    text[n] = '\0';
    mb_err_set(err, MB_E_DATABASE, n ? "%s: %s" : "%s", what, text);
}
