/* core/app/migrate against a real server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "app/devdb.h"
#include "app/migrate.h"

static char base[] = "/tmp/mb-migrate-XXXXXX";
static struct mb_devdb *devdb;

/* What the files of these tests need of the real ones. */
#define BASICS                                                                                     \
    "create schema mb; create schema engine; create schema api;"                                   \
    "do $$ begin create role moonbase_core; exception when duplicate_object then null; end $$;"    \
    "do $$ begin create role moonbase_owner; exception when duplicate_object then null; end $$;"   \
    "do $$ begin create role moonbase_engine; exception when duplicate_object then null; end $$;"  \
    "create function mb.secure_functions() returns void language sql as 'select';"                 \
    "create function engine.ensure_partitions() returns integer language sql as 'select 0';"

#define FILE_(name, text)                                                                          \
    {                                                                                              \
        name, text, sizeof(text) - 1                                                               \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, 0                                                                              \
    }

static const char *fresh(const char *name)
{
    static char conninfo[400], sql[100];
    PGconn *conn = PQconnectdb(mb_devdb_admin_conninfo(devdb));
    snprintf(sql, sizeof(sql), "create database %s", name);
    PGresult *res = PQexec(conn, sql);
    assert_int_equal(PQresultStatus(res), PGRES_COMMAND_OK);
    PQclear(res);
    PQfinish(conn);
    snprintf(conninfo, sizeof(conninfo), "%s", mb_devdb_admin_conninfo(devdb));
    char *at = strstr(conninfo, "dbname=moonbase");
    char rest[100];
    snprintf(rest, sizeof(rest), "%s", at + strlen("dbname=moonbase"));
    sprintf(at, "dbname=%s%s", name, rest);
    return conninfo;
}

static const char *ask(const char *conninfo, const char *sql)
{
    static char value[200];
    PGconn *conn = PQconnectdb(conninfo);
    PGresult *res = PQexec(conn, sql);
    if (PQresultStatus(res) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    snprintf(value, sizeof(value), "%s", PQgetvalue(res, 0, 0));
    PQclear(res);
    PQfinish(conn);
    return value;
}

static struct mb_migrated migrate(const char *conninfo, const struct mb_embed *files)
{
    struct mb_migrated done = {-1, -1};
    struct mb_err err = {0};
    if (mb_migrate_run(conninfo, files, &done, &err) != 0)
        fail_msg("%s: %s", err.pointer, err.message);
    return done;
}

static void applies_the_real_files_and_then_nothing(void **state)
{
    (void)state;
    const char *admin = mb_devdb_admin_conninfo(devdb);
    struct mb_migrated done = migrate(admin, mb_sql_files);
    assert_true(done.migrations >= 2 && done.functions > 20);
    done = migrate(admin, mb_sql_files);
    assert_int_equal(done.migrations + done.functions, 0);
    /* A core may look whether there is anything to do, and there is not. */
    done = migrate(mb_devdb_conninfo(devdb), mb_sql_files);
    assert_int_equal(done.migrations + done.functions, 0);
}

static void the_cores_role_is_bound_and_the_superuser_is_not(void **state)
{
    (void)state;
    struct mb_err err = {0};
    assert_int_equal(mb_migrate_check_role(mb_devdb_conninfo(devdb), &err), 0);
    assert_int_equal(mb_migrate_check_role(mb_devdb_admin_conninfo(devdb), &err), -MB_E_CONFIG);
}

static void the_cores_role_may_not_migrate(void **state)
{
    (void)state;
    static const struct mb_embed files[] = {FILE_("migrations/0001_a.sql", "select 1"), END};
    struct mb_err err = {0};
    assert_int_equal(mb_migrate_run(mb_devdb_conninfo(devdb), files, NULL, &err), -MB_E_CONFIG);
}

static void refuses_an_applied_file_that_has_changed(void **state)
{
    (void)state;
    static const struct mb_embed before[] = {FILE_("migrations/0001_a.sql", BASICS), END};
    static const struct mb_embed after[] = {FILE_("migrations/0001_a.sql", BASICS " "), END};
    const char *conninfo = fresh("changed");
    struct mb_err err = {0};
    migrate(conninfo, before);
    assert_int_equal(mb_migrate_run(conninfo, after, NULL, &err), -MB_E_CONFLICT);
    assert_string_equal(err.pointer, "migrations/0001_a.sql");
}

static void refuses_a_database_that_is_newer_than_the_program(void **state)
{
    (void)state;
    static const struct mb_embed newer[] = {FILE_("migrations/0001_a.sql", BASICS),
                                            FILE_("migrations/0002_b.sql", "select 1"), END};
    static const struct mb_embed older[] = {FILE_("migrations/0001_a.sql", BASICS), END};
    const char *conninfo = fresh("newer");
    struct mb_err err = {0};
    assert_int_equal(migrate(conninfo, newer).migrations, 2);
    assert_int_equal(mb_migrate_run(conninfo, older, NULL, &err), -MB_E_CONFLICT);
    assert_non_null(strstr(err.message, "0002_b"));
}

static void a_migration_that_fails_leaves_nothing_and_is_named(void **state)
{
    (void)state;
    static const struct mb_embed bad[] = {
        FILE_("migrations/0001_a.sql", BASICS),
        FILE_("migrations/0002_b.sql", "create table mb.half (v int); select nonsense"), END};
    static const struct mb_embed good[] = {
        FILE_("migrations/0001_a.sql", BASICS),
        FILE_("migrations/0002_b.sql", "create table mb.half (v int)"), END};
    const char *conninfo = fresh("half");
    struct mb_err err = {0};
    assert_int_equal(mb_migrate_run(conninfo, bad, NULL, &err), -MB_E_INTERNAL);
    assert_string_equal(err.pointer, "migrations/0002_b.sql");
    assert_string_equal(ask(conninfo, "select to_regclass('mb.half') is null"), "t");
    assert_int_equal(migrate(conninfo, good).migrations, 1);
}

static void functions_follow_their_files(void **state)
{
    (void)state;
#define ONE FILE_("migrations/0001_a.sql", BASICS)
    static const struct mb_embed first[] = {
        ONE,
        FILE_("functions/engine/f.sql",
              "create function engine.f(a int) returns int language sql as 'select 1'"),
        FILE_("functions/engine/g.sql",
              "create function engine.g() returns int language sql as 'select engine.f(1)'"),
        END};
    /* Other parameters and another result, and g is gone. */
    static const struct mb_embed second[] = {
        ONE,
        FILE_("functions/engine/f.sql",
              "create function engine.f(a text, b int) returns text language sql as 'select a'"),
        END};
    const char *conninfo = fresh("functions");
    assert_int_equal(migrate(conninfo, first).functions, 2);
    assert_string_equal(ask(conninfo, "select engine.g()"), "1");
    assert_int_equal(migrate(conninfo, second).functions, 2);
    assert_string_equal(ask(conninfo, "select engine.f('x', 1)"), "x");
    assert_string_equal(ask(conninfo, "select count(*) from pg_proc where pronamespace = "
                                      "'engine'::regnamespace and proname in ('f', 'g')"),
                        "1");
    assert_int_equal(migrate(conninfo, second).functions, 0);
}

static void several_may_start_at_once(void **state)
{
    (void)state;
    const char *conninfo = fresh("together");
    pid_t pids[4];
    for (size_t i = 0; i < 4; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct mb_err err = {0};
            int rc = mb_migrate_run(conninfo, mb_sql_files, NULL, &err);
            if (rc)
                fprintf(stderr, "%s: %s\n", err.pointer, err.message);
            _exit(rc ? 1 : 0);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        int status;
        waitpid(pids[i], &status, 0);
        assert_int_equal(status, 0);
    }
}

static void a_server_that_is_away_is_told_apart(void **state)
{
    (void)state;
    struct mb_err err = {0};
    assert_int_equal(mb_migrate_run("host=/nonexistent", mb_sql_files, NULL, &err), -MB_E_DATABASE);
}

static int set_up(void **state)
{
    (void)state;
    struct mb_err err = {0};
    if (!mkdtemp(base) || chmod(base, 0755) != 0 || mb_devdb_start(base, &devdb, &err) != 0) {
        fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[100];
    mb_devdb_stop(devdb);
    snprintf(command, sizeof(command), "rm -rf '%s'", base);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applies_the_real_files_and_then_nothing),
        cmocka_unit_test(the_cores_role_is_bound_and_the_superuser_is_not),
        cmocka_unit_test(the_cores_role_may_not_migrate),
        cmocka_unit_test(refuses_an_applied_file_that_has_changed),
        cmocka_unit_test(refuses_a_database_that_is_newer_than_the_program),
        cmocka_unit_test(a_migration_that_fails_leaves_nothing_and_is_named),
        cmocka_unit_test(functions_follow_their_files),
        cmocka_unit_test(several_may_start_at_once),
        cmocka_unit_test(a_server_that_is_away_is_told_apart),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
