/* Firing a trigger from outside: POST /v1/hooks/{trigger_id}, a webhook's delivery, signed and
 * without a key; and POST /v1/triggers/{trigger_id}/fire, by hand.
 *
 * A delivery: look-up, signature, rate of the webhook and of its customer, body, run. Whoever does
 * not know the secret learns nothing but that the webhook is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/handlers.h"
#include "http/hook_body.h"
#include "http/hook_scheme.h"
#include "http/hook_secret.h"
#include "http/sql.h"
#include "run/trigger.h"

enum { HEADERS = 32, CHALLENGE_CHARS = 1024 };

struct hook {
    struct mb_request *r;
    struct mb_firing firing;
    struct mb_pg_query *query; /* the look-up; NULL = not under way */
    const struct mb_hook_scheme *scheme;
    json_t *template, *names; /* owned; names: of the headers that the run gets, may be empty */
    int64_t rate_per_minute;  /* of the customer */
    int passed;               /* rates: its own, the customer's */
    bool is_let_through;      /* what is refused now is the firing */
};

static void release(struct hook *h)
{
    json_decref(h->template);
    json_decref(h->names);
    h->template = h->names = NULL;
    h->r->cancel = NULL;
}

static void refuse(struct hook *h, const struct mb_err *err)
{
    if (h->firing.kind == MB_FIRING_WEBHOOK && !h->is_let_through)
        mb_triggers_count_refused(h->r->http->deps.triggers);
    release(h);
    mb_request_refuse(h->r, err);
}

static void refuse_unknown(struct hook *h)
{
    struct mb_err err;
    (void)mb_err_set(&err, MB_E_NOT_FOUND, "there is nothing at this path");
    refuse(h, &err);
}

/* ---------------------------------------------------------------- the run */

static void on_fired(struct mb_firing *firing, enum mb_fired outcome, struct mb_id run_id,
                     const struct mb_err *err)
{
    struct hook *h = MB_CONTAINER_OF(firing, struct hook, firing);
    struct mb_request *r = h->r;
    char text[80], id[MB_ID_TEXT];
    if (err) {
        refuse(h, err);
    } else if (outcome != MB_FIRED && outcome != MB_FIRED_SAME) {
        refuse_unknown(h);
    } else {
        release(h);
        int n =
            snprintf(text, sizeof(text), "{\"run_id\":\"%s\"}", mb_id_format(run_id, "run", id));
        mb_request_set_location(r, "/v1/runs/", run_id, "run");
        mb_request_answer(r, outcome == MB_FIRED ? 202 : 200, MB_STR_OF(text, (size_t)n));
    }
}

static void cancel_firing(struct mb_request *r)
{
    struct hook *h = r->state;
    mb_firing_cancel(&h->firing);
    release(h);
}

static void fire(struct hook *h, const json_t *body, const json_t *headers)
{
    struct mb_err err;
    h->firing.on_fired = on_fired;
    h->is_let_through = true;
    if (mb_triggers_fire(h->r->http->deps.triggers, &h->firing, h->template, body, headers, &err) <
        0)
        refuse(h, &err);
    else
        h->r->cancel = cancel_firing;
}

/* ---------------------------------------------------------------- the delivery's parts */

static struct mb_str header_of(const void *arg, const char *name)
{
    return mb_request_header(arg, name);
}

static struct mb_delivery delivery_of(const struct mb_request *r)
{
    return (struct mb_delivery){
        .body = MB_STR_OF(r->h2o->entity.base, r->h2o->entity.len), .header = header_of, .arg = r};
}

static void add_header(const struct hook *h, json_t *out, const char *name)
{
    struct mb_str value = mb_request_header(h->r, name);
    json_t *text = value.ptr ? json_stringn(value.ptr, value.len) : NULL;
    if (text) /* else it is not there, or no UTF-8 */
        json_object_set_new(out, name, text);
}

static json_t *headers_of(const struct hook *h)
{
    json_t *out = json_object(), *name;
    size_t i;
    json_array_foreach(h->names, i, name) add_header(h, out, json_string_value(name));
    for (const char *p = json_array_size(h->names) ? "" : h->scheme->headers; *p;) {
        char one[64];
        size_t n = strcspn(p, " ");
        snprintf(one, sizeof(one), "%.*s", (int)n, p);
        add_header(h, out, one);
        p += n + (p[n] == ' ');
    }
    return out;
}

/* Slack asks whether somebody is there before it sends anything: it wants its word back. */
static bool answer_challenge(struct hook *h, const json_t *body)
{
    struct mb_str challenge = mb_json_str(body, "challenge");
    if (strcmp(h->scheme->name, "slack") != 0 ||
        !mb_str_is(mb_json_str(body, "type"), "url_verification") ||
        challenge.len > CHALLENGE_CHARS)
        return false;
    struct mb_request *r = h->r;
    struct mb_buf text = {0};
    mb_buf_add_c(&text, "{\"challenge\":");
    mb_buf_add_json_str(&text, challenge);
    mb_buf_add_char(&text, '}');
    release(h);
    mb_request_answer(r, 200, mb_buf_str(&text));
    mb_buf_release(&text);
    return true;
}

static void take(struct hook *h)
{
    struct mb_err err;
    struct mb_delivery delivery = delivery_of(h->r);
    json_t *body = mb_hook_body(mb_request_header(h->r, "content-type"), delivery.body, &err);
    if (!body) {
        refuse(h, &err);
        return;
    }
    if (!answer_challenge(h, body)) {
        json_t *headers = headers_of(h);
        mb_hook_key(h->scheme, &delivery, body, h->firing.key);
        fire(h, body, headers);
        json_decref(headers);
    }
    json_decref(body);
}

/* ---------------------------------------------------------------- rates */

static void limit(struct hook *h);

static void cancel_rate(struct mb_request *r)
{
    mb_http_limit_cancel(r);
    release(r->state);
}

static void on_limited(struct mb_request *r, const struct mb_err *err)
{
    if (err)
        refuse(r->state, err);
    else
        limit(r->state);
}

/* Takes one of the bucket: true when it was there at once. */
static bool pass(struct hook *h, struct mb_id bucket, int64_t per_minute)
{
    struct mb_err err;
    int rc = mb_http_limit(h->r, bucket, per_minute, on_limited, &err);
    if (rc < 0)
        refuse(h, &err);
    else if (rc == 0)
        h->r->cancel = cancel_rate;
    return rc == 1;
}

/* The webhook's own rate, then its customer's, then the delivery is taken. */
static void limit(struct hook *h)
{
    const struct mb_http_config *config = &h->r->http->config;
    int64_t customer = h->rate_per_minute >= 0 ? h->rate_per_minute : config->rate_per_minute;
    if (h->passed < 1) {
        h->passed = 1;
        if (!pass(h, h->firing.trigger_id, config->hook_rate_per_minute))
            return;
    }
    if (h->passed < 2) {
        h->passed = 2;
        if (!pass(h, h->firing.customer_id, customer))
            return;
    }
    take(h);
}

/* ---------------------------------------------------------------- the look-up */

static const struct mb_pg_stmt hook_stmt = {
    .name = "http_hook",
    .sql = "select customer_id, deployment_id, scheme, sealed, to_json(headers), input, "
           "rate_per_minute from engine.hook($1)",
    .n_params = 1,
    .types = (const uint32_t[]){MB_PG_UUID},
    .retry = true,
    .deadline_ms = 5000,
};

static int verify(struct hook *h, struct mb_str sealed, struct mb_err *err)
{
    struct mb_secret secret = {0};
    struct mb_delivery delivery = delivery_of(h->r);
    int rc = mb_hook_secret_open(h->r->http, h->firing.customer_id, h->firing.trigger_id, sealed,
                                 &secret, err);
    if (rc == 0)
        rc = mb_hook_verify(h->scheme, mb_secret_str(&secret), &delivery,
                            mb_clock_wall_us() / 1000000, err);
    mb_secret_release(&secret);
    return rc;
}

static void on_hook(void *arg, const struct mb_pg_result *res, const struct mb_err *pg_err)
{
    struct hook *h = arg;
    struct mb_err err;
    h->query = NULL;
    h->r->cancel = NULL;
    if (pg_err) {
        refuse(h, pg_err);
        return;
    }
    h->scheme = mb_pg_rows(res) ? mb_hook_scheme_find(mb_pg_get_str(res, 0, 2)) : NULL;
    if (!h->scheme) {
        refuse_unknown(h);
        return;
    }
    h->firing.customer_id = mb_pg_get_id(res, 0, 0);
    h->firing.deployment_id = mb_pg_get_id(res, 0, 1);
    if (verify(h, mb_pg_get_str(res, 0, 3), &err) < 0) {
        refuse(h, &err);
        return;
    }
    h->names = mb_json_parse(mb_pg_get_str(res, 0, 4), NULL);
    h->template = mb_json_parse(mb_pg_get_str(res, 0, 5), NULL);
    h->rate_per_minute = mb_pg_get_int(res, 0, 6);
    limit(h);
}

static void cancel_query(struct mb_request *r)
{
    struct hook *h = r->state;
    mb_pg_cancel(h->query);
    release(h);
}

static struct hook *hook_new(struct mb_request *r, enum mb_firing_kind kind)
{
    struct hook *h = mb_request_alloc(r, sizeof(*h));
    h->r = r;
    h->firing.kind = kind;
    h->firing.trigger_id = r->ids[0];
    r->state = h;
    return h;
}

void mb_handle_hook_deliver(struct mb_request *r)
{
    struct mb_err err;
    struct mb_pg_param id = mb_pg_uuid(r->ids[0]);
    struct hook *h = hook_new(r, MB_FIRING_WEBHOOK);
    if (mb_pg_query(r->http->deps.pg, &hook_stmt, &id, on_hook, h, &h->query, &err) < 0)
        refuse(h, &err);
    else
        r->cancel = cancel_query;
}

/* ---------------------------------------------------------------- by hand */

/* With an Idempotency-Key the same key is the same run. */
static bool make_key(struct mb_request *r, char key[MB_TRIGGER_KEY])
{
    struct mb_str given;
    char id[MB_ID_TEXT];
    if (!mb_idempotency_key(r, &given))
        return false;
    if (given.len > MB_HOOK_ID_CHARS) {
        struct mb_err err;
        (void)mb_err_at(&err, MB_E_INVALID_REQUEST, "?Idempotency-Key",
                        "here an Idempotency-Key has at most %d characters", MB_HOOK_ID_CHARS);
        mb_request_refuse(r, &err);
        return false;
    }
    if (!given.len)
        given = mb_str_c(mb_id_uuid(mb_id_new(), id));
    snprintf(key, MB_TRIGGER_KEY, "manual %.*s", MB_STR_ARG(given));
    return true;
}

static void on_trigger(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    const json_t *trigger = json_object_get(answer, "body");
    struct hook *h = hook_new(r, MB_FIRING_MANUAL);
    h->firing.customer_id = r->caller.customer_id;
    if (!make_key(r, h->firing.key))
        return;
    if (!mb_id_parse(&h->firing.deployment_id, "dep", mb_json_str(trigger, "deployment_id"))) {
        refuse_unknown(h);
        return;
    }
    bool is_webhook = mb_str_is(mb_json_str(trigger, "kind"), "webhook");
    const json_t *body = json_object_get(r->body, "body");
    h->template = json_incref(json_object_get(trigger, "input"));
    fire(h, is_webhook ? (body ? body : json_null()) : NULL, NULL);
}

void mb_handle_trigger_fire(struct mb_request *r)
{
    char text[96], id[MB_ID_TEXT];
    int n = snprintf(text, sizeof(text), "{\"params\":{\"trigger_id\":\"%s\"}}",
                     mb_id_uuid(r->ids[0], id));
    mb_sql_call(r, "trigger_get", MB_STR_OF(text, (size_t)n), on_trigger);
}
