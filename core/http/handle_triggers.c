/* POST and PATCH of /v1/triggers: schedules, templates and secrets are checked and made here, the
 * rest is the database's. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/cron.h"
#include "http/handlers.h"
#include "http/hook_scheme.h"
#include "http/hook_secret.h"
#include "http/sql.h"
#include "run/trigger.h"

/* ---------------------------------------------------------------- checks */

/* Of an error that is set: where in the body. */
static int at(struct mb_err *err, const char *pointer)
{
    snprintf(err->pointer, sizeof(err->pointer), "%s", pointer);
    return -err->code;
}

/* Members that only the other kind has. */
static int check_kind(bool is_cron, const json_t *body, struct mb_err *err)
{
    static const char *const of_cron[] = {"schedule", "timezone", "catch_up"};
    static const char *const of_webhook[] = {"scheme", "secret", "headers"};
    const char *const *others = is_cron ? of_webhook : of_cron;
    for (size_t i = 0; i < MB_LEN(of_cron); i++) {
        char place[32];
        if (!json_object_get(body, others[i]))
            continue;
        snprintf(place, sizeof(place), "/%s", others[i]);
        return mb_err_at(err, MB_E_INVALID_REQUEST, place, "a %s has no %s",
                         is_cron ? "schedule" : "webhook", others[i]);
    }
    return 0;
}

/* When it is due next, Unix microseconds. */
static int next_of(struct mb_str schedule, struct mb_str zone, int64_t *next_us, struct mb_err *err)
{
    struct mb_cron cron;
    if (mb_cron_parse(&cron, schedule, err) < 0)
        return at(err, "/schedule");
    struct mb_tz *tz = mb_tz_load(zone, err);
    if (!tz)
        return at(err, "/timezone");
    int64_t next_s = mb_cron_next(&cron, tz, mb_clock_wall_us() / 1000000);
    mb_tz_free(tz);
    if (next_s < 0)
        return mb_err_at(err, MB_E_INVALID_REQUEST, "/schedule",
                         "it does not come in the next years");
    *next_us = next_s * 1000000;
    return 0;
}

/* ---------------------------------------------------------------- writing */

struct write {
    struct mb_id trigger_id;
    const char *function;
    int64_t next_us;
    struct mb_str schedule, timezone; /* that next_us is of */
    const char *scheme;
    struct mb_str deployment_id; /* as a UUID; of a new one */
    bool makes_secret;           /* else `secret` is taken, when there is one */
    struct mb_str secret;
};

/* The secret is shown this once. */
static void on_written(struct mb_request *r, int status, const json_t *answer)
{
    char *made = r->state;
    if (made) {
        json_object_set_new(json_object_get(answer, "body"), "secret", json_string(made));
        mb_wipe(made, strlen(made));
    }
    mb_sql_answer(r, status, answer);
}

static void add_str(struct mb_buf *out, const char *name, struct mb_str value)
{
    mb_buf_addf(out, ",\"%s\":", name);
    if (value.ptr)
        mb_buf_add_json_str(out, value);
    else
        mb_buf_add_c(out, "null");
}

static int build(struct mb_request *r, struct write *w, struct mb_buf *out, struct mb_err *err)
{
    char id[MB_ID_TEXT];
    int rc = 0;
    mb_buf_clear(out);
    mb_buf_addf(out, "{\"id\":\"%s\",\"params\":{\"trigger_id\":\"%s\"}",
                mb_id_uuid(w->trigger_id, id), id);
    if (w->next_us)
        mb_buf_addf(out, ",\"next_us\":%lld", (long long)w->next_us);
    add_str(out, "schedule", w->schedule);
    add_str(out, "timezone", w->timezone);
    add_str(out, "deployment_id", w->deployment_id);
    add_str(out, "scheme", w->scheme ? mb_str_c(w->scheme) : (struct mb_str){0});
    if (w->makes_secret) {
        r->state = mb_request_alloc(r, MB_HOOK_SECRET_TEXT);
        mb_hook_secret_new(r->state);
        w->secret = mb_str_c(r->state);
    }
    if (w->secret.ptr) {
        mb_buf_add_c(out, ",\"sealed\":");
        rc = mb_hook_secret_seal(r, w->trigger_id, w->secret, out, err);
    }
    json_object_del(r->body, "secret");
    mb_buf_add_c(out, ",\"body\":");
    mb_json_dump(out, r->body);
    mb_buf_add_char(out, '}');
    return rc;
}

static void write_row(struct mb_request *r, struct write *w)
{
    struct mb_err err;
    struct mb_buf *out = &r->http->scratch;
    if (build(r, w, out, &err) < 0)
        mb_request_refuse(r, &err);
    else
        mb_sql_call(r, w->function, mb_buf_str(out), on_written);
}

/* ---------------------------------------------------------------- a new one */

static int check_cron(const json_t *body, struct write *w, struct mb_err *err)
{
    w->schedule = mb_json_str(body, "schedule");
    w->timezone = mb_json_str(body, "timezone");
    if (!w->schedule.len)
        return mb_err_at(err, MB_E_INVALID_REQUEST, "/schedule", "a schedule needs one");
    if (!w->timezone.len)
        w->timezone = MB_STR("UTC");
    int rc = next_of(w->schedule, w->timezone, &w->next_us, err);
    if (!mb_json_bool(body, "enabled", true))
        w->next_us = 0;
    return rc;
}

static void check_webhook(const json_t *body, struct write *w)
{
    const struct mb_hook_scheme *scheme = mb_hook_scheme_find(mb_json_str(body, "scheme"));
    w->scheme = scheme ? scheme->name : "moonbase";
    w->makes_secret = !mb_json_get(body, "secret");
    if (!w->makes_secret)
        w->secret = mb_json_str(body, "secret");
}

void mb_handle_triggers_create(struct mb_request *r)
{
    struct mb_err err;
    struct mb_id deployment_id;
    char id[MB_ID_TEXT];
    struct write w = {.trigger_id = mb_id_new(), .function = "trigger_create"};
    bool is_cron = mb_str_is(mb_json_str(r->body, "kind"), "cron");
    int rc = check_kind(is_cron, r->body, &err);
    if (rc == 0 && !mb_id_parse(&deployment_id, "dep", mb_json_str(r->body, "deployment_id")))
        rc = mb_err_at(&err, MB_E_INVALID_REQUEST, "/deployment_id", "this is no deployment's id");
    if (rc == 0 && is_cron)
        rc = check_cron(r->body, &w, &err);
    else if (rc == 0)
        check_webhook(r->body, &w);
    if (rc == 0)
        rc = mb_trigger_check_template(json_object_get(r->body, "input"), !is_cron, &err);
    if (rc < 0) {
        mb_request_refuse(r, &err);
        return;
    }
    w.deployment_id = mb_str_c(mb_id_uuid(deployment_id, id));
    write_row(r, &w);
}

/* ---------------------------------------------------------------- a change */

/* What is not given stays as it is. */
static int plan(const json_t *body, const json_t *present, struct write *w, struct mb_err *err)
{
    bool is_cron = mb_str_is(mb_json_str(present, "kind"), "cron");
    const json_t *input = json_object_get(body, "input");
    int rc = check_kind(is_cron, body, err);
    if (rc == 0 && input)
        rc = mb_trigger_check_template(input, !is_cron, err);
    if (rc < 0)
        return rc;
    if (!is_cron) {
        w->makes_secret = json_is_null(json_object_get(body, "secret"));
        if (mb_json_get(body, "secret"))
            w->secret = mb_json_str(body, "secret");
        return 0;
    }
    if (!json_object_get(body, "schedule") && !json_object_get(body, "timezone") &&
        !json_object_get(body, "enabled"))
        return 0;
    w->schedule = mb_json_str(json_object_get(body, "schedule") ? body : present, "schedule");
    w->timezone = mb_json_str(json_object_get(body, "timezone") ? body : present, "timezone");
    return next_of(w->schedule, w->timezone, &w->next_us, err);
}

static void on_present(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    struct mb_err err;
    struct write w = {.trigger_id = r->ids[0], .function = "trigger_update"};
    if (plan(r->body, json_object_get(answer, "body"), &w, &err) < 0)
        mb_request_refuse(r, &err);
    else
        write_row(r, &w);
}

void mb_handle_trigger_update(struct mb_request *r)
{
    char text[96], id[MB_ID_TEXT];
    int n = snprintf(text, sizeof(text), "{\"params\":{\"trigger_id\":\"%s\"}}",
                     mb_id_uuid(r->ids[0], id));
    mb_sql_call(r, "trigger_get", MB_STR_OF(text, (size_t)n), on_present);
}
