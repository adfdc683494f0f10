/* A load generator for what wrk does not do: ten thousand connections that each wait for seconds, a
 * fixed rate whatever the answers take, requests that are counted and numbered.
 *
 *   load [options] http://ADDRESS:PORT/PATH
 *     -c N      connections (1)             -n N     requests in all (0 = until -d)
 *     -d S      seconds to send for (0 = until -n)   -r N  requests a second, due at fixed times; a
 *     -R N      connections opened a second          late one's latency counts from when it was due
 *     -b FILE   body, sent by POST          -H TEXT  a header line (may be given 8 times)
 *     -m TEXT   count answers that contain it        -t S  seconds until an answer is given up
 * (120)
 *
 * Each "########" in path, headers and body becomes the request's number. Prints one JSON object.
 * Ends with 0 when it could run, whatever the answers were. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEADERS_MAX = 8, ANSWER_BYTES_MAX = 1 << 20, EVENTS = 512, STATUSES = 600 };

enum state { CLOSED, IDLE, SENDING, READING };

struct conn {
    int fd;
    enum state state;
    int64_t due_us;    /* when the request was to be sent */
    long number;       /* of the request */
    size_t sent;       /* bytes of the request */
    char *answer;      /* owned; NULL = nothing came yet */
    size_t have, room; /* bytes in answer */
};

static struct {
    int connections, headers_n;
    long requests;
    double seconds, rate, ramp, timeout_s;
    const char *body_file, *match, *path;
    const char *headers[HEADERS_MAX];
    struct sockaddr_in address;
} opt = {.connections = 1, .timeout_s = 120};

static struct conn *conns;
static int epoll_fd, opened;
static char *request; /* with the placeholders; the same length for every number */
static size_t request_len;
static int64_t begin_us, last_answer_us;
static long started, done, matched, statuses[STATUSES];
static long connect_errors, read_errors, timeouts;
static uint32_t *latencies_us;
static size_t latencies_n, latencies_room;

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "wrong");
    exit(2);
}

static void *must(void *memory)
{
    if (!memory)
        die("memory");
    return memory;
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---------------------------------------------------------------- the request */

static char *read_body(size_t *len)
{
    *len = 0;
    if (!opt.body_file)
        return NULL;
    FILE *file = fopen(opt.body_file, "rb");
    if (!file)
        die(opt.body_file);
    char *body = must(malloc(1 << 20));
    *len = fread(body, 1, 1 << 20, file);
    fclose(file);
    return body;
}

static void build_request(void)
{
    size_t body_len;
    char *body = read_body(&body_len);
    FILE *out = open_memstream(&request, &request_len);
    if (!out)
        die("memory");
    fprintf(out, "%s %s HTTP/1.1\r\nHost: bench\r\n", body ? "POST" : "GET", opt.path);
    for (int i = 0; i < opt.headers_n; i++)
        fprintf(out, "%s\r\n", opt.headers[i]);
    if (body)
        fprintf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body_len);
    fprintf(out, "\r\n");
    fwrite(body ? body : "", 1, body_len, out);
    fclose(out);
    free(body);
}

static void put_number(char *text, long number)
{
    char digits[16];
    snprintf(digits, sizeof(digits), "%08ld", number % 100000000);
    for (char *at = text; (at = strstr(at, "########")) != NULL; at += 8)
        memcpy(at, digits, 8);
}

/* ---------------------------------------------------------------- what came of it */

static void note_latency(int64_t us)
{
    if (latencies_n == latencies_room) {
        latencies_room = latencies_room ? latencies_room * 2 : 4096;
        latencies_us = must(realloc(latencies_us, latencies_room * sizeof(*latencies_us)));
    }
    latencies_us[latencies_n++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double quantile_ms(double q)
{
    if (!latencies_n)
        return 0;
    size_t at = (size_t)(q * (double)latencies_n);
    return latencies_us[at < latencies_n ? at : latencies_n - 1] / 1000.0;
}

static void report(void)
{
    double seconds = (double)(last_answer_us - begin_us) / 1e6, sum = 0;
    const char *comma = "";
    qsort(latencies_us, latencies_n, sizeof(*latencies_us), by_value);
    for (size_t i = 0; i < latencies_n; i++)
        sum += latencies_us[i];
    printf("{\"n\": %ld, \"matched\": %ld, \"seconds\": %.3f, \"per_s\": %.1f, ", done, matched,
           seconds, seconds > 0 ? (double)done / seconds : 0);
    printf("\"mean_ms\": %.3f, \"p50_ms\": %.3f, \"p90_ms\": %.3f, \"p99_ms\": %.3f, "
           "\"max_ms\": %.3f, \"status\": {",
           latencies_n ? sum / (double)latencies_n / 1000 : 0, quantile_ms(0.5), quantile_ms(0.9),
           quantile_ms(0.99), quantile_ms(1));
    for (int i = 0; i < STATUSES; i++) {
        if (statuses[i]) {
            printf("%s\"%d\": %ld", comma, i, statuses[i]);
            comma = ", ";
        }
    }
    printf("}, \"errors\": {\"connect\": %ld, \"read\": %ld, \"timeout\": %ld}}\n", connect_errors,
           read_errors, timeouts);
}

/* ---------------------------------------------------------------- connections */

static void watch(struct conn *conn, uint32_t events, int op)
{
    struct epoll_event event = {.events = events, .data.ptr = conn};
    if (epoll_ctl(epoll_fd, op, conn->fd, &event) != 0)
        die("epoll_ctl");
}

static void close_conn(struct conn *conn)
{
    if (conn->state != CLOSED)
        close(conn->fd);
    free(conn->answer);
    conn->answer = NULL;
    conn->have = conn->room = 0;
    conn->state = CLOSED;
}

static void open_conn(struct conn *conn)
{
    int one = 1;
    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->fd < 0)
        die("socket");
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    int rc = connect(conn->fd, (const struct sockaddr *)&opt.address, sizeof(opt.address));
    conn->state = IDLE;
    watch(conn, EPOLLIN, EPOLL_CTL_ADD);
    if (rc != 0 && errno != EINPROGRESS)
        close_conn(conn);
}

/* The request failed: it counts as done, with no latency. */
static void fail_request(struct conn *conn, long *count)
{
    ++*count;
    done++;
    last_answer_us = now_us();
    close_conn(conn);
}

static void send_more(struct conn *conn)
{
    char text[16384];
    if (request_len >= sizeof(text))
        die("the request is too long");
    memcpy(text, request, request_len);
    text[request_len] = '\0';
    put_number(text, conn->number);
    ssize_t n = send(conn->fd, text + conn->sent, request_len - conn->sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOTCONN) {
        fail_request(conn, &connect_errors);
        return;
    }
    conn->sent += n > 0 ? (size_t)n : 0;
    conn->state = conn->sent == request_len ? READING : SENDING;
    watch(conn, conn->state == READING ? EPOLLIN : EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
}

static void start_request(struct conn *conn, int64_t due_us)
{
    if (conn->state == CLOSED)
        open_conn(conn);
    conn->number = started++;
    conn->due_us = due_us;
    conn->sent = 0;
    if (conn->state == CLOSED)
        fail_request(conn, &connect_errors);
    else
        send_more(conn);
}

/* Is a whole answer in the buffer? Its length, or 0. */
static size_t whole_answer(const struct conn *conn)
{
    const char *end = strstr(conn->answer, "\r\n\r\n");
    if (!end)
        return 0;
    size_t head = (size_t)(end - conn->answer) + 4;
    for (const char *line = strstr(conn->answer, "\r\n"); line && line < end;
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, "content-length:", 15) == 0) {
            size_t len = head + (size_t)atol(line + 17);
            return conn->have >= len ? len : 0;
        }
        if (strncasecmp(line + 2, "transfer-encoding:", 18) == 0) {
            const char *tail = conn->answer + conn->have - 5;
            return conn->have >= head + 5 && memcmp(tail, "0\r\n\r\n", 5) == 0 ? conn->have : 0;
        }
    }
    return head;
}

static void on_answer(struct conn *conn)
{
    int status = atoi(conn->answer + sizeof("HTTP/1.1"));
    last_answer_us = now_us();
    note_latency(last_answer_us - conn->due_us);
    statuses[status > 0 && status < STATUSES ? status : 0]++;
    matched += opt.match && strstr(conn->answer, opt.match) != NULL;
    done++;
    free(conn->answer);
    conn->answer = NULL;
    conn->have = conn->room = 0;
    conn->state = IDLE;
}

static void on_readable(struct conn *conn)
{
    if (conn->room - conn->have < 2048 && conn->room < ANSWER_BYTES_MAX) {
        conn->room = conn->room ? conn->room * 2 : 4096;
        conn->answer = must(realloc(conn->answer, conn->room));
    }
    ssize_t n = recv(conn->fd, conn->answer + conn->have, conn->room - conn->have - 1, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (n <= 0 || conn->state == IDLE) { /* closed, or an answer that nobody asked for */
        if (conn->state == IDLE)
            close_conn(conn);
        else
            fail_request(conn, &read_errors);
        return;
    }
    conn->have += (size_t)n;
    conn->answer[conn->have] = '\0';
    if (whole_answer(conn))
        on_answer(conn);
}

/* ---------------------------------------------------------------- the loop */

static bool may_send(int64_t now)
{
    if (opt.requests && started >= opt.requests)
        return false;
    return opt.seconds <= 0 || (double)(now - begin_us) < opt.seconds * 1e6;
}

static bool is_free(const struct conn *conn)
{
    return conn->state == IDLE || conn->state == CLOSED;
}

/* At a fixed rate: what is due goes to free connections. Returns when the next one is due. */
static int64_t send_due(int64_t now)
{
    static int next;
    for (int tried = 0; may_send(now) && tried < opt.connections; next++, tried++) {
        int64_t due_us = begin_us + (int64_t)((double)started * 1e6 / opt.rate);
        if (due_us > now)
            return due_us;
        struct conn *conn = &conns[next % opt.connections];
        if (is_free(conn)) {
            start_request(conn, due_us);
            tried = -1;
        }
    }
    return now + 1000;
}

/* Without a rate: a connection whose answer came sends the next request. */
static int64_t send_free(int64_t now, int allowed)
{
    for (int i = 0; i < allowed && may_send(now); i++)
        if (is_free(&conns[i]))
            start_request(&conns[i], now_us());
    opened = allowed;
    return opened < opt.connections ? now + 1000 : now + 100000;
}

static int64_t send_what_may_be(int64_t now)
{
    if (opt.rate > 0)
        return send_due(now);
    int allowed = opt.connections;
    if (opt.ramp > 0) {
        double by_now = 1 + (double)(now - begin_us) / 1e6 * opt.ramp;
        allowed = by_now < allowed ? (int)by_now : allowed;
    }
    return allowed > opened ? send_free(now, allowed)
                            : now + (opened < opt.connections ? 1000 : 100000);
}

static void on_event(struct conn *conn, uint32_t events)
{
    if (conn->state == SENDING && (events & EPOLLOUT))
        send_more(conn);
    if (conn->state != CLOSED && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        on_readable(conn);
    int64_t now = now_us();
    if (opt.rate <= 0 && is_free(conn) && may_send(now))
        start_request(conn, now);
}

static void give_up_late(int64_t now)
{
    static int64_t checked_us;
    if (now - checked_us < 500000)
        return;
    checked_us = now;
    for (int i = 0; i < opt.connections; i++)
        if (!is_free(&conns[i]) && (double)(now - conns[i].due_us) > opt.timeout_s * 1e6)
            fail_request(&conns[i], &timeouts);
}

static void run(void)
{
    struct epoll_event events[EVENTS];
    begin_us = last_answer_us = now_us();
    for (int64_t now = begin_us; may_send(now) || done < started; now = now_us()) {
        int64_t next_us = send_what_may_be(now);
        give_up_late(now);
        int64_t wait_ms = (next_us - now) / 1000;
        int n = epoll_wait(epoll_fd, events, EVENTS, wait_ms > 0 ? (int)wait_ms : 0);
        for (int i = 0; i < n; i++)
            on_event(events[i].data.ptr, events[i].events);
    }
}

/* ---------------------------------------------------------------- arguments */

static void read_url(const char *url)
{
    char host[64];
    int port, path_at = 0;
    errno = 0;
    if (sscanf(url, "http://%63[0-9.]:%d%n", host, &port, &path_at) != 2 || url[path_at] != '/')
        die(url);
    opt.path = url + path_at;
    opt.address.sin_family = AF_INET;
    opt.address.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &opt.address.sin_addr) != 1)
        die(url);
}

static void read_option(int letter)
{
    switch (letter) {
    case 'c':
        opt.connections = atoi(optarg);
        break;
    case 'n':
        opt.requests = atol(optarg);
        break;
    case 'd':
        opt.seconds = atof(optarg);
        break;
    case 'r':
        opt.rate = atof(optarg);
        break;
    case 'R':
        opt.ramp = atof(optarg);
        break;
    case 't':
        opt.timeout_s = atof(optarg);
        break;
    case 'b':
        opt.body_file = optarg;
        break;
    case 'm':
        opt.match = optarg;
        break;
    case 'H':
        if (opt.headers_n == HEADERS_MAX)
            die("too many headers");
        opt.headers[opt.headers_n++] = optarg;
        break;
    default:
        die("usage: load [options] URL");
    }
}

int main(int argc, char **argv)
{
    for (int letter; (letter = getopt(argc, argv, "c:n:d:r:R:t:b:m:H:")) != -1;)
        read_option(letter);
    if (optind != argc - 1 || opt.connections < 1 || (!opt.requests && opt.seconds <= 0))
        die("usage: load [options] URL, with -n or -d");
    read_url(argv[optind]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    build_request();
    conns = must(calloc((size_t)opt.connections, sizeof(*conns)));
    if ((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
        die("epoll");
    run();
    report();
    return 0;
}
