/* The data folder: who holds it, where its sockets are, and the two servers in it. */
#include "app/devdb.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/devdb_private.h"

/* The longest name that a socket of ours has in its folder, with the slash and a NUL. */
enum { LONGEST = sizeof("/.s.PGSQL.5432.lock") };

/* ---- folders --------------------------------------------------------------------------------- */

static int make_dirs(const char *path, struct mb_err *err)
{
    char *copy = mb_strdup(path);
    for (char *at = copy + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        mkdir(copy, 0755);
        *at = '/';
    }
    int rc = 0;
    if (mkdir(copy, 0750) != 0 && errno != EEXIST)
        rc = mb_err_set(err, MB_E_CONFIG, "cannot make the data folder '%s': %m", path);
    free(copy);
    return rc;
}

/* The server's user must come through; what is in the folder keeps its own rights. */
static void let_in(const char *dir, const struct mb_devdb_user *user)
{
    struct stat st;
    if (mb_devdb_can_enter(user, dir) || stat(dir, &st) != 0 || st.st_uid != geteuid())
        return;
    if (chown(dir, (uid_t)-1, user->gid) == 0)
        chmod(dir, (st.st_mode & 0707) | S_IXGRP);
}

/* A process that is killed gives up a lock of this kind, and it does not pass to children. */
static int hold(struct mb_devdb *devdb, struct mb_err *err)
{
    char *path = mb_devdb_format("%s/lock", devdb->dir);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int rc = 0;
    devdb->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (devdb->lock < 0)
        rc = mb_err_set(err, MB_E_CONFIG, "cannot use the data folder '%s': %m", devdb->dir);
    else if (fcntl(devdb->lock, F_SETLK, &whole) != 0)
        rc = mb_err_set(err, MB_E_UNAVAILABLE, "another process uses the data folder '%s'",
                        devdb->dir);
    free(path);
    return rc;
}

static bool fits(const char *run)
{
    return strlen(run) + LONGEST <= sizeof(((struct sockaddr_un *)NULL)->sun_path);
}

/* The folder that DIR/run.path names, if it is there and nobody else's; the caller frees. */
static char *remembered(const char *dir, uid_t owner)
{
    char *note = mb_devdb_format("%s/run.path", dir);
    char line[PATH_MAX] = "";
    FILE *file = fopen(note, "re");
    free(note);
    if (!file)
        return NULL;
    bool got = fgets(line, sizeof(line), file);
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    struct stat st;
    return got && lstat(line, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == owner
               ? mb_strdup(line)
               : NULL;
}

static char *make_short(const char *dir)
{
    char path[] = "/tmp/moonbase-XXXXXX";
    char *note = mb_devdb_format("%s/run.path", dir);
    bool made = mkdtemp(path) != NULL;
    FILE *file = made ? fopen(note, "we") : NULL;
    made = file && fprintf(file, "%s\n", path) > 0;
    if (file)
        made = fclose(file) == 0 && made;
    free(note);
    return made ? mb_strdup(path) : NULL;
}

/* Where the sockets are or would be; the caller frees. */
static char *run_folder(const char *dir, uid_t owner)
{
    char *run = mb_devdb_format("%s/run", dir);
    if (fits(run))
        return run;
    free(run);
    return remembered(dir, owner);
}

static int make_run(struct mb_devdb *devdb, const struct mb_devdb_user *user, struct mb_err *err)
{
    devdb->run = run_folder(devdb->dir, user->uid);
    if (!devdb->run)
        devdb->run = make_short(devdb->dir);
    if (!devdb->run)
        return mb_err_set(err, MB_E_CONFIG, "cannot make a folder for sockets: %m");
    if ((mkdir(devdb->run, 0700) != 0 && errno != EEXIST) || chmod(devdb->run, 0700) != 0 ||
        chown(devdb->run, user->uid, user->gid) != 0)
        return mb_err_set(err, MB_E_CONFIG, "cannot make the folder '%s': %m", devdb->run);
    return 0;
}

/* ---- start and stop -------------------------------------------------------------------------- */

static char *absolute(const char *dir)
{
    char path[PATH_MAX];
    return realpath(dir, path) ? mb_strdup(path) : NULL;
}

/* Values in a conninfo are quoted; a quote or a backslash in one is escaped. */
static char *conninfo_of(const char *run, const char *user)
{
    char quoted[2 * PATH_MAX];
    size_t n = 0;
    for (const char *p = run; *p && n < sizeof(quoted) - 2; p++) {
        if (*p == '\'' || *p == '\\')
            quoted[n++] = '\\';
        quoted[n++] = *p;
    }
    quoted[n] = '\0';
    return mb_devdb_format("host='%s' dbname=moonbase user=%s", quoted, user);
}

static int prepare(struct mb_devdb *devdb, const char *dir, struct mb_err *err)
{
    struct mb_devdb_user user;
    int rc = mb_devdb_user(&user, err);
    if (rc == 0)
        rc = make_dirs(dir, err);
    if (rc < 0)
        return rc;
    devdb->dir = absolute(dir);
    if (!devdb->dir)
        return mb_err_set(err, MB_E_CONFIG, "cannot use the data folder '%s': %m", dir);
    /* Both go into options that are split at blanks. */
    if (strpbrk(devdb->dir, " \t\n'\"\\"))
        return mb_err_set(err, MB_E_CONFIG,
                          "the data folder '%s' has a blank or a quote in its path", devdb->dir);
    devdb->data = mb_devdb_format("%s/postgres", devdb->dir);
    let_in(devdb->dir, &user);
    rc = hold(devdb, err);
    return rc == 0 ? make_run(devdb, &user, err) : rc;
}

int mb_devdb_start(const char *dir, struct mb_devdb **out, struct mb_err *err)
{
    struct mb_devdb *devdb = mb_zalloc(sizeof(*devdb));
    devdb->lock = -1;
    int rc = prepare(devdb, dir, err);
    if (rc == 0)
        rc = mb_devdb_postgres_start(devdb, err);
    if (rc < 0) {
        mb_devdb_abandon(devdb);
        return rc;
    }
    mb_devdb_redis_start(devdb);
    devdb->conninfo = conninfo_of(devdb->run, "moonbase_core");
    devdb->admin_conninfo = conninfo_of(devdb->run, "postgres");
    devdb->redis_url =
        devdb->redis ? mb_devdb_format("unix:%s/redis.sock", devdb->run) : mb_strdup("");
    *out = devdb;
    return 0;
}

void mb_devdb_abandon(struct mb_devdb *devdb)
{
    mb_close(&devdb->lock);
    free(devdb->dir);
    free(devdb->run);
    free(devdb->data);
    free(devdb->conninfo);
    free(devdb->admin_conninfo);
    free(devdb->redis_url);
    free(devdb);
}

void mb_devdb_stop(struct mb_devdb *devdb)
{
    if (!devdb)
        return;
    mb_devdb_redis_stop(devdb);
    mb_devdb_postgres_stop(devdb);
    if (strncmp(devdb->run, "/tmp/moonbase-", 14) == 0) {
        char *note = mb_devdb_format("%s/run.path", devdb->dir);
        if (rmdir(devdb->run) == 0)
            unlink(note);
        free(note);
    }
    mb_devdb_abandon(devdb);
}

/* ---- looking --------------------------------------------------------------------------------- */

const char *mb_devdb_conninfo(const struct mb_devdb *devdb)
{
    return devdb->conninfo;
}

const char *mb_devdb_admin_conninfo(const struct mb_devdb *devdb)
{
    return devdb->admin_conninfo;
}

const char *mb_devdb_redis_url(const struct mb_devdb *devdb)
{
    return devdb->redis_url;
}

static char *running_as(const char *dir, const char *role)
{
    struct mb_devdb_user user;
    struct mb_err err;
    char *full = absolute(dir), *conninfo = NULL;
    char *run = full && mb_devdb_user(&user, &err) == 0 ? run_folder(full, user.uid) : NULL;
    if (run && mb_devdb_postgres_answers(run))
        conninfo = conninfo_of(run, role);
    free(run);
    free(full);
    return conninfo;
}

char *mb_devdb_running(const char *dir)
{
    return running_as(dir, "moonbase_core");
}

char *mb_devdb_running_admin(const char *dir)
{
    return running_as(dir, "postgres");
}
