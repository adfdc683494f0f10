#include "app/migrate.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/id.h"

/* Any constant will do, as long as all cores use the same one. */
#define LOCK_KEY "7310868734"

struct migrate {
    PGconn *conn;
    const struct mb_embed *files;
    struct mb_migrated done;
    struct mb_err *err;
};

/* ---- talking to the server ------------------------------------------------------------------- */

static const char *sqlstate_of(const PGresult *res)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    return state ? state : "";
}

static enum mb_err_code code_of(const PGresult *res)
{
    const char *state = sqlstate_of(res);
    if (strcmp(state, "42501") == 0) /* insufficient privilege */
        return MB_E_CONFIG;
    if (!*state || strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0)
        return MB_E_DATABASE;
    return MB_E_INTERNAL;
}

static int fail(struct migrate *m, const PGresult *res, const char *place)
{
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    if (!message)
        message = PQerrorMessage(m->conn);
    return mb_err_at(m->err, code_of(res), place, "the database: %.*s", (int)strcspn(message, "\n"),
                     message);
}

/* Runs one or more statements; `place` is the file that they come from. */
static int run(struct migrate *m, const char *sql, const char *place)
{
    PGresult *res = PQexec(m->conn, sql);
    ExecStatusType status = PQresultStatus(res);
    int rc = 0;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        rc = fail(m, res, place);
    PQclear(res);
    return rc;
}

/* One statement with text parameters; the rows are the caller's. NULL with err. */
static PGresult *ask(struct migrate *m, const char *sql, int n, const char *const *params)
{
    PGresult *res = PQexecParams(m->conn, sql, n, NULL, params, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(res);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return res;
    fail(m, res, "");
    PQclear(res);
    return NULL;
}

static int tell(struct migrate *m, const char *sql, int n, const char *const *params)
{
    PGresult *res = ask(m, sql, n, params);
    if (!res)
        return -m->err->code;
    PQclear(res);
    return 0;
}

static void ignore_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

static int open_conn(struct migrate *m, const char *conninfo)
{
    m->conn = PQconnectdb(conninfo);
    if (PQstatus(m->conn) != CONNECTION_OK) {
        const char *message = PQerrorMessage(m->conn);
        return mb_err_set(m->err, MB_E_DATABASE, "cannot connect to the database: %.*s",
                          (int)strcspn(message, "\n"), message);
    }
    PQsetNoticeReceiver(m->conn, ignore_notice, NULL);
    return 0;
}

/* ---- the files ------------------------------------------------------------------------------- */

static bool is_migration(const struct mb_embed *file)
{
    return strncmp(file->name, "migrations/", 11) == 0;
}

/* "0001" of "migrations/0001_core.sql". */
static void number_of(const struct mb_embed *file, char out[16])
{
    snprintf(out, 16, "%d", atoi(file->name + 11));
}

static void hash_of(const struct mb_embed *file, char out[MB_SHA256_HEX])
{
    uint8_t sha256[MB_SHA256_BYTES];
    mb_sha256(MB_STR_OF(file->data, file->len), sha256);
    mb_hex(sha256, sizeof(sha256), out);
}

/* "engine.flush" of "functions/engine/flush.sql". */
static void function_of(const struct mb_embed *file, char *out, size_t size)
{
    const char *schema = file->name + strlen("functions/");
    const char *slash = strchr(schema, '/');
    mb_assert(slash);
    snprintf(out, size, "%.*s.%.*s", (int)(slash - schema), schema,
             (int)(strlen(slash + 1) - strlen(".sql")), slash + 1);
}

/* What was recorded for a file: its hash in `out`, or "". -code on failure. */
static int recorded(struct migrate *m, const char *sql, const char *key, char out[MB_SHA256_HEX])
{
    const char *params[] = {key};
    PGresult *res = ask(m, sql, 1, params);
    out[0] = '\0';
    if (!res)
        return -m->err->code;
    snprintf(out, MB_SHA256_HEX, "%s", PQntuples(res) ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    return 0;
}

/* ---- migrations ------------------------------------------------------------------------------ */

static int apply_migration(struct migrate *m, const struct mb_embed *file)
{
    char number[16], known[MB_SHA256_HEX], hash[MB_SHA256_HEX];
    number_of(file, number);
    hash_of(file, hash);
    int rc = recorded(m, "select sha256 from mb_meta.migrations where number = $1", number, known);
    if (rc < 0)
        return rc;
    if (*known && strcmp(known, hash) != 0)
        return mb_err_at(m->err, MB_E_CONFLICT, file->name,
                         "migration \"%s\" was applied with other contents", file->name);
    if (*known)
        return 0;
    const char *params[] = {number, file->name, hash};
    if ((rc = run(m, "begin", "")) < 0)
        return rc;
    rc = run(m, file->data, file->name);
    if (rc == 0)
        rc = tell(m, "insert into mb_meta.migrations (number, name, sha256) values ($1, $2, $3)", 3,
                  params);
    if (rc == 0)
        rc = run(m, "commit", file->name);
    if (rc == 0)
        m->done.migrations++;
    else
        PQclear(PQexec(m->conn, "rollback"));
    return rc;
}

/* A database that has migrations which this program does not know belongs to a newer one. */
static int check_none_unknown(struct migrate *m)
{
    PGresult *res = ask(m, "select number, name from mb_meta.migrations order by number", 0, NULL);
    if (!res)
        return -m->err->code;
    int rc = 0;
    for (int i = 0; rc == 0 && i < PQntuples(res); i++) {
        bool known = false;
        for (const struct mb_embed *f = m->files; f->name; f++)
            known |= is_migration(f) && atoi(f->name + 11) == atoi(PQgetvalue(res, i, 0));
        if (!known)
            rc = mb_err_set(m->err, MB_E_CONFLICT,
                            "the database has migration \"%s\", which this program does not know",
                            PQgetvalue(res, i, 1));
    }
    PQclear(res);
    return rc;
}

/* ---- functions ------------------------------------------------------------------------------- */

/* By name and not by "or replace": the new one may have other parameters or columns. Cores that
 * are running find it by its name, since their plans become invalid. */
static int drop_function(struct migrate *m, const char *name)
{
    const char *params[] = {name};
    PGresult *res = ask(m,
                        "select 'drop function ' || p.oid::regprocedure from pg_proc p join "
                        "pg_namespace n on n.oid = p.pronamespace where n.nspname || '.' || "
                        "p.proname = $1",
                        1, params);
    if (!res)
        return -m->err->code;
    int rc = 0;
    for (int i = 0; rc == 0 && i < PQntuples(res); i++)
        rc = run(m, PQgetvalue(res, i, 0), name);
    PQclear(res);
    return rc;
}

static int apply_function(struct migrate *m, const struct mb_embed *file)
{
    char name[256], known[MB_SHA256_HEX], hash[MB_SHA256_HEX];
    function_of(file, name, sizeof(name));
    hash_of(file, hash);
    int rc = recorded(m, "select sha256 from mb_meta.functions where name = $1", name, known);
    if (rc < 0 || strcmp(known, hash) == 0)
        return rc;
    const char *params[] = {name, hash};
    if ((rc = drop_function(m, name)) < 0 || (rc = run(m, file->data, file->name)) < 0)
        return rc;
    m->done.functions++;
    return tell(m,
                "insert into mb_meta.functions (name, sha256) values ($1, $2) on conflict (name) "
                "do update set sha256 = excluded.sha256, applied_at = now()",
                2, params);
}

static bool has_function(const struct mb_embed *files, const char *name)
{
    for (; files->name; files++) {
        char own[256];
        if (is_migration(files))
            continue;
        function_of(files, own, sizeof(own));
        if (strcmp(own, name) == 0)
            return true;
    }
    return false;
}

/* Functions whose file is gone go too. */
static int remove_functions(struct migrate *m)
{
    PGresult *res = ask(m, "select name from mb_meta.functions", 0, NULL);
    if (!res)
        return -m->err->code;
    int rc = 0;
    for (int i = 0; rc == 0 && i < PQntuples(res); i++) {
        const char *params[] = {PQgetvalue(res, i, 0)};
        if (has_function(m->files, params[0]))
            continue;
        rc = drop_function(m, params[0]);
        if (rc == 0)
            rc = tell(m, "delete from mb_meta.functions where name = $1", 1, params);
        m->done.functions++;
    }
    PQclear(res);
    return rc;
}

static int apply_functions(struct migrate *m)
{
    int rc = run(m, "begin; set local check_function_bodies = off", "");
    for (const struct mb_embed *f = m->files; rc == 0 && f->name; f++)
        if (!is_migration(f))
            rc = apply_function(m, f);
    if (rc == 0)
        rc = remove_functions(m);
    if (rc == 0)
        rc = run(m,
                 "select mb.secure_functions();"
                 "grant usage on schema mb_meta to moonbase_core;"
                 "grant select on all tables in schema mb_meta to moonbase_core;"
                 "select engine.ensure_partitions(); commit",
                 "");
    if (rc < 0)
        PQclear(PQexec(m->conn, "rollback"));
    return rc;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool is_recorded(struct migrate *m, const struct mb_embed *file)
{
    char key[256], known[MB_SHA256_HEX], hash[MB_SHA256_HEX];
    bool migration = is_migration(file);
    if (migration)
        number_of(file, key);
    else
        function_of(file, key, sizeof(key));
    hash_of(file, hash);
    return recorded(m,
                    migration ? "select sha256 from mb_meta.migrations where number = $1"
                              : "select sha256 from mb_meta.functions where name = $1",
                    key, known) == 0 &&
           strcmp(known, hash) == 0;
}

/* Read-only, and with no more rights than a core has. Any failure means: no. */
static bool is_up_to_date(struct migrate *m)
{
    struct mb_err ignored = {0}, *err = m->err;
    m->err = &ignored;
    int n = 0;
    bool same = true;
    for (const struct mb_embed *f = m->files; same && f->name; f++, n++)
        same = is_recorded(m, f);
    PGresult *res = same ? ask(m,
                               "select (select count(*) from mb_meta.migrations) + "
                               "(select count(*) from mb_meta.functions)",
                               0, NULL)
                         : NULL;
    same = res && atoi(PQgetvalue(res, 0, 0)) == n;
    PQclear(res);
    m->err = err;
    return same;
}

static int apply_all(struct migrate *m)
{
    int rc = run(m, "select pg_advisory_lock(" LOCK_KEY ")", "");
    if (rc == 0)
        rc = run(m,
                 "create schema if not exists mb_meta;"
                 "create table if not exists mb_meta.migrations (number integer primary key,"
                 " name text not null, sha256 text not null,"
                 " applied_at timestamptz not null default now());"
                 "create table if not exists mb_meta.functions (name text primary key,"
                 " sha256 text not null, applied_at timestamptz not null default now())",
                 "");
    if (rc == 0)
        rc = check_none_unknown(m);
    for (const struct mb_embed *f = m->files; rc == 0 && f->name; f++)
        if (is_migration(f))
            rc = apply_migration(m, f);
    return rc == 0 ? apply_functions(m) : rc;
}

int mb_migrate_run(const char *conninfo, const struct mb_embed *files, struct mb_migrated *done,
                   struct mb_err *err)
{
    struct mb_err local = {0};
    struct migrate m = {.files = files, .err = err ? err : &local};
    int rc = open_conn(&m, conninfo);
    if (rc == 0 && !is_up_to_date(&m))
        rc = apply_all(&m);
    PQfinish(m.conn); /* gives the lock up */
    if (rc == 0 && done)
        *done = m.done;
    return rc;
}

int mb_migrate_check_role(const char *conninfo, struct mb_err *err)
{
    struct mb_err local = {0};
    struct migrate m = {.err = err ? err : &local};
    int rc = open_conn(&m, conninfo);
    PGresult *res = NULL;
    if (rc == 0) {
        res = ask(&m,
                  "select r.rolname from pg_roles r where r.rolname = current_user and "
                  "(r.rolsuper or r.rolbypassrls or pg_has_role(r.oid, 'moonbase_owner', 'usage') "
                  "or pg_has_role(r.oid, 'moonbase_engine', 'usage'))",
                  0, NULL);
        rc = res ? 0 : -m.err->code;
    }
    if (rc == 0 && PQntuples(res))
        rc = mb_err_set(m.err, MB_E_CONFIG,
                        "the role \"%s\" is above row-level security: a core must log in as "
                        "moonbase_core, or as a role that is only that",
                        PQgetvalue(res, 0, 0));
    PQclear(res);
    PQfinish(m.conn);
    return rc;
}
