/* The private PostgreSQL. pg_ctl does the starting and stopping; ours is what it leaves to people:
 * a cluster that is half made, a server that a killed predecessor left behind, a file that says
 * that one runs when none does. */
#include <fcntl.h>
#include <glob.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/devdb_private.h"

/* How long a server may take: recovery after a crash can be long. */
#define START_SECONDS "120"
#define STOP_SECONDS  "60"
enum {
    LOG_MOST_BYTES = 8 * 1024 * 1024,
    TRIES = 100, /* a tenth of a second apart */
};

/* For one machine that does much else: durable, with WAL files that are kept and used again. */
static const char SETTINGS[] =
    "-c listen_addresses='' -c unix_socket_permissions=0700 -c max_connections=200 "
    "-c shared_buffers=128MB -c wal_buffers=16MB -c wal_level=minimal -c max_wal_senders=0 "
    "-c min_wal_size=512MB -c max_wal_size=2GB -c wal_compression=lz4 -c checkpoint_timeout=15min "
    "-c synchronous_commit=on -c fsync=on -c full_page_writes=on -c jit=off -c timezone=UTC "
    "-c max_parallel_workers_per_gather=0 -c random_page_cost=1.1 -c log_min_messages=warning "
    "-c log_checkpoints=off -c logging_collector=off -c log_line_prefix='%m [%p] '";

/* ---- where it is ----------------------------------------------------------------------------- */

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static char *in_data(const struct mb_devdb *devdb, const char *name)
{
    return mb_devdb_format("%s/%s", devdb->data, name);
}

/* The first word of a small file, or "". */
static void first_word(const char *path, char *out, int size)
{
    out[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(out, size, file))
        out[strcspn(out, " \t\n")] = '\0';
    fclose(file);
}

/* The programs of the cluster's version, or of the newest one that is installed. */
static char *find_bin(const struct mb_devdb *devdb, struct mb_err *err)
{
    char version[32];
    char *file = in_data(devdb, "PG_VERSION");
    first_word(file, version, sizeof(version));
    free(file);
    char *pattern =
        mb_devdb_format("/usr/lib/postgresql/%s/bin/pg_ctl", *version ? version : "[1-9]*");
    char *found = NULL;
    long best = 0;
    glob_t all;
    if (glob(pattern, 0, NULL, &all) == 0) {
        for (size_t i = 0; i < all.gl_pathc; i++) {
            long v = strtol(all.gl_pathv[i] + strlen("/usr/lib/postgresql/"), NULL, 10);
            if (v > best) {
                best = v;
                free(found);
                found = mb_strdup(all.gl_pathv[i]);
            }
        }
        globfree(&all);
    }
    free(pattern);
    if (!found)
        found = mb_devdb_find("pg_ctl");
    if (found)
        *strrchr(found, '/') = '\0';
    else
        mb_err_set(err, MB_E_CONFIG, "PostgreSQL %s is not installed (the package postgresql-%s)",
                   version, *version ? version : "15");
    return found;
}

/* ---- a new cluster --------------------------------------------------------------------------- */

/* initdb works beside the place and the result is moved there, so that what is at the place is
 * whole however we end. */
static int make_cluster(const struct mb_devdb *devdb, const struct mb_devdb_user *user,
                        const char *bin, const char *log, struct mb_err *err)
{
    char *fresh = mb_devdb_format("%s.new", devdb->data);
    char *initdb = mb_devdb_format("%s/initdb", bin);
    const char *const clear[] = {"/bin/rm", "-rf", fresh, NULL};
    const char *const make[] = {initdb,
                                "-D",
                                fresh,
                                "-U",
                                "postgres",
                                "-A",
                                "trust",
                                "-E",
                                "UTF8",
                                "--locale=C.UTF-8",
                                "--no-instructions",
                                NULL};
    int rc = 0;
    mb_devdb_run(NULL, log, clear);
    if (mkdir(fresh, 0700) != 0 || chown(fresh, user->uid, user->gid) != 0)
        rc = mb_err_set(err, MB_E_CONFIG, "cannot make the folder '%s': %m", fresh);
    else if (mb_devdb_run(user, log, make) != 0) {
        char *tail = mb_devdb_tail(log);
        rc = mb_err_set(err, MB_E_DATABASE, "initdb in '%s' failed: %s", fresh, tail);
        free(tail);
    } else if (rename(fresh, devdb->data) != 0) {
        rc = mb_err_set(err, MB_E_CONFIG, "cannot make the folder '%s': %m", devdb->data);
    }
    free(initdb);
    free(fresh);
    return rc;
}

/* ---- what a predecessor left ----------------------------------------------------------------- */

/* The postmaster of this cluster, or 0: the number in its file may be another process's by now. */
static pid_t running(const struct mb_devdb *devdb)
{
    char word[32];
    char *file = in_data(devdb, "postmaster.pid");
    first_word(file, word, sizeof(word));
    free(file);
    pid_t pid = (pid_t)strtol(word, NULL, 10);
    if (pid <= 1)
        return 0;
    char *link = mb_devdb_format("/proc/%d/cwd", (int)pid);
    char cwd[4096];
    ssize_t n = readlink(link, cwd, sizeof(cwd) - 1);
    free(link);
    if (n < 0)
        return 0;
    cwd[n] = '\0';
    struct stat a, b;
    return stat(cwd, &a) == 0 && stat(devdb->data, &b) == 0 && a.st_ino == b.st_ino &&
                   a.st_dev == b.st_dev
               ? pid
               : 0;
}

bool mb_devdb_postgres_answers(const char *run)
{
    const char *const keywords[] = {"host", "dbname", "user", "connect_timeout", NULL};
    const char *const values[] = {run, "postgres", "postgres", "3", NULL};
    return PQpingParams(keywords, values, 0) == PQPING_OK;
}

static void pause_a_tenth(void)
{
    usleep(100 * 1000);
}

/* True when a server that runs was adopted. One that does not answer in time is ended. */
static bool adopt(const struct mb_devdb *devdb)
{
    pid_t pid;
    for (int i = 0; (pid = running(devdb)); i++) {
        if (mb_devdb_postgres_answers(devdb->run))
            return true;
        if (i == TRIES)
            kill(pid, SIGQUIT); /* immediate shutdown: the next start recovers */
        if (i == 2 * TRIES)
            kill(pid, SIGKILL);
        pause_a_tenth();
    }
    return false;
}

static void remove_stale(const struct mb_devdb *devdb)
{
    char *files[] = {in_data(devdb, "postmaster.pid"),
                     mb_devdb_format("%s/.s.PGSQL.5432", devdb->run),
                     mb_devdb_format("%s/.s.PGSQL.5432.lock", devdb->run)};
    for (size_t i = 0; i < MB_LEN(files); i++) {
        unlink(files[i]);
        free(files[i]);
    }
}

static void trim_log(const char *log)
{
    struct stat st;
    if (stat(log, &st) == 0 && st.st_size > LOG_MOST_BYTES && truncate(log, 0) != 0)
        unlink(log);
}

/* ---- start and stop -------------------------------------------------------------------------- */

/* Processes of a server that was killed hold its shared memory until they notice, which takes them
 * a moment; until then a new one does not start. */
static int launch(const struct mb_devdb *devdb, const struct mb_devdb_user *user, const char *bin,
                  const char *log, struct mb_err *err)
{
    char *pg_ctl = mb_devdb_format("%s/pg_ctl", bin);
    char *options = mb_devdb_format("%s -c unix_socket_directories='%s'", SETTINGS, devdb->run);
    const char *const argv[] = {pg_ctl,  "start", "-D", devdb->data,   "-l", log, "-o",
                                options, "-w",    "-t", START_SECONDS, "-s", NULL};
    int code = 0;
    for (int i = 0; i < 20; i++) {
        remove_stale(devdb);
        code = mb_devdb_run(user, log, argv);
        if (code == 0)
            break;
        pause_a_tenth();
    }
    free(options);
    free(pg_ctl);
    if (code == 0)
        return 0;
    char *tail = mb_devdb_tail(log);
    mb_err_set(err, MB_E_DATABASE, "PostgreSQL in '%s' does not start: %s", devdb->data, tail);
    free(tail);
    return -MB_E_DATABASE;
}

static int make_database(const struct mb_devdb *devdb, struct mb_err *err)
{
    const char *const keywords[] = {"host", "dbname", "user", NULL};
    const char *const values[] = {devdb->run, "postgres", "postgres", NULL};
    PGconn *conn = PQconnectdbParams(keywords, values, 0);
    PGresult *res = PQexec(conn, "select from pg_database where datname = 'moonbase'");
    if (PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 0) {
        PQclear(res);
        res = PQexec(conn, "create database moonbase");
    }
    ExecStatusType status = PQresultStatus(res);
    int rc = 0;
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        rc = mb_err_set(err, MB_E_DATABASE, "cannot make the database: %s", PQerrorMessage(conn));
    PQclear(res);
    PQfinish(conn);
    return rc;
}

/* The log is the server's to write: it must belong to its user. */
static void hand_over_log(const char *log, const struct mb_devdb_user *user)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && fchown(fd, user->uid, user->gid) == 0)
        fchmod(fd, 0600);
    mb_close(&fd);
}

int mb_devdb_postgres_start(struct mb_devdb *devdb, struct mb_err *err)
{
    struct mb_devdb_user user;
    int rc = mb_devdb_user(&user, err);
    if (rc < 0)
        return rc;
    if (adopt(devdb))
        return make_database(devdb, err);
    char *bin = find_bin(devdb, err);
    if (!bin)
        return -MB_E_CONFIG;
    char *log = mb_devdb_format("%s/postgres.log", devdb->dir);
    char *version = in_data(devdb, "PG_VERSION");
    trim_log(log);
    hand_over_log(log, &user);
    if (!exists(version))
        rc = make_cluster(devdb, &user, bin, log, err);
    if (rc == 0)
        rc = launch(devdb, &user, bin, log, err);
    if (rc == 0)
        rc = make_database(devdb, err);
    free(version);
    free(log);
    free(bin);
    return rc;
}

void mb_devdb_postgres_stop(struct mb_devdb *devdb)
{
    struct mb_devdb_user user;
    struct mb_err err;
    char *bin = mb_devdb_user(&user, &err) == 0 ? find_bin(devdb, &err) : NULL;
    if (!bin)
        return;
    char *pg_ctl = mb_devdb_format("%s/pg_ctl", bin);
    const char *const argv[] = {pg_ctl, "stop", "-D",         devdb->data, "-m", "fast",
                                "-w",   "-t",   STOP_SECONDS, "-s",        NULL};
    mb_devdb_run(&user, NULL, argv);
    free(pg_ctl);
    free(bin);
}
