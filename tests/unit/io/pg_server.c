#include "pg_server.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64];

static void run(const char *command)
{
    if (system(command) != 0) {
        fprintf(stderr, "failed: %s\n", command);
        exit(99);
    }
}

static void script(const char *body)
{
    char command[1024];
    snprintf(command, sizeof(command),
             "bash -c '. tests/lib/pg.sh; PG_DIR=%s; export PGHOST=%s PGUSER=postgres "
             "PGDATABASE=postgres; %s'",
             dir, dir, body);
    run(command);
}

const char *pg_server_start(void)
{
    if (dir[0])
        return dir;
    FILE *out = popen("bash -c '. tests/lib/pg.sh; pg_start && echo $PG_DIR'", "r");
    if (!out || !fgets(dir, sizeof(dir), out) || pclose(out) != 0) {
        fprintf(stderr, "no private PostgreSQL\n");
        exit(99);
    }
    dir[strcspn(dir, "\n")] = '\0';
    atexit(pg_server_stop);
    return dir;
}

void pg_server_stop(void)
{
    if (dir[0])
        script("pg_stop");
    dir[0] = '\0';
}

void pg_server_kill(void)
{
    script("pg_as_server $PG_BIN/pg_ctl -D $PG_DIR/data -m immediate -w stop >/dev/null");
}

void pg_server_restart(void)
{
    script("pg_up");
}

void pg_server_migrate(void)
{
    script("pg_migrate postgres 2>/dev/null");
}

const char *pg_server_conninfo(const char *user)
{
    static char text[256];
    snprintf(text, sizeof(text), "host=%s dbname=postgres user=%s", pg_server_start(), user);
    return text;
}

const char *pg_server_sql(const char *sql)
{
    static char value[4096];
    PGconn *conn = PQconnectdb(pg_server_conninfo("postgres"));
    PGresult *res = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(res);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(conn));
        exit(99);
    }
    snprintf(value, sizeof(value), "%s", PQntuples(res) ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    PQfinish(conn);
    return value;
}
