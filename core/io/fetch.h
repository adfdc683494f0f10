/* Outgoing HTTP: requests on curl multi inside our loop, thousands at a time. Plain http to what
 * the operator configured is spoken without curl where that changes nothing but the cost: exempt,
 * no redirects to follow, not is_once.
 *
 * A request starts or is refused at once; on_done comes exactly once, from the loop, unless the
 * call was cancelled. Connections are kept and shared by later requests of the same trust: what
 * the operator exempts from the egress policy never shares a connection with what is checked.
 * Nothing follows the environment (no proxies), stores cookies or logs in. */
#ifndef MB_IO_FETCH_H
#define MB_IO_FETCH_H

#include "base/buf.h"
#include "base/err.h"
#include "io/egress.h"
#include "io/loop.h"

struct mb_fetch;
struct mb_fetch_call;

/* 0 or NULL takes the default in brackets. */
struct mb_fetch_config {
    const struct mb_egress *egress; /* borrowed; needed unless every request is exempt */
    size_t max_in_flight;           /* requests on their way at once [20000] */
    size_t max_queued;              /* that wait for a place; beyond: OVERLOADED [2000] */
    size_t max_idle;                /* connections kept open without a request, about [2048] */
    size_t read_buffer_bytes;       /* per request in flight, 1024 to 65536 [1024] */
    const char *user_agent;         /* ["moonbase"] */
    const char *ca_file;            /* PEM of trusted roots [the system's] */
    const char *const *pins;        /* "host:port:address", as /etc/hosts would; ends with NULL */
};

/* NULL with err when curl cannot start. */
struct mb_fetch *mb_fetch_new(struct mb_loop *loop, const struct mb_fetch_config *config,
                              struct mb_err *err) MB_MUST_CHECK;
/* Cancels what is in flight, closes all connections. Not from inside one of its callbacks. */
void mb_fetch_free(struct mb_fetch *fetch);

/* Header lines, made once and shared by many requests (a provider's). Zeroed when freed. */
struct mb_fetch_header {
    struct mb_str name, value;
};
struct mb_fetch_headers;
/* NULL with err (INVALID_REQUEST): a name that is no token, a line break in a value, or a field
 * that belongs to the connection (Host, Content-Length, Transfer-Encoding, Connection, ...). */
struct mb_fetch_headers *mb_fetch_headers_new(const struct mb_fetch_header *fields, size_t n,
                                              struct mb_err *err) MB_MUST_CHECK;
void mb_fetch_headers_free(struct mb_fetch_headers *headers); /* takes NULL */

struct mb_fetch_response {
    int status;         /* 0 = no answer came */
    struct mb_buf body; /* may be taken by mb_buf_take or by copying the struct and zeroing this */
    bool was_sent;      /* some of the request left this host: it may have had its effect */
    int64_t total_us;   /* since mb_fetch_start */
    struct mb_fetch_call *call;
};

/* Callbacks may start and cancel any request, this one too, and free what they own. */
struct mb_fetch_events {
    /* Part of the body of a 2xx answer, as it comes; NULL = collect it in response->body. Bodies of
     * other answers are always collected. */
    void (*on_data)(struct mb_fetch_call *call, struct mb_str bytes);
    /* Before a redirect is followed (the egress policy has agreed): 0, or a negative code with err
     * filled to end the call with that. May be NULL. Must not cancel the call. */
    int (*on_redirect)(struct mb_fetch_call *call, const char *url, struct mb_err *err);
    /* err is NULL when an answer came, whatever its status. Otherwise EGRESS_DENIED,
     * CONNECT_FAILED (no name, no connection, connection lost), TIMEOUT, TOO_LARGE,
     * UPSTREAM_GARBAGE, or on_redirect's. The call is gone when this returns. */
    void (*on_done)(struct mb_fetch_call *call, struct mb_fetch_response *response,
                    const struct mb_err *err);
};

struct mb_fetch_request {
    const char *method;                    /* upper-case letters, at most 15; NULL = GET */
    const char *url;                       /* copied */
    const struct mb_fetch_headers *shared; /* borrowed until on_done or cancel; may be NULL */
    const struct mb_fetch_header *headers; /* more of them; copied */
    size_t n_headers;
    struct mb_str body;      /* borrowed until on_done or cancel; ptr NULL = none */
    bool is_exempt;          /* from the egress policy: the operator configured this URL */
    bool is_once;            /* never repeated on a new connection when a kept one proves dead */
    int64_t timeout_ms;      /* for all of it, queue and redirects included; > 0 */
    int64_t connect_ms;      /* name, connection and TLS; 0 = 10 s */
    int64_t idle_ms;         /* longest silence after the first byte of the answer; 0 = no limit */
    size_t max_body_bytes;   /* of the answer; 0 = 16 MiB */
    size_t max_header_bytes; /* of the answer; 0 = 64 KiB */
    int max_redirects;       /* 0 = a redirect is an answer like any other */
    const struct mb_fetch_events *events; /* outlives the call */
    void *owner;
};

/* Refuses with INVALID_REQUEST, EGRESS_DENIED or OVERLOADED. The body's bytes and `shared` are
 * borrowed, all else is copied.
 *
 * Redirects: 303, and 301 or 302 after a POST, go on as GET without the body. To another origin
 * only headers that carry no secrets go along (Accept, Accept-Language, Content-Type), a body is
 * not sent, and the exemption ends. From https to http is refused. */
int mb_fetch_start(struct mb_fetch *fetch, const struct mb_fetch_request *req,
                   struct mb_fetch_call **call, struct mb_err *err) MB_MUST_CHECK;
void mb_fetch_cancel(struct mb_fetch_call *call); /* on_done does not run; the call is gone */
void *mb_fetch_owner(const struct mb_fetch_call *call);

/* A header of the answer, the last of that name; empty when absent. Borrowed until on_done
 * returns; also valid inside on_data. */
struct mb_str mb_fetch_header_get(const struct mb_fetch_call *call, const char *name);
/* All of them, in order. */
void mb_fetch_header_each(const struct mb_fetch_call *call,
                          void (*each)(const char *name, const char *value, void *arg), void *arg);

struct mb_fetch_stats {
    uint64_t started, done, failed, cancelled, refused, connections;
    uint64_t direct; /* of those started: tried without curl */
    size_t in_flight, queued;
};
struct mb_fetch_stats mb_fetch_get_stats(const struct mb_fetch *fetch);

#endif
