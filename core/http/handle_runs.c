/* What can be done to a run: follow it, stop it, decide what it waits for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/handlers.h"
#include "http/runstream.h"
#include "http/sql.h"

static void refuse(struct mb_request *r, enum mb_err_code code, const char *place, const char *what)
{
    struct mb_err err;
    (void)mb_err_at(&err, code, place, "%s", what);
    mb_request_refuse(r, &err);
}

/* ---------------------------------------------------------------- events */

void mb_handle_run_events(struct mb_request *r)
{
    struct mb_str last = mb_request_header(r, "last-event-id");
    char text[12] = "", *end = text;
    long after = 0;
    if (last.len < sizeof(text)) {
        memcpy(text, last.len ? last.ptr : "", last.len);
        errno = 0;
        after = strtol(text, &end, 10);
    }
    if (last.len >= sizeof(text) || *end || errno || after < 0 || after > INT32_MAX)
        refuse(r, MB_E_INVALID_REQUEST, "?Last-Event-ID", "it is not an id of these events");
    else
        mb_run_stream_follow(r, r->ids[0], (int)after);
}

/* ---------------------------------------------------------------- cancel */

/* The run is here: it is stopped at once, and followed to its end, which the journal then holds. */
struct stop {
    struct mb_request *r;
    struct mb_follow follow;
};

static void cancel_stop(struct mb_request *r)
{
    struct stop *stop = r->state;
    mb_engine_unfollow(&stop->follow);
}

static void stop_in_database(struct mb_request *r)
{
    char text[128], id[MB_ID_TEXT];
    int n =
        snprintf(text, sizeof(text), "{\"params\":{\"run_id\":\"%s\"}}", mb_id_uuid(r->ids[0], id));
    mb_sql_call(r, "run_cancel", MB_STR_OF(text, (size_t)n), mb_sql_answer);
}

static void on_stopped(struct mb_follow *follow, struct mb_str run_json)
{
    struct mb_request *r = MB_CONTAINER_OF(follow, struct stop, follow)->r;
    json_t *run = mb_json_parse(run_json, NULL);
    bool is_cancelled = mb_str_is(mb_json_str(run, "status"), "cancelled");
    json_decref(run);
    r->cancel = NULL;
    if (is_cancelled)
        mb_request_answer(r, 200, run_json);
    else
        refuse(r, MB_E_CONFLICT, "", "the run has ended already");
}

static void on_parked(struct mb_follow *follow, struct mb_str run_json)
{
    (void)run_json;
    stop_in_database(MB_CONTAINER_OF(follow, struct stop, follow)->r);
}

static void on_lost(struct mb_follow *follow, struct mb_id run_id)
{
    (void)run_id;
    stop_in_database(MB_CONTAINER_OF(follow, struct stop, follow)->r);
}

void mb_handle_run_cancel(struct mb_request *r)
{
    struct mb_engine *engine = r->http->deps.engine;
    struct stop *stop = mb_request_alloc(r, sizeof(*stop));
    stop->r = r;
    stop->follow.on_done = on_stopped;
    stop->follow.on_parked = on_parked;
    stop->follow.on_lost = on_lost;
    if (!mb_engine_follow(engine, r->caller.customer_id, r->ids[0], &stop->follow)) {
        stop_in_database(r);
        return;
    }
    r->state = stop;
    r->cancel = cancel_stop;
    if (mb_engine_cancel(engine, r->caller.customer_id, r->ids[0]))
        return;
    mb_engine_unfollow(&stop->follow);
    stop_in_database(r);
}

/* ---------------------------------------------------------------- approve */

/* The approval is read, the answer's data is held to its form, then it is decided. */
static void add_target(struct mb_buf *out, const struct mb_request *r, const json_t *seq)
{
    char id[MB_ID_TEXT];
    mb_buf_addf(out, "{\"params\":{\"run_id\":\"%s\",\"seq\":", mb_id_uuid(r->ids[0], id));
    mb_json_dump(out, seq ? seq : json_null());
    mb_buf_add_char(out, '}');
}

/* 0 when the data fits; no form takes anything. */
static int check_form(const json_t *form, const json_t *data, struct mb_err *err)
{
    struct mb_schema *schema = json_is_object(form) ? mb_schema_new(form, err) : NULL;
    if (!schema)
        return 0; /* it was made by the agent; one that is no schema asks for nothing */
    json_t *given = data ? json_incref((json_t *)(uintptr_t)data) : json_object();
    int rc = mb_schema_check(schema, given, err); /* an empty form is sent by leaving it out */
    json_decref(given);
    mb_schema_free(schema);
    if (rc == 0)
        return 0;
    char place[sizeof(err->pointer)];
    snprintf(place, sizeof(place), "/data%.*s", (int)sizeof(place) - 8, err->pointer);
    memcpy(err->pointer, place, sizeof(place));
    err->code = MB_E_INVALID_INPUT;
    return -MB_E_INVALID_INPUT;
}

static void on_approval(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    const json_t *approval = json_object_get(answer, "body");
    struct mb_err err;
    char id[MB_ID_TEXT];
    bool approved = mb_json_bool(r->body, "approved", false);
    if (approved &&
        check_form(json_object_get(approval, "form"), json_object_get(r->body, "data"), &err) < 0) {
        mb_request_refuse(r, &err);
        return;
    }
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    add_target(out, r, json_object_get(approval, "seq"));
    mb_buf_add_c(out, ",\"body\":");
    mb_json_dump(out, r->body);
    mb_buf_addf(out, ",\"caller\":{\"key_id\":\"%s\"}}", mb_id_uuid(r->caller.key_id, id));
    mb_sql_call(r, "run_approve", mb_buf_str(out), mb_sql_answer);
}

void mb_handle_run_approve(struct mb_request *r)
{
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    add_target(out, r, json_object_get(r->body, "seq"));
    mb_buf_add_char(out, '}');
    mb_sql_call(r, "approval_get", mb_buf_str(out), on_approval);
}
