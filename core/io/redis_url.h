/* The address of a Redis server, read from its URL. Private to redis.c. */
#ifndef MB_IO_REDIS_URL_H
#define MB_IO_REDIS_URL_H

#include "base/err.h"
#include "base/secret.h"

struct mb_redis_url {
    char *path; /* of a Unix socket; NULL = by TCP */
    char *host;
    int port;
    char *user; /* NULL = the default user */
    struct mb_secret password;
    int db;
};

/* CONFIG when it cannot be used; the message holds nothing of the URL. */
int mb_redis_url_parse(struct mb_redis_url *url, const char *text,
                       struct mb_err *err) MB_MUST_CHECK;
void mb_redis_url_release(struct mb_redis_url *url);

#endif
