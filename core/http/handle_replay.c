/* POST /v1/runs/{run_id}/replay and POST /v1/deployments/{deployment_id}/canary: past runs again,
 * on the side engine. */
#include <stdio.h>
#include <string.h>

#include "http/clientwatch.h"
#include "http/handlers.h"
#include "http/sql.h"
#include "run/canary.h"
#include "run/rerun.h"

enum { CANARY_RUNS = 20, CANARY_US = 60 * 1000 * 1000 };

/* What a request has under way: the one or the other. */
struct aside {
    struct mb_client_watch watch;
    struct mb_rerun *rerun;
    struct mb_canary *canary;
};

static void cancel(struct mb_request *r)
{
    struct aside *a = r->state;
    mb_client_watch_stop(&a->watch);
    mb_rerun_cancel(a->rerun);
    mb_canary_cancel(a->canary);
}

/* It has begun: from now on it ends when the client leaves. */
static void follow(struct mb_request *r, struct aside *a)
{
    r->state = a;
    r->cancel = cancel;
    mb_client_watch_start(&a->watch, r);
}

static void settle(struct mb_request *r)
{
    struct aside *a = r->state;
    mb_client_watch_stop(&a->watch);
    r->cancel = NULL;
}

/* ---------------------------------------------------------------- replay */

static void on_replayed(void *arg, struct mb_rerun_report *report, const struct mb_err *err)
{
    struct mb_request *r = arg;
    settle(r);
    if (!report) {
        mb_request_refuse(r, err);
        return;
    }
    mb_request_answer_json(r, 200, report->json);
    json_decref(report->json);
}

static void replay(struct mb_request *r, struct mb_id package_owner, struct mb_id package_id)
{
    struct mb_err err;
    struct aside *a = mb_request_alloc(r, sizeof(*a));
    const struct mb_rerun_request request = {
        .side = r->http->deps.side,
        .pg = r->http->deps.pg,
        .customer_id = r->caller.customer_id,
        .run_id = r->ids[0],
        .package_owner = package_owner,
        .package_id = package_id,
    };
    if (mb_rerun_start(&request, on_replayed, r, &a->rerun, &err) < 0)
        mb_request_refuse(r, &err);
    else
        follow(r, a);
}

static void on_package(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    const json_t *found = json_object_get(answer, "body");
    struct mb_id owner = mb_id_nil(), id = mb_id_nil();
    bool good = mb_id_parse_uuid(&owner, mb_json_str(found, "package_owner")) &&
                mb_id_parse_uuid(&id, mb_json_str(found, "package_id"));
    mb_assert(good);
    replay(r, owner, id);
}

/* The package that is meant, by what the body says; `name` when it says only a version. */
static void find_package(struct mb_request *r, json_t *name)
{
    struct mb_buf *out = &r->http->scratch;
    json_t *params = json_pack("{s:{s:O, s:O?}}", "params", "package", name, "version",
                               json_object_get(r->body, "version"));
    mb_buf_clear(out);
    mb_json_dump(out, params);
    json_decref(params);
    mb_sql_call(r, "deployable_get", mb_buf_str(out), on_package);
}

static void on_pins(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    find_package(r, json_object_get(json_object_get(answer, "body"), "package_name"));
}

void mb_handle_run_replay(struct mb_request *r)
{
    json_t *package = json_object_get(r->body, "package");
    char text[96], id[MB_ID_TEXT];
    if (package) {
        find_package(r, package);
        return;
    }
    if (!json_object_get(r->body, "version")) {
        replay(r, mb_id_nil(), mb_id_nil());
        return;
    }
    int n =
        snprintf(text, sizeof(text), "{\"params\":{\"run_id\":\"%s\"}}", mb_id_uuid(r->ids[0], id));
    mb_sql_call(r, "run_pins_get", MB_STR_OF(text, (size_t)n), on_pins);
}

/* ---------------------------------------------------------------- canary */

static void on_canary(void *arg, json_t *report, int n_changed, const struct mb_err *err)
{
    (void)n_changed;
    struct mb_request *r = arg;
    settle(r);
    if (report)
        mb_request_answer_json(r, 200, report);
    else
        mb_request_refuse(r, err);
    json_decref(report);
}

/* The states of the filter, with commas between. */
static void add_statuses(struct mb_buf *out, const json_t *filter)
{
    size_t i;
    const json_t *status, *statuses = json_object_get(filter, "status");
    json_array_foreach(statuses, i, status)
        mb_buf_addf(out, "%s%s", i ? "," : "", json_string_value(status));
    if (!statuses)
        mb_buf_add_c(out, "succeeded,failed");
}

void mb_handle_deployment_canary(struct mb_request *r)
{
    struct mb_err err;
    struct aside *a = mb_request_alloc(r, sizeof(*a));
    struct mb_buf statuses = {0};
    const json_t *filter = json_object_get(r->body, "filter");
    add_statuses(&statuses, filter);
    const struct mb_canary_request request = {
        .side = r->http->deps.side,
        .pg = r->http->deps.pg,
        .customer_id = r->caller.customer_id,
        .deployment_id = r->ids[0],
        .package = mb_json_str(r->body, "package"),
        .version = mb_json_str(r->body, "version"),
        .n_runs = (int)mb_json_int(r->body, "runs", CANARY_RUNS),
        .statuses = mb_buf_cstr(&statuses),
        .since = mb_json_str(filter, "created_from"),
        .deadline_us = CANARY_US,
    };
    int rc = mb_canary_start(&request, on_canary, r, &a->canary, &err);
    mb_buf_release(&statuses);
    if (rc < 0)
        mb_request_refuse(r, &err);
    else
        follow(r, a);
}
