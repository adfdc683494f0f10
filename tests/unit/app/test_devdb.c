/* core/app/devdb with real servers in folders of their own. */
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

static char base[] = "/tmp/mb-devdb-XXXXXX";

static void under(char *out, size_t size, const char *name)
{
    snprintf(out, size, "%s/%s", base, name);
}

static struct mb_devdb *start(const char *dir)
{
    struct mb_devdb *devdb = NULL;
    struct mb_err err = {0};
    if (mb_devdb_start(dir, &devdb, &err) != 0)
        fail_msg("%s", err.message);
    return devdb;
}

/* The first value of a query as the superuser. */
static void ask(const char *conninfo, const char *sql, char *out, size_t size)
{
    PGconn *conn = PQconnectdb(conninfo);
    PGresult *res = PQexec(conn, sql);
    if (PQresultStatus(res) != PGRES_TUPLES_OK && PQresultStatus(res) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    snprintf(out, size, "%s", PQntuples(res) ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    PQfinish(conn);
}

static long postmaster(const char *dir)
{
    char path[4200], line[64] = "0";
    snprintf(path, sizeof(path), "%s/postgres/postmaster.pid", dir);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    return strtol(line, NULL, 10);
}

static void keeps_data_over_a_stop_and_a_start(void **state)
{
    (void)state;
    char dir[200], got[64];
    under(dir, sizeof(dir), "plain/deeper");
    struct mb_devdb *devdb = start(dir);
    ask(mb_devdb_admin_conninfo(devdb), "create table t as select 42 as v", got, sizeof(got));
    ask(mb_devdb_admin_conninfo(devdb), "show synchronous_commit", got, sizeof(got));
    assert_string_equal(got, "on");
    ask(mb_devdb_admin_conninfo(devdb), "show fsync", got, sizeof(got));
    assert_string_equal(got, "on");
    ask(mb_devdb_admin_conninfo(devdb), "show listen_addresses", got, sizeof(got));
    assert_string_equal(got, "");
    char *running = mb_devdb_running(dir);
    assert_string_equal(running, mb_devdb_conninfo(devdb));
    free(running);
    mb_devdb_stop(devdb);
    assert_int_equal(postmaster(dir), 0);
    assert_null(mb_devdb_running(dir));
    devdb = start(dir);
    ask(mb_devdb_admin_conninfo(devdb), "select v from t", got, sizeof(got));
    assert_string_equal(got, "42");
    mb_devdb_stop(devdb);
}

static void starts_redis_on_a_socket_when_it_is_installed(void **state)
{
    (void)state;
    char dir[200], path[300];
    under(dir, sizeof(dir), "plain/deeper");
    struct mb_devdb *devdb = start(dir);
    if (*mb_devdb_redis_url(devdb)) {
        assert_memory_equal(mb_devdb_redis_url(devdb), "unix:/", 6);
        snprintf(path, sizeof(path), "%s", mb_devdb_redis_url(devdb) + 5);
        assert_int_equal(access(path, F_OK), 0);
        mb_devdb_stop(devdb);
        assert_int_not_equal(access(path, F_OK), 0);
    } else {
        mb_devdb_stop(devdb);
        skip();
    }
}

static void refuses_a_folder_that_another_process_uses(void **state)
{
    (void)state;
    char dir[200];
    under(dir, sizeof(dir), "plain/deeper");
    struct mb_devdb *devdb = start(dir);
    pid_t pid = fork();
    if (pid == 0) {
        struct mb_devdb *other;
        struct mb_err err = {0};
        int rc = mb_devdb_start(dir, &other, &err);
        _exit(rc == -MB_E_UNAVAILABLE && strstr(err.message, "another process") ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    mb_devdb_stop(devdb);
}

static void adopts_the_server_of_a_predecessor_that_was_killed(void **state)
{
    (void)state;
    char dir[200], got[64];
    under(dir, sizeof(dir), "plain/deeper");
    mb_devdb_abandon(start(dir));
    long before = postmaster(dir);
    struct mb_devdb *devdb = start(dir);
    assert_int_equal(postmaster(dir), before);
    ask(mb_devdb_admin_conninfo(devdb), "select v from t", got, sizeof(got));
    assert_string_equal(got, "42");
    mb_devdb_stop(devdb);
}

static void recovers_when_the_server_was_killed_too(void **state)
{
    (void)state;
    char dir[200], got[64];
    under(dir, sizeof(dir), "plain/deeper");
    struct mb_devdb *devdb = start(dir);
    ask(mb_devdb_admin_conninfo(devdb), "update t set v = 43", got, sizeof(got));
    assert_int_equal(kill((pid_t)postmaster(dir), SIGKILL), 0);
    mb_devdb_abandon(devdb);
    devdb = start(dir); /* with the stale postmaster.pid and sockets in place */
    ask(mb_devdb_admin_conninfo(devdb), "select v from t", got, sizeof(got));
    assert_string_equal(got, "43");
    mb_devdb_stop(devdb);
}

static void is_not_fooled_by_another_process_of_the_same_number(void **state)
{
    (void)state;
    char dir[200], path[300], got[64];
    under(dir, sizeof(dir), "plain/deeper");
    mb_devdb_stop(start(dir));
    snprintf(path, sizeof(path), "%s/postgres/postmaster.pid", dir);
    FILE *file = fopen(path, "w");
    fprintf(file, "%d\n", (int)getpid());
    fclose(file);
    struct mb_devdb *devdb = start(dir);
    ask(mb_devdb_admin_conninfo(devdb), "select v from t", got, sizeof(got));
    assert_string_equal(got, "43");
    mb_devdb_stop(devdb);
}

static void makes_a_half_made_cluster_anew(void **state)
{
    (void)state;
    char dir[200], path[300], got[64];
    under(dir, sizeof(dir), "half");
    snprintf(path, sizeof(path), "%s/postgres.new/base", dir);
    char command[400];
    snprintf(command, sizeof(command), "mkdir -p '%s'", path);
    assert_int_equal(system(command), 0);
    struct mb_devdb *devdb = start(dir);
    ask(mb_devdb_admin_conninfo(devdb), "select 1", got, sizeof(got));
    assert_string_equal(got, "1");
    mb_devdb_stop(devdb);
}

static void uses_a_short_folder_for_the_sockets_of_a_long_one(void **state)
{
    (void)state;
    char dir[300], name[150], path[400], got[64];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    under(dir, sizeof(dir), name);
    struct mb_devdb *devdb = start(dir);
    ask(mb_devdb_admin_conninfo(devdb), "select 1", got, sizeof(got));
    char *running = mb_devdb_running(dir);
    assert_string_equal(running, mb_devdb_conninfo(devdb));
    free(running);
    mb_devdb_abandon(devdb);
    devdb = start(dir); /* finds it again */
    ask(mb_devdb_admin_conninfo(devdb), "select 1", got, sizeof(got));
    snprintf(path, sizeof(path), "%s/run.path", dir);
    assert_int_equal(access(path, F_OK), 0);
    mb_devdb_stop(devdb);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* As a folder under /root is for the user postgres. */
static void works_below_a_folder_that_the_servers_user_may_not_enter(void **state)
{
    (void)state;
    char closed[200], dir[250], got[64];
    under(closed, sizeof(closed), "closed");
    assert_int_equal(mkdir(closed, 0700), 0);
    snprintf(dir, sizeof(dir), "%s/var", closed);
    struct mb_devdb *devdb = NULL;
    struct mb_err err = {0};
    if (mb_devdb_start(dir, &devdb, &err) != 0) {
        print_message("not possible on this host: %s\n", err.message);
        skip();
    }
    ask(mb_devdb_admin_conninfo(devdb), "select 1", got, sizeof(got));
    assert_string_equal(got, "1");
    mb_devdb_stop(devdb);
}

static void says_what_is_wrong_with_a_bad_folder(void **state)
{
    (void)state;
    struct mb_devdb *devdb;
    struct mb_err err = {0};
    assert_int_equal(mb_devdb_start("/proc/nowhere", &devdb, &err), -MB_E_CONFIG);
    assert_non_null(strstr(err.message, "/proc/nowhere"));
    char dir[200];
    under(dir, sizeof(dir), "with blank");
    assert_int_equal(mb_devdb_start(dir, &devdb, &err), -MB_E_CONFIG);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(base) && chmod(base, 0755) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof(command), "rm -rf '%s'", base);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_data_over_a_stop_and_a_start),
        cmocka_unit_test(starts_redis_on_a_socket_when_it_is_installed),
        cmocka_unit_test(refuses_a_folder_that_another_process_uses),
        cmocka_unit_test(adopts_the_server_of_a_predecessor_that_was_killed),
        cmocka_unit_test(recovers_when_the_server_was_killed_too),
        cmocka_unit_test(is_not_fooled_by_another_process_of_the_same_number),
        cmocka_unit_test(makes_a_half_made_cluster_anew),
        cmocka_unit_test(uses_a_short_folder_for_the_sockets_of_a_long_one),
        cmocka_unit_test(works_below_a_folder_that_the_servers_user_may_not_enter),
        cmocka_unit_test(says_what_is_wrong_with_a_bad_folder),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
