#include "app/serve.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/demo.h"
#include "app/local.h"
#include "app/platform.h"
#include "app/signals.h"
#include "base/log.h"
#include "http/http.h"
#include "io/pg.h"
#include "io/redis.h"
#include "run/catalog.h"
#include "run/engine.h"
#include "run/life.h"
#include "run/side.h"
#include "run/store_pg.h"
#include "run/trigger.h"

/* Beyond the grace, for signing off; after that the process ends as if it were killed. */
enum { FAREWELL_US = 3 * 1000 * 1000 };

struct serve {
    const struct mb_serve_config *config;
    struct mb_platform platform;
    struct mb_pg *pg;
    struct mb_redis *redis;
    struct mb_store *store;
    struct mb_catalog *catalog;
    struct mb_engine *engine;
    struct mb_side *side;
    struct mb_life *life;
    struct mb_triggers *triggers;
    struct mb_http *http;
    struct mb_demo *demo;
    struct mb_signals signals;
    struct mb_timer farewell;
    bool is_ready, stopping;
    char url[300];
};

/* ------------------------------------------------------------------------------------ ready */

static void start_demo(struct serve *s)
{
    struct mb_err err = {0};
    const struct mb_demo_config config = {
        .url = s->url,
        .api_key = s->config->demo_key,
        .deployment_id = s->config->demo_deployment,
        .home = s->platform.home,
    };
    s->demo = mb_demo_start(s->platform.fetch, &config, &err);
    if (!s->demo)
        mb_log_err(MB_LOG_ERROR, "demo_not_started", &err);
}

/* The core is registered in the database: it takes work. */
static void on_alive(void *arg)
{
    struct serve *s = arg;
    if (s->is_ready)
        return;
    s->is_ready = true;
    mb_log(MB_LOG_INFO, "serving", "url", "%s", s->url, "worker", "%d", s->config->worker, NULL);
    s->config->on_ready(s->config->arg, s->url);
    if (s->config->demo_key)
        start_demo(s);
}

/* ------------------------------------------------------------------------------------- stop */

static void on_life_stopped(void *arg)
{
    struct serve *s = arg;
    s->platform.loop.stop = true;
}

static void on_engine_idle(void *arg)
{
    struct serve *s = arg;
    mb_life_stop(s->life, on_life_stopped, s);
}

static void on_http_stopped(void *arg)
{
    struct serve *s = arg;
    mb_engine_drain(s->engine, on_engine_idle, s);
}

static void on_farewell(struct mb_timer *timer)
{
    struct serve *s = MB_CONTAINER_OF(timer, struct serve, farewell);
    mb_log(MB_LOG_WARN, "stopped_without_farewell", NULL);
    s->platform.loop.stop = true;
}

static void on_signal(void *arg, int sig)
{
    struct serve *s = arg;
    struct mb_loop *loop = &s->platform.loop;
    if (s->stopping) {
        loop->stop = true;
        return;
    }
    s->stopping = true;
    mb_log(MB_LOG_INFO, "stopping", "signal", "%d", sig, NULL);
    int64_t grace_ms = s->platform.config->stop_grace_ms;
    s->farewell.on_due = on_farewell;
    mb_timer_arm(&loop->timers, &s->farewell, loop->now_us + grace_ms * 1000 + FAREWELL_US);
    mb_life_drain(s->life);
    mb_triggers_drain(s->triggers);
    mb_side_drain(s->side);
    mb_http_stop(s->http, (int)grace_ms, on_http_stopped, s);
}

/* ------------------------------------------------------------------------------------ start */

static void on_pg_state(void *arg, bool up, const struct mb_err *err)
{
    struct serve *s = arg;
    if (up)
        mb_log(MB_LOG_INFO, "database_up", NULL);
    else
        mb_log_err(MB_LOG_WARN, "database_lost", err);
    if (s->life)
        mb_life_on_pg(s->life, up);
}

static void on_redis_state(void *arg, bool up, const struct mb_err *err)
{
    struct serve *s = arg;
    if (s->http)
        mb_http_on_redis(s->http, up, err);
}

static int start_stores(struct serve *s, struct mb_err *err)
{
    const struct mb_pg_opts pg = {
        .conninfo = s->config->database_url,
        .connections = (int)s->platform.config->database_connections,
        /* each run may have a call there, and each client who follows one a look */
        .queue_max = (int)MB_MAX(4096, 2 * s->platform.config->max_runs),
        .on_state = on_pg_state,
        .arg = s,
    };
    const struct mb_redis_opts redis = {
        .url = s->config->redis_url, .on_state = on_redis_state, .arg = s};
    if (!(s->pg = mb_pg_new(&s->platform.loop, &pg, err)))
        return -err->code;
    if (*s->config->redis_url && !(s->redis = mb_redis_new(&s->platform.loop, &redis, err)))
        return -err->code;
    return 0;
}

static void start_engine(struct serve *s)
{
    const struct mb_config *config = s->platform.config;
    struct mb_loop *loop = &s->platform.loop;
    const struct mb_catalog_defaults defaults = mb_catalog_settings(config);
    const struct mb_engine_config settings = mb_engine_settings(config);
    s->platform.gate.data = mb_data_pg_new(s->pg);
    s->store = mb_store_pg_new(s->pg);
    s->catalog = mb_catalog_new(loop, s->pg, &defaults);
    s->engine =
        mb_engine_new(loop, &s->platform.gate, s->store, s->catalog, s->platform.zygote, &settings);
    const struct mb_side_config side = mb_side_settings(config);
    s->side =
        mb_side_new(loop, &s->platform.gate, s->platform.zygote, s->catalog, &settings, &side);
    char node[256] = "";
    gethostname(node, sizeof(node) - 1);
    const struct mb_life_config life = {
        .node = *config->node_name ? config->node_name : node,
        .worker = s->config->worker,
        .lease_ms = (int)config->lease_ms,
        .heartbeat_ms = (int)config->heartbeat_ms,
        .poll_ms = (int)config->poll_ms,
    };
    s->life = mb_life_new(loop, s->pg, s->store, s->engine, s->catalog, &life, on_alive, s);
    s->triggers = mb_triggers_new(loop, s->pg, s->catalog);
}

void mb_serve_url(const struct mb_config *config, int port, char *out, size_t size)
{
    bool is_v6 = strchr(config->listen, ':') != NULL;
    if (*config->public_url)
        snprintf(out, size, "%s", config->public_url);
    else
        snprintf(out, size, "http://%s%s%s:%d", is_v6 ? "[" : "", config->listen, is_v6 ? "]" : "",
                 port);
}

static int start_http(struct serve *s, struct mb_err *err)
{
    const struct mb_config *config = s->platform.config;
    const struct mb_http_config http = {
        .listen = config->listen,
        .port = (int)config->port,
        .share_port = s->config->share_port,
        .body_max_bytes = config->http_body_bytes,
        .header_max_bytes = config->http_header_bytes,
        .request_timeout_ms = (int)config->http_request_timeout_ms,
        .idle_timeout_ms = (int)config->http_idle_timeout_ms,
        .send_timeout_ms = (int)config->http_send_timeout_ms,
        .connections_max = (int)config->http_connections,
        .streams_max = (int)config->http_streams,
        .execute_wait_ms = (int)config->execute_wait_ms,
        .rate_per_minute = config->rate_per_minute,
        .hook_rate_per_minute = config->hook_rate_per_minute,
    };
    const struct mb_http_deps deps = {
        .pg = s->pg,
        .engine = s->engine,
        .side = s->side,
        .triggers = s->triggers,
        .gate = &s->platform.gate,
        .keyring = s->platform.keyring,
        .redis = s->redis,
    };
    int rc = mb_http_start(&s->platform.loop, &http, &deps, &s->http, err);
    if (rc)
        return rc;
    mb_serve_url(config, mb_http_port(s->http), s->url, sizeof(s->url));
    return 0;
}

/* Connections, sandboxes and the database's sockets are descriptors: as many as the host allows. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void release(struct serve *s)
{
    mb_timer_cancel(&s->platform.loop.timers, &s->farewell);
    mb_demo_free(s->demo);
    mb_http_free(s->http);
    mb_triggers_free(s->triggers);
    mb_life_free(s->life);
    mb_side_free(s->side);
    mb_engine_free(s->engine);
    mb_catalog_free(s->catalog);
    if (s->store)
        s->store->free(s->store);
    if (s->platform.gate.data)
        s->platform.gate.data->free(s->platform.gate.data);
    mb_redis_free(s->redis);
    mb_pg_free(s->pg);
    mb_platform_release(&s->platform);
}

int mb_serve(const struct mb_serve_config *config, struct mb_err *err)
{
    struct serve s = {.config = config};
    struct mb_err own = {0};
    err = err ? err : &own;
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    int rc = mb_platform_init(&s.platform, config->config, err);
    if (rc)
        return rc;
    mb_signals_start(&s.signals, &s.platform.loop, on_signal, &s);
    rc = start_stores(&s, err);
    if (!rc)
        start_engine(&s);
    if (!rc)
        rc = start_http(&s, err);
    if (!rc)
        mb_loop_run(&s.platform.loop);
    mb_signals_stop(&s.signals);
    release(&s);
    return rc;
}
