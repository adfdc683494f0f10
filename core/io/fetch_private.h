/* The inside of the HTTP client, shared by fetch.c (calls), fetch_headers.c, and the two paths that
 * a call can take:
 *
 * curl's, which can do everything: fetch_easy.c (one curl handle), fetch_shard.c (curl multi in the
 * loop), fetch_tls.c and fetch_redirect.c;
 * the direct one, for plain http to servers that the operator configured (model servers next door),
 * where a handle of curl's would cost more than the run that waits: fetch_route.c (which URLs, and
 * where their servers are), fetch_conn.c (connections), fetch_direct.c (one request and its answer,
 * decoded by http1.h). What it cannot do, and whatever fails before anything was sent, is curl's.
 */
#ifndef MB_IO_FETCH_PRIVATE_H
#define MB_IO_FETCH_PRIVATE_H

#include <curl/curl.h>

#include "io/fetch.h"
#include "io/fetch_direct.h"

/* curl keeps all connections of a host in one list and walks it for every request, so thousands in
 * flight would cost a walk of thousands each. Requests are therefore spread over several multi
 * handles, filled one after the other. For TLS that also keeps a burst from opening a connection a
 * request: those of one multi handle wait for its first connection and share it by HTTP/2, up to
 * 100 at a time (curl's own cap, and what most servers allow). */
enum { SHARD_PLAIN_CALLS = 128, SHARD_TLS_CALLS = 100 };
enum { IDLE_HANDLES = 256 }; /* reset easy handles kept for the next calls, 6 KB each */
enum { METHOD_BYTES = 16 };

/* Connections are shared inside a group only. */
enum fetch_group_id { GROUP_PLAIN, GROUP_PLAIN_EXEMPT, GROUP_TLS, GROUP_TLS_EXEMPT, N_GROUPS };

struct fetch_shard {
    struct mb_fetch *fetch;
    CURLM *multi;
    struct mb_timer timer; /* curl's own */
    struct mb_list kicked; /* in fetch->kicked: its time has come at the end of this turn */
    size_t in_flight;
    bool keeps_connections; /* false in the shards beyond max_idle */
};

struct fetch_group {
    struct fetch_shard **shards; /* made when needed, kept */
    size_t n_shards;
    size_t shard_calls; /* most requests in one shard */
};

/* A curl handle with its options set; only what differs is set again for the next call. */
struct fetch_easy {
    CURL *easy;
    struct fetch_easy *next; /* in the pool */
    struct mb_fetch_call *call;
    char *url;
    char method[METHOD_BYTES];
    int64_t connect_ms;
    bool has_body, is_tls, closes, is_once;
};

/* A socket of curl's. While idle in curl's pool its watch stays as it is: the next request on it
 * then needs no system call to be watched. */
struct fetch_sock {
    struct mb_watch watch;
    struct mb_fetch *fetch;
    struct fetch_shard *shard;
    bool is_wanted; /* curl waits for it now */
    bool is_ours;   /* made by our callback and closed by our callback: may be watched lazily */
};

struct mb_fetch {
    struct mb_loop *loop;
    const struct mb_egress *egress;
    size_t max_in_flight, max_queued, max_idle;
    long read_buffer_bytes;
    char *user_agent, *ca_file;
    CURLSH *share;               /* names and TLS sessions, for all shards */
    struct x509_store_st *roots; /* that TLS trusts; NULL = not read yet */
    struct curl_slist *pins;
    struct fetch_group groups[N_GROUPS];
    struct fetch_easy *idle;
    size_t n_idle;
    struct fetch_sock **socks; /* by descriptor */
    size_t n_socks;
    struct mb_list calls;  /* all, by node */
    struct mb_list queue;  /* waiting for a place, by link */
    struct mb_list fresh;  /* with bytes for on_data, by link */
    struct mb_list kicked; /* shards */
    struct mb_turn turn;
    struct fetch_direct direct;
    struct mb_fetch_stats stats;
};

enum fetch_state { FETCH_QUEUED, FETCH_RUNNING, FETCH_ENDING };

struct mb_fetch_call {
    struct mb_fetch *fetch;
    struct mb_list node;
    struct mb_list link;
    enum fetch_state state;
    struct fetch_easy *easy;
    struct fetch_shard *shard;
    struct fetch_exchange *exchange; /* NULL = a call of curl's */
    const struct mb_fetch_events *events;
    void *owner;
    char *url;
    char *host; /* for the egress policy; NULL when exempt */
    char method[METHOD_BYTES];
    struct mb_str body;
    const struct mb_fetch_headers *shared;
    struct curl_slist *headers; /* ours, then the shared ones */
    struct curl_slist *last;    /* the last of ours; NULL = none */
    bool is_exempt, is_once, is_tls, has_answer, is_too_large, was_sent;
    bool is_for_curl; /* the direct path found no connection */
    int redirects_left, n_redirects;
    struct mb_timer timer;
    int64_t started_us, deadline_us, heard_us; /* monotonic */
    int64_t timeout_ms, connect_ms, idle_ms;
    size_t max_body_bytes, max_header_bytes, body_bytes, header_bytes;
    struct mb_buf answer;
    struct mb_err *denied; /* what the egress policy said to an address of this call, or NULL */
};

/* fetch.c */
void mb_fetch_call_finish(struct mb_fetch_call *call, const struct mb_err *err);
void mb_fetch_call_answered(struct mb_fetch_call *call, CURLcode code);
void mb_fetch_call_by_curl(struct mb_fetch_call *call); /* from the direct path */
void mb_fetch_call_heard(struct mb_fetch_call *call);   /* bytes of the answer came */
/* A piece of a body of which `announced` bytes are to come (0 = not known); false = too large. */
bool mb_fetch_call_keep(struct mb_fetch_call *call, struct mb_str bytes, uint64_t announced,
                        int status);
void mb_fetch_deliver(struct mb_fetch *fetch);
int mb_fetch_err_too_large(const struct mb_fetch_call *call, struct mb_err *err);
int mb_fetch_err_lost(const struct mb_fetch_call *call, const char *why, struct mb_err *err);

/* fetch_easy.c: a handle ready for this call, and back into the pool */
struct fetch_easy *mb_fetch_easy_take(struct mb_fetch_call *call);
void mb_fetch_easy_put(struct mb_fetch *fetch, struct fetch_easy *easy);
void mb_fetch_easy_free_all(struct mb_fetch *fetch);
int mb_fetch_easy_error(const struct mb_fetch_call *call, CURLcode code, struct mb_err *err);
struct mb_str mb_fetch_easy_header(const struct fetch_easy *easy, const char *name);
void mb_fetch_easy_each(const struct fetch_easy *easy,
                        void (*each)(const char *name, const char *value, void *arg), void *arg);

/* fetch_shard.c */
void mb_fetch_shards_init(struct mb_fetch *fetch);
void mb_fetch_shards_free(struct mb_fetch *fetch);
struct fetch_shard *mb_fetch_shard_pick(struct mb_fetch *fetch, bool is_tls, bool is_exempt);
curl_socket_t mb_fetch_sock_open(struct mb_fetch *fetch, const struct curl_sockaddr *addr);
int mb_fetch_sock_close(void *fetch, curl_socket_t fd);

/* fetch_tls.c */
void mb_fetch_tls_set(struct mb_fetch *fetch, CURL *curl);
void mb_fetch_tls_free(struct mb_fetch *fetch);

/* fetch_headers.c */
int mb_fetch_headers_add(struct curl_slist **last, struct curl_slist **first,
                         const struct mb_fetch_header *field, struct mb_err *err);
void mb_fetch_headers_omit(struct curl_slist **last, struct curl_slist **first, const char *name);
struct curl_slist *mb_fetch_headers_list(const struct mb_fetch_headers *headers);
void mb_fetch_headers_drop(struct curl_slist *first, struct curl_slist *last);
/* The request's head for the direct path. */
void mb_fetch_headers_write(struct mb_buf *out, const struct mb_fetch_call *call,
                            const struct fetch_place *place);
bool mb_fetch_headers_has(const struct curl_slist *list, const char *name);
/* Keeps of the call's headers what may go to another origin. */
void mb_fetch_headers_strip(struct mb_fetch_call *call);

/* fetch_redirect.c: turns the call towards its Location; 1 = begin it again, 0 = the answer is
 * final, negative = err. */
int mb_fetch_redirect(struct mb_fetch_call *call, int status, struct mb_err *err);

#endif
