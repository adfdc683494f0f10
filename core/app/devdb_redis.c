/* The private Redis: nothing in it outlives it, so whatever is found running is as good as new. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/devdb_private.h"

enum { TRIES = 100 /* a twentieth of a second apart */ };

/* Sends one inline command; true when the answer begins with `expected`. */
static bool say(const char *path, const char *command, const char *expected)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = 2};
    char answer[16] = "";
    if (strlen(path) >= sizeof(to.sun_path))
        return false;
    memcpy(to.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    bool said = connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)) == 0 &&
                send(fd, command, strlen(command), MSG_NOSIGNAL) == (ssize_t)strlen(command) &&
                recv(fd, answer, sizeof(answer) - 1, 0) >= 0;
    mb_close(&fd);
    return said && strncmp(answer, expected, strlen(expected)) == 0;
}

static bool answers(const char *path)
{
    return say(path, "PING\r\n", "+PONG");
}

static char *socket_path(const struct mb_devdb *devdb)
{
    return mb_devdb_format("%s/redis.sock", devdb->run);
}

static void launch(const struct mb_devdb *devdb, const char *server, const char *path)
{
    char *log = mb_devdb_format("%s/redis.log", devdb->dir);
    /* clang-format off */
    const char *const argv[] = {
        server, "--port", "0", "--unixsocket", path, "--unixsocketperm", "700",
        "--daemonize", "yes", "--save", "", "--appendonly", "no", "--dir", devdb->dir,
        "--logfile", log, "--loglevel", "warning", "--maxmemory", "256mb",
        "--maxmemory-policy", "volatile-lru", NULL};
    /* clang-format on */
    unlink(path);
    if (mb_devdb_run(NULL, log, argv) == 0)
        for (int i = 0; i < TRIES && !answers(path); i++)
            usleep(50 * 1000);
    free(log);
}

void mb_devdb_redis_start(struct mb_devdb *devdb)
{
    char *path = socket_path(devdb);
    char *server = mb_devdb_find("redis-server");
    devdb->redis = answers(path);
    if (!devdb->redis && server) {
        launch(devdb, server, path);
        devdb->redis = answers(path);
    }
    free(server);
    free(path);
}

void mb_devdb_redis_stop(struct mb_devdb *devdb)
{
    char *path = socket_path(devdb);
    if (devdb->redis)
        say(path, "SHUTDOWN NOSAVE\r\n", "");
    free(path);
}
