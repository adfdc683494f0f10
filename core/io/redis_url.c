#include "io/redis_url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"

enum { PORT = 6379, DB_MOST = 65535 };

static int refuse(struct mb_redis_url *url, struct mb_err *err, const char *what)
{
    mb_redis_url_release(url);
    return mb_err_set(err, MB_E_CONFIG, "the URL of Redis: %s", what);
}

/* A decimal number that takes the whole text. */
static bool number(const char *text, int most, int *out)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < 0 || value > most)
        return false;
    *out = (int)value;
    return true;
}

/* Decodes percent-encoding in place. */
static bool decode(char *text)
{
    char *to = text;
    struct mb_str rest = mb_str_c(text);
    while (rest.len) {
        int c = mb_percent_take(&rest, false);
        if (c <= 0)
            return false;
        *to++ = (char)c;
    }
    *to = '\0';
    return true;
}

/* "[user]:password" */
static bool read_login(struct mb_redis_url *url, char *login)
{
    char *colon = strchr(login, ':');
    if (!colon)
        return false;
    *colon = '\0';
    if (!decode(login) || !decode(colon + 1))
        return false;
    if (login[0])
        url->user = mb_strdup(login);
    mb_secret_set(&url->password, mb_str_c(colon + 1));
    return true;
}

/* "host[:port]", an IPv6 address in brackets */
static bool read_host(struct mb_redis_url *url, char *text)
{
    char *port = NULL;
    if (text[0] == '[') {
        char *end = strchr(++text, ']');
        if (!end || (end[1] && end[1] != ':'))
            return false;
        port = end[1] ? end + 2 : NULL;
        *end = '\0';
    } else if ((port = strchr(text, ':'))) {
        *port++ = '\0';
    }
    url->host = mb_strdup(text);
    return text[0] && (!port || number(port, 65535, &url->port));
}

static int parse_tcp(struct mb_redis_url *url, char *rest, struct mb_err *err)
{
    char *at = strrchr(rest, '@'), *host = rest;
    if (at) {
        *at = '\0';
        host = at + 1;
        if (!read_login(url, rest))
            return refuse(url, err, "the part before @ is not \"user:password\"");
    }
    char *slash = strchr(host, '/');
    if (slash)
        *slash++ = '\0';
    if (!read_host(url, host))
        return refuse(url, err, "no host, or a port that is none");
    if (slash && slash[0] && !number(slash, DB_MOST, &url->db))
        return refuse(url, err, "the database is not a number");
    return 0;
}

static int parse_unix(struct mb_redis_url *url, char *rest, struct mb_err *err)
{
    char *query = strchr(rest, '?');
    if (query) {
        *query++ = '\0';
        if (strncmp(query, "db=", 3) != 0 || !number(query + 3, DB_MOST, &url->db))
            return refuse(url, err, "after ? only db=NUMBER may follow");
    }
    if (strncmp(rest, "//", 2) == 0)
        rest += 2;
    if (rest[0] != '/')
        return refuse(url, err, "the path of the socket is not absolute");
    url->path = mb_strdup(rest);
    return 0;
}

int mb_redis_url_parse(struct mb_redis_url *url, const char *text, struct mb_err *err)
{
    *url = (struct mb_redis_url){.port = PORT};
    size_t len = strlen(text);
    char *copy = mb_strndup(text, len);
    int rc;
    if (strncmp(copy, "redis://", 8) == 0)
        rc = parse_tcp(url, copy + 8, err);
    else if (strncmp(copy, "unix:", 5) == 0)
        rc = parse_unix(url, copy + 5, err);
    else
        rc = refuse(url, err, "it begins with neither redis:// nor unix:");
    mb_wipe(copy, len);
    free(copy);
    return rc;
}

void mb_redis_url_release(struct mb_redis_url *url)
{
    free(url->path);
    free(url->host);
    free(url->user);
    mb_secret_release(&url->password);
    *url = (struct mb_redis_url){0};
}
