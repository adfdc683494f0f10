/* Runs as JSON: what GET /v1/runs/{id} shows of them (sql/functions/api/run_json.sql has the same
 * shape), their errors, their limits. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rfc3339.h"
#include "run/private.h"

void mb_run_add_error_json(struct mb_buf *out, const struct mb_run *run)
{
    const struct mb_err *e = run->error;
    const char *colon = strrchr(e->pointer, ':');
    mb_buf_add_c(out, "{\"code\":");
    mb_buf_add_json_str(out, mb_str_c(mb_err_wire(e)));
    mb_buf_add_c(out, ",\"message\":");
    mb_buf_add_json_str(out, mb_str_c(e->message));
    bool is_place = colon && e->pointer[0] != '/';
    mb_buf_add_c(out, ",\"file\":");
    if (is_place) {
        mb_buf_add_json_str(out, MB_STR_OF(e->pointer, (size_t)(colon - e->pointer)));
        mb_buf_addf(out, ",\"line\":%d", atoi(colon + 1));
    } else {
        mb_buf_add_c(out, "null,\"line\":null");
        if (e->pointer[0]) {
            mb_buf_add_c(out, ",\"pointer\":");
            mb_buf_add_json_str(out, mb_str_c(e->pointer));
        }
    }
    mb_buf_addf(out, ",\"step\":%d,\"retryable\":%s", run->steps,
                mb_err_retryable(e) ? "true" : "false");
    if (run->error_details) {
        mb_buf_add_c(out, ",\"details\":");
        mb_json_dump(out, run->error_details);
    }
    mb_buf_add_char(out, '}');
}

void mb_run_limits_json(const struct mb_run *run, char *out, size_t size)
{
    int n =
        snprintf(out, size, "{\"cpu_ms\":%" PRId64 ",\"wall_ms\":%" PRId64 ",\"steps\":%" PRId64,
                 run->limits.cpu_ms, run->limits.wall_ms, run->limits.steps);
    mb_assert(n > 0 && (size_t)n + 48 < size);
    if (run->limits.budget_micros >= 0)
        snprintf(out + n, size - (size_t)n, ",\"budget_micros\":%" PRId64 "}",
                 run->limits.budget_micros);
    else
        snprintf(out + n, size - (size_t)n, "}");
}

static void add_time(struct mb_buf *out, const char *key, int64_t unix_us)
{
    char at[MB_RFC3339_TEXT];
    if (unix_us)
        mb_buf_addf(out, ",\"%s\":\"%s\"", key, mb_rfc3339(unix_us, at));
    else
        mb_buf_addf(out, ",\"%s\":null", key);
}

void mb_run_add_json(struct mb_buf *out, const struct mb_run *run)
{
    char id[MB_ID_TEXT], deployment[MB_ID_TEXT];
    mb_buf_addf(out, "{\"id\":\"%s\",\"status\":\"%s\"", mb_id_format(run->id, "run", id),
                mb_run_status_name(run->status));
    if (run->wait_reason)
        mb_buf_addf(out, ",\"wait_reason\":\"%s\"", run->wait_reason);
    else
        mb_buf_add_c(out, ",\"wait_reason\":null");
    mb_buf_addf(out, ",\"deployment_id\":\"%s\"",
                mb_id_format(run->deployment->id, "dep", deployment));
    mb_buf_addf(out, ",\"package\":{\"name\":\"%s\",\"version\":\"%s\"}",
                run->deployment->package->name, run->deployment->package->version);
    if (mb_id_is_nil(run->parent_id))
        mb_buf_add_c(out, ",\"parent_run_id\":null");
    else
        mb_buf_addf(out, ",\"parent_run_id\":\"%s\"", mb_id_format(run->parent_id, "run", id));
    mb_buf_add_c(out, ",\"output\":");
    mb_buf_add_str(out, run->output ? MB_STR_OF(run->output, run->output_len) : MB_STR("null"));
    mb_buf_add_c(out, ",\"error\":");
    if (run->error)
        mb_run_add_error_json(out, run);
    else
        mb_buf_add_c(out, "null");
    mb_buf_addf(out,
                ",\"usage\":{\"steps\":%d,\"cpu_us\":%" PRId64 ",\"tokens_in\":%" PRId64
                ",\"tokens_out\":%" PRId64 ",\"cost_micros\":%" PRId64
                ",\"children_cost_micros\":%" PRId64 "}",
                run->steps, run->cpu_us, run->tokens_in, run->tokens_out, run->price_micros,
                run->children_micros);
    mb_buf_addf(out, ",\"diverged\":%s", run->diverged ? "true" : "false");
    add_time(out, "created_at", run->created_us);
    add_time(out, "started_at", run->started_us);
    add_time(out, "finished_at", run->finished_us);
    mb_buf_add_char(out, '}');
}
