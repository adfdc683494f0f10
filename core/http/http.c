#include "http/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/log.h"
#include "http/handlers.h"
#include "http/runwatch.h"
#include "http/stream.h"

extern const struct mb_embed mb_http_documents[];

static void fill_in(struct mb_http_config *config)
{
#define DEFAULT(field, value) config->field = config->field ? config->field : (value)
    DEFAULT(backlog, 4096);
    DEFAULT(header_max_bytes, 16 * 1024);
    DEFAULT(input_budget_bytes, 256 * 1024 * 1024);
    DEFAULT(request_timeout_ms, 30000);
    DEFAULT(idle_timeout_ms, 60000);
    DEFAULT(send_timeout_ms, 30000);
    DEFAULT(connections_max, 20000);
    DEFAULT(streams_max, 10000);
#undef DEFAULT
    config->listen = NULL;
}

/* "key <uuid>", "customer <uuid>" or "deployment <uuid>" has changed. */
static void on_changed(void *arg, const char *channel, const char *payload)
{
    struct mb_http *http = arg;
    struct mb_id id;
    const char *space = payload ? strchr(payload, ' ') : NULL;
    (void)channel;
    if (!payload)
        mb_auth_forget_all(http->auth);
    else if (space && strncmp(payload, "deployment", 10) != 0 &&
             mb_id_parse_uuid(&id, mb_str_c(space + 1)))
        mb_auth_forget(http->auth, id);
}

/* "<customer> <run> <what>" */
static void on_run_notice(void *arg, const char *channel, const char *payload)
{
    struct mb_http *http = arg;
    struct mb_id id = mb_id_nil();
    (void)channel;
    if (payload) {
        const char *run = strchr(payload, ' ');
        const char *end = run ? strchr(run + 1, ' ') : NULL;
        if (!end || !mb_id_parse_uuid(&id, MB_STR_OF(run + 1, (size_t)(end - run - 1))))
            return;
    }
    mb_run_watch_notify(http, id);
}

int mb_http_start(struct mb_loop *loop, const struct mb_http_config *config,
                  const struct mb_http_deps *deps, struct mb_http **out, struct mb_err *err)
{
    const struct mb_embed *document = &mb_http_documents[0];
    struct mb_router *router =
        mb_router_new(MB_STR_OF(document->data, document->len), mb_handler_names, err);
    if (!router)
        return -MB_E_CONFIG;
    struct mb_http *http = mb_zalloc(sizeof(*http));
    http->loop = loop;
    http->config = *config;
    http->deps = *deps;
    http->router = router;
    fill_in(&http->config);
    mb_list_init(&http->requests);
    mb_list_init(&http->watches);
    mb_list_init(&http->streams);
    int rc = mb_server_start(http, config->listen, config->port, err);
    if (rc < 0) {
        mb_router_free(router);
        free(http);
        return rc;
    }
    http->metrics = mb_metrics_new(router);
    http->limiter = mb_ratelimit_new(loop, deps->redis, 0);
    http->auth =
        mb_auth_new(&(struct mb_auth_opts){.loop = loop, .pg = deps->pg, .router = router});
    mb_pg_listen(deps->pg, "mb_changed", on_changed, http);
    mb_pg_listen(deps->pg, "mb_run", on_run_notice, http);
    *out = http;
    return 0;
}

int mb_http_port(const struct mb_http *http)
{
    return http->server.port;
}

static void break_streams(struct mb_http *http)
{
    while (!mb_list_is_empty(&http->streams))
        mb_stream_break(MB_LIST_ENTRY(http->streams.next, struct mb_stream, node));
}

void mb_http_stop(struct mb_http *http, int grace_ms, void (*on_stopped)(void *arg), void *arg)
{
    http->stopping = true;
    break_streams(http);
    mb_server_stop(http, grace_ms, on_stopped, arg);
}

void mb_http_free(struct mb_http *http)
{
    if (!http)
        return;
    http->stopping = true;
    break_streams(http);
    mb_server_release(http);
    mb_auth_free(http->auth);
    mb_ratelimit_free(http->limiter);
    mb_metrics_free(http->metrics);
    mb_router_free(http->router);
    mb_buf_release(&http->scratch);
    free(http);
}

void mb_http_on_redis(struct mb_http *http, bool up, const struct mb_err *err)
{
    (void)http;
    if (up)
        mb_log(MB_LOG_INFO, "redis_up", "effect", "%s", "rate limits are shared", NULL);
    else
        mb_log(MB_LOG_WARN, "redis_lost", "effect", "%s", "rate limits are each core's own",
               "message", "%s", err->message, NULL);
}
