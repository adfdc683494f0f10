#include "unit/io/httpd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { GIVE_UP_S = 20 };

struct conn {
    struct mb_list node;
    struct mb_watch watch;
    struct httpd *h;
    struct mb_buf in;
    int fd;
};

static void end_conn(struct conn *c)
{
    mb_watch_stop(&c->watch);
    mb_list_remove(&c->node);
    mb_buf_release(&c->in);
    close(c->fd);
    free(c);
}

static void write_all(int fd, const char *bytes)
{
    size_t len = strlen(bytes);
    while (len) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* The length of the whole request at the front of the buffer; 0 = not all there yet. */
static size_t request_len(struct mb_buf *in, bool is_hasty)
{
    char *text = mb_buf_cstr(in);
    char *end = strstr(text, "\r\n\r\n");
    if (!end)
        return 0;
    size_t head = (size_t)(end - text) + 4;
    if (is_hasty)
        return mb_buf_len(in);
    char *length = strcasestr(text, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return mb_buf_len(in) >= head + body ? head + body : 0;
}

static bool answer(struct conn *c)
{
    struct httpd *h = c->h;
    size_t i = MB_MIN(h->n_requests, h->n_replies) - 1;
    const struct httpd_reply *reply = &h->replies[i];
    if (reply->bytes)
        write_all(c->fd, reply->bytes);
    if (reply->then == HTTPD_KEEP) {
        mb_watch_set(&c->watch, !h->is_hasty, false);
        return true;
    }
    if (reply->then == HTTPD_RESET) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    }
    end_conn(c);
    return false;
}

static void on_ready(struct mb_watch *watch, bool readable, bool writable)
{
    struct conn *c = MB_CONTAINER_OF(watch, struct conn, watch);
    (void)readable;
    (void)writable;
    char *to = mb_buf_reserve(&c->in, 65536);
    ssize_t n = recv(c->fd, to, 65536, MSG_DONTWAIT);
    if (n <= 0) {
        end_conn(c);
        return;
    }
    mb_buf_commit(&c->in, (size_t)n);
    size_t len;
    while ((len = request_len(&c->in, c->h->is_hasty))) {
        if (c->h->n_requests < HTTPD_REQUESTS)
            c->h->requests[c->h->n_requests] = mb_strndup(mb_buf_head(&c->in), len);
        c->h->n_requests++;
        mb_buf_consume(&c->in, len);
        if (!answer(c))
            return;
    }
}

static void on_accept(struct mb_watch *watch, bool readable, bool writable)
{
    struct httpd *h = MB_CONTAINER_OF(watch, struct httpd, watch);
    (void)readable;
    (void)writable;
    int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct conn *c = mb_zalloc(sizeof(*c));
    c->h = h;
    c->fd = fd;
    h->n_connections++;
    mb_list_push(&h->conns, &c->node);
    mb_watch_start(&c->watch, h->loop, fd, !h->is_deaf, false, on_ready);
}

void httpd_start(struct httpd *h, struct mb_loop *loop, const struct httpd_reply *replies,
                 size_t n_replies)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *h = (struct httpd){.loop = loop, .replies = replies, .n_replies = n_replies};
    mb_list_init(&h->conns);
    mb_assert(bind(fd, (struct sockaddr *)&addr, len) == 0 && listen(fd, 4096) == 0);
    mb_assert(getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
    h->port = ntohs(addr.sin_port);
    mb_watch_start(&h->watch, loop, fd, true, false, on_accept);
}

void httpd_stop(struct httpd *h)
{
    MB_LIST_EACH(it, next, &h->conns)
    end_conn(MB_LIST_ENTRY(it, struct conn, node));
    int fd = h->watch.fd;
    mb_watch_stop(&h->watch);
    close(fd);
    for (size_t i = 0; i < HTTPD_REQUESTS; i++)
        free(h->requests[i]);
}

void httpd_hear(struct httpd *h)
{
    h->is_deaf = false;
    MB_LIST_EACH(it, next, &h->conns)
    mb_watch_set(&MB_LIST_ENTRY(it, struct conn, node)->watch, true, false);
}

void httpd_hang_up(struct httpd *h)
{
    MB_LIST_EACH(it, next, &h->conns)
    end_conn(MB_LIST_ENTRY(it, struct conn, node));
}

void httpd_send(struct httpd *h, const char *bytes)
{
    MB_LIST_EACH(it, next, &h->conns)
    write_all(MB_LIST_ENTRY(it, struct conn, node)->fd, bytes);
}

const char *httpd_url(const struct httpd *h, const char *path)
{
    static char urls[8][512];
    static size_t at;
    char *url = urls[at++ % MB_LEN(urls)];
    snprintf(url, sizeof(urls[0]), "http://127.0.0.1:%d%s", h->port, path);
    return url;
}

const char *httpd_header(const struct httpd *h, size_t n, const char *name)
{
    static char value[1024];
    char key[128];
    value[0] = '\0';
    snprintf(key, sizeof(key), "\r\n%s:", name);
    const char *at = n < h->n_requests ? strcasestr(h->requests[n], key) : NULL;
    if (at) {
        at += strlen(key);
        at += strspn(at, " ");
        snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
    }
    return value;
}

const char *httpd_body(const struct httpd *h, size_t n)
{
    const char *at = n < h->n_requests ? strstr(h->requests[n], "\r\n\r\n") : NULL;
    return at ? at + 4 : "";
}

char *httpd_ok(const char *body)
{
    struct mb_buf b = {0};
    mb_buf_addf(&b,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                strlen(body));
    mb_buf_add_c(&b, body);
    return mb_buf_take(&b, NULL);
}

bool httpd_run(struct mb_loop *loop, const bool *done)
{
    time_t end = time(NULL) + GIVE_UP_S;
    while (!*done && time(NULL) < end)
        mb_loop_turn(loop, 5);
    return *done;
}
