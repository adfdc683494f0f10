/* Health, measurements and the description of the API. No key is needed for these. */
#include "base/embed.h"
#include "http/handlers.h"
#include "io/pg.h"
#include "run/engine.h"
#include "run/side.h"
#include "run/trigger.h"

/* Made at build time from openapi.yaml (build.mk). */
extern const struct mb_embed mb_http_documents[];

void mb_handle_healthz(struct mb_request *r)
{
    mb_request_answer(r, 200, MB_STR("{\"status\":\"ok\"}"));
}

void mb_handle_readyz(struct mb_request *r)
{
    struct mb_engine_stats stats;
    struct mb_err err;
    mb_engine_get_stats(r->http->deps.engine, &stats);
    if (r->http->stopping)
        (void)mb_err_set(&err, MB_E_UNAVAILABLE, "the server is shutting down");
    else if (!mb_pg_is_up(r->http->deps.pg))
        (void)mb_err_set(&err, MB_E_UNAVAILABLE, "the database is away");
    else if (!stats.can_accept)
        (void)mb_err_set(&err, MB_E_OVERLOADED, "no more runs can be taken at the moment");
    else {
        mb_request_answer(r, 200, MB_STR("{\"status\":\"ok\"}"));
        return;
    }
    mb_request_refuse(r, &err);
}

void mb_handle_openapi(struct mb_request *r)
{
    const struct mb_embed *document = &mb_http_documents[0];
    mb_request_answer(r, 200, MB_STR_OF(document->data, document->len));
}

/* ---------------------------------------------------------------- metrics */

static void add(struct mb_buf *out, const char *name, const char *type, const char *help,
                uint64_t value)
{
    mb_metrics_one(out, name, type, help, (double)value);
}

static void add_engine(struct mb_buf *out, const struct mb_engine *engine)
{
    struct mb_engine_stats s;
    mb_engine_get_stats(engine, &s);
    add(out, "moonbase_runs_started_total", "counter", "Runs that began here.", s.runs_started);
    add(out, "moonbase_runs_finished_total", "counter", "Runs that ended here, in any way.",
        s.runs_done);
    add(out, "moonbase_runs_failed_total", "counter", "Runs that failed.", s.runs_failed);
    add(out, "moonbase_runs_cancelled_total", "counter", "Runs that were stopped.",
        s.runs_cancelled);
    add(out, "moonbase_runs_parked_total", "counter", "Times that a run was put away to wait.",
        s.runs_parked);
    add(out, "moonbase_runs_active", "gauge", "Runs that execute here.", s.runs_active);
    add(out, "moonbase_steps_total", "counter", "Steps that were executed.", s.steps);
    add(out, "moonbase_steps_replayed_total", "counter", "Steps answered from the journal.",
        s.steps_replayed);
    add(out, "moonbase_journal_flushes_total", "counter", "Transactions of the journal.",
        s.flushes);
    add(out, "moonbase_journal_rows_total", "counter", "Rows written by them.", s.flushed_rows);
    add(out, "moonbase_journal_backlog_rows", "gauge", "Rows that wait to be written.",
        s.journal_backlog_rows);
    add(out, "moonbase_sandboxes_started_total", "counter", "Sandboxes that were forked.",
        s.sandboxes_started);
    add(out, "moonbase_sandboxes_lost_total", "counter", "Sandboxes that died or were killed.",
        s.sandboxes_lost);
    add(out, "moonbase_sandboxes_live", "gauge", "Sandboxes that live.", s.sandboxes_live);
}

static void add_by_kind(struct mb_buf *out, const char *name, const char *help,
                        const uint64_t values[MB_FIRING_KINDS])
{
    static const char *const kinds[MB_FIRING_KINDS] = {
        [MB_FIRING_CRON] = "kind=\"cron\"",
        [MB_FIRING_WEBHOOK] = "kind=\"webhook\"",
        [MB_FIRING_MANUAL] = "kind=\"manual\"",
    };
    mb_metrics_family(out, name, "counter", help);
    for (size_t i = 0; i < MB_FIRING_KINDS; i++)
        mb_metrics_sample(out, name, kinds[i], (double)values[i]);
}

static void add_triggers(struct mb_buf *out, const struct mb_triggers *triggers)
{
    struct mb_trigger_stats s;
    mb_triggers_get_stats(triggers, &s);
    add_by_kind(out, "moonbase_triggers_fired_total", "Runs that triggers made.", s.fired);
    add_by_kind(out, "moonbase_triggers_failed_total",
                "Firings that made no run: no deployment, a wrong input, the database.", s.failed);
    add(out, "moonbase_triggers_late_total", "counter",
        "Ticks that were fired more than a minute after their time.", s.late);
    add(out, "moonbase_triggers_skipped_total", "counter",
        "Ticks that were missed and, as their trigger says, not made up for.", s.skipped);
    add(out, "moonbase_triggers_put_off_total", "counter",
        "Times that a tick could not be fired and was put off.", s.put_off);
    add(out, "moonbase_triggers_deliveries_refused_total", "counter",
        "Deliveries to webhooks that were refused before they could fire.", s.refused);
}

static void add_side(struct mb_buf *out, const struct mb_side *side)
{
    static const char under_way[] = "moonbase_side_jobs_under_way";
    struct mb_side_stats s;
    mb_side_get_stats(side, &s);
    mb_metrics_family(out, under_way, "gauge", "Replays and simulations that execute here.");
    mb_metrics_sample(out, under_way, "kind=\"replay\"", (double)(s.under_way - s.simulations));
    mb_metrics_sample(out, under_way, "kind=\"simulation\"", (double)s.simulations);
    add(out, "moonbase_side_jobs_waiting", "gauge", "Those that wait for their turn.", s.queued);
    add(out, "moonbase_side_jobs_started_total", "counter", "Those that began.", s.started);
    add(out, "moonbase_side_jobs_refused_total", "counter", "Those refused for want of room.",
        s.refused);
    add(out, "moonbase_side_jobs_timed_out_total", "counter", "Those that took too long.",
        s.timed_out);
    add(out, "moonbase_canaries_under_way", "gauge",
        "Canaries under way; each replays one run after the other.", s.canaries);
}

static void add_database(struct mb_buf *out, const struct mb_pg *pg)
{
    struct mb_pg_stats s;
    mb_pg_stats(pg, &s);
    add(out, "moonbase_database_up", "gauge", "1 when the database can be used.", mb_pg_is_up(pg));
    add(out, "moonbase_database_connections", "gauge", "Connections that are ready.",
        (uint64_t)s.connected);
    add(out, "moonbase_database_waiting", "gauge", "Queries that wait to be sent.",
        (uint64_t)s.waiting);
    add(out, "moonbase_database_queries_total", "counter", "Queries that were asked.", s.queries);
    add(out, "moonbase_database_errors_total", "counter", "Queries that failed.", s.errors);
    add(out, "moonbase_database_retries_total", "counter", "Queries that were sent again.",
        s.retries);
    add(out, "moonbase_database_reconnects_total", "counter", "Connections made anew.",
        s.reconnects);
}

static void add_server(struct mb_buf *out, const struct mb_http *http)
{
    const struct mb_server *server = &http->server;
    mb_metrics_requests(http->metrics, out);
    add(out, "moonbase_http_connections", "gauge", "Open connections.", (uint64_t)server->n_conns);
    add(out, "moonbase_http_connections_accepted_total", "counter", "Connections accepted.",
        server->accepted);
    add(out, "moonbase_http_connections_refused_total", "counter",
        "Connections refused for want of room.", server->refused);
    add(out, "moonbase_http_connections_cut_total", "counter",
        "Connections that were ended because of what their client did, or at a stop.", server->cut);
    add(out, "moonbase_http_streams", "gauge", "Open event streams.", (uint64_t)http->n_streams);
}

void mb_handle_metrics(struct mb_request *r)
{
    struct mb_http *http = r->http;
    struct mb_buf out = {0};
    add_server(&out, http);
    add_engine(&out, http->deps.engine);
    add_triggers(&out, http->deps.triggers);
    add_side(&out, http->deps.side);
    add_database(&out, http->deps.pg);
    mb_metrics_process(&out);
    if (http->config.more_metrics)
        http->config.more_metrics(http->config.arg, &out);
    mb_request_answer_as(r, 200, "text/plain; version=0.0.4; charset=utf-8", mb_buf_str(&out));
    mb_buf_release(&out);
}
