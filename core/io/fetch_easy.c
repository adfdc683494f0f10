/* One curl handle: its options, its callbacks, and what its errors mean. No callback of a user runs
 * inside curl: bytes are put aside here and handed over when curl has returned. */
#include <stdlib.h>
#include <string.h>

#include "io/fetch_private.h"

/* More than this and curl would ask "Expect: 100-continue" first, which costs a round trip. */
enum { EXPECT_BYTES = 1024 * 1024 };

static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct mb_fetch_call *call = ((struct fetch_easy *)arg)->call;
    (void)bytes;
    mb_fetch_call_heard(call);
    call->header_bytes += size * n;
    call->is_too_large = call->header_bytes > call->max_header_bytes;
    return call->is_too_large ? 0 : n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct mb_fetch_call *call = ((struct fetch_easy *)arg)->call;
    long status = 0;
    curl_off_t announced = -1;
    curl_easy_getinfo(call->easy->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call->easy->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    mb_fetch_call_heard(call);
    bool is_kept = mb_fetch_call_keep(call, MB_STR_OF(bytes, size * n),
                                      (uint64_t)MB_MAX(announced, (curl_off_t)0), (int)status);
    return is_kept ? n : 0;
}

/* Every socket of curl's is made here, for the very address that is judged here. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *addr)
{
    struct mb_fetch_call *call = ((struct fetch_easy *)arg)->call;
    struct mb_err err;
    (void)purpose;
    if (!call->is_exempt &&
        mb_egress_check_addr(call->fetch->egress, call->host, &addr->addr, &err) < 0) {
        if (!call->denied)
            call->denied = mb_alloc(sizeof(*call->denied));
        *call->denied = err;
        return CURL_SOCKET_BAD;
    }
    return mb_fetch_sock_open(call->fetch, addr);
}

static void set_callbacks(struct fetch_easy *easy, struct mb_fetch *fetch)
{
    CURL *curl = easy->easy;
    curl_easy_setopt(curl, CURLOPT_PRIVATE, easy);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, easy);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, easy);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, easy);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, mb_fetch_sock_close);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, fetch); /* outlives this handle */
}

static void set_method(struct fetch_easy *easy)
{
    CURL *curl = easy->easy;
    bool plain_post = easy->has_body && strcmp(easy->method, "POST") == 0;
    if (strcmp(easy->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (!plain_post && strcmp(easy->method, "GET") != 0)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, easy->method);
    if (easy->has_body)
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
}

/* All options that stay the same from call to call. */
static void set_all(struct fetch_easy *easy, struct mb_fetch *fetch)
{
    CURL *curl = easy->easy;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* and none from the environment */
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, fetch->read_buffer_bytes);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, fetch->user_agent);
    curl_easy_setopt(curl, CURLOPT_SHARE, fetch->share);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)easy->connect_ms);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, easy->closes ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, easy->is_once ? 1L : 0L);
    if (fetch->pins)
        curl_easy_setopt(curl, CURLOPT_RESOLVE, fetch->pins);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
                     easy->is_tls ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    if (easy->is_tls) {
        curl_easy_setopt(curl, CURLOPT_PIPEWAIT, 1L);
        mb_fetch_tls_set(fetch, curl);
    }
    set_callbacks(easy, fetch);
    set_method(easy);
}

static bool fits(const struct fetch_easy *easy, const struct mb_fetch_call *call)
{
    return easy->has_body == (call->body.ptr != NULL) && easy->is_tls == call->is_tls &&
           easy->closes == !call->shard->keeps_connections && easy->is_once == call->is_once &&
           easy->connect_ms == call->connect_ms && strcmp(easy->method, call->method) == 0;
}

static void adopt(struct fetch_easy *easy, const struct mb_fetch_call *call)
{
    easy->has_body = call->body.ptr != NULL;
    easy->is_tls = call->is_tls;
    easy->is_once = call->is_once;
    easy->closes = !call->shard->keeps_connections;
    easy->connect_ms = call->connect_ms;
    memcpy(easy->method, call->method, METHOD_BYTES);
}

static struct fetch_easy *new_easy(void)
{
    struct fetch_easy *easy = mb_zalloc(sizeof(*easy));
    easy->easy = curl_easy_init();
    mb_assert(easy->easy);
    return easy;
}

/* curl adds headers of its own to a body; none of them is wanted. */
static void complete_headers(struct mb_fetch_call *call)
{
    if (!call->body.ptr)
        return;
    struct curl_slist *shared = mb_fetch_headers_list(call->shared);
    bool needs_type = !mb_fetch_headers_has(call->headers, "content-type");
    bool needs_expect =
        call->body.len >= EXPECT_BYTES && !mb_fetch_headers_has(call->headers, "expect");
    if (!needs_type && !needs_expect)
        return;
    if (!call->last)
        call->headers = NULL;
    if (needs_type)
        mb_fetch_headers_omit(&call->last, &call->headers, "content-type");
    if (needs_expect)
        mb_fetch_headers_omit(&call->last, &call->headers, "expect");
    call->last->next = shared;
}

struct fetch_easy *mb_fetch_easy_take(struct mb_fetch_call *call)
{
    struct mb_fetch *fetch = call->fetch;
    struct fetch_easy *easy = fetch->idle;
    if (easy) {
        fetch->idle = easy->next;
        fetch->n_idle--;
    } else {
        easy = new_easy();
    }
    easy->call = call;
    if (!easy->url || !fits(easy, call)) {
        curl_easy_reset(easy->easy);
        adopt(easy, call);
        set_all(easy, fetch);
        free(easy->url);
        easy->url = NULL;
    }
    if (!easy->url || strcmp(easy->url, call->url) != 0) {
        free(easy->url);
        easy->url = mb_strdup(call->url);
        curl_easy_setopt(easy->easy, CURLOPT_URL, easy->url);
    }
    complete_headers(call);
    curl_easy_setopt(easy->easy, CURLOPT_HTTPHEADER, call->headers);
    if (easy->has_body) {
        curl_easy_setopt(easy->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        curl_easy_setopt(easy->easy, CURLOPT_POSTFIELDS, call->body.ptr);
    }
    return easy;
}

static void free_easy(struct fetch_easy *easy)
{
    curl_easy_cleanup(easy->easy);
    free(easy->url);
    free(easy);
}

void mb_fetch_easy_put(struct mb_fetch *fetch, struct fetch_easy *easy)
{
    easy->call = NULL;
    if (fetch->n_idle >= IDLE_HANDLES) {
        free_easy(easy);
        return;
    }
    easy->next = fetch->idle;
    fetch->idle = easy;
    fetch->n_idle++;
}

void mb_fetch_easy_free_all(struct mb_fetch *fetch)
{
    while (fetch->idle) {
        struct fetch_easy *easy = fetch->idle;
        fetch->idle = easy->next;
        free_easy(easy);
    }
    fetch->n_idle = 0;
}

static int not_trusted(CURLcode code, struct mb_err *err)
{
    mb_err_set(err, MB_E_CONNECT_FAILED, "TLS failed: %s", curl_easy_strerror(code));
    if (err && code == CURLE_PEER_FAILED_VERIFICATION)
        err->retryable = 0;
    return -MB_E_CONNECT_FAILED;
}

static int no_connection(const struct mb_fetch_call *call, struct mb_err *err)
{
    long why = 0;
    curl_easy_getinfo(call->easy->easy, CURLINFO_OS_ERRNO, &why);
    return mb_err_set(err, MB_E_CONNECT_FAILED, "no connection could be made: %s",
                      why ? strerror((int)why) : "refused");
}

int mb_fetch_easy_error(const struct mb_fetch_call *call, CURLcode code, struct mb_err *err)
{
    if (call->is_too_large)
        return mb_fetch_err_too_large(call, err);
    if (call->denied && code == CURLE_COULDNT_CONNECT) {
        if (err)
            *err = *call->denied;
        return -MB_E_EGRESS_DENIED;
    }
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return mb_err_set(err, MB_E_CONNECT_FAILED, "the host's name could not be resolved");
    case CURLE_COULDNT_CONNECT:
        return no_connection(call, err);
    case CURLE_OPERATION_TIMEDOUT: /* only the connect timeout is curl's */
        return mb_err_set(err, MB_E_TIMEOUT, "no connection within %lld ms",
                          (long long)call->connect_ms);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
        return not_trusted(code, err);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: no status line */
    case CURLE_BAD_CONTENT_ENCODING:
        return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "the answer is no HTTP: %s",
                          curl_easy_strerror(code));
    case CURLE_URL_MALFORMAT:
        return mb_err_set(err, MB_E_INVALID_REQUEST, "the URL cannot be used");
    default:
        return mb_fetch_err_lost(call, curl_easy_strerror(code), err);
    }
}

struct mb_str mb_fetch_easy_header(const struct fetch_easy *easy, const char *name)
{
    struct curl_header *header = NULL;
    if (curl_easy_header(easy->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return MB_STR("");
    size_t last = header->amount - 1;
    if (last && curl_easy_header(easy->easy, name, last, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return MB_STR("");
    return mb_str_c(header->value);
}

void mb_fetch_easy_each(const struct fetch_easy *easy,
                        void (*each)(const char *name, const char *value, void *arg), void *arg)
{
    struct curl_header *at = NULL;
    while ((at = curl_easy_nextheader(easy->easy, CURLH_HEADER, -1, at)))
        each(at->name, at->value, arg);
}
