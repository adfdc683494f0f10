#include "http/workflow_hooks.h"

#include <stdio.h>

#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "http/hook_secret.h"
#include "http/http_int.h"
#include "http/sql.h"

struct published {
    int status;
    const char *answer; /* JSON, in the request's pool */
};

static void on_stored(struct mb_request *r, int status, const json_t *stored)
{
    (void)status;
    (void)stored;
    const struct published *p = r->state;
    json_t *answer = mb_json_parse(mb_str_c(p->answer), NULL);
    mb_sql_answer(r, p->status, answer);
    json_decref(answer);
}

/* Opens one secret and adds it, sealed for its trigger. Nothing is added when it cannot be opened.
 */
static int add_hook(struct mb_request *r, const json_t *hook, struct mb_buf *out,
                    struct mb_err *err)
{
    char context[MB_ID_TEXT + 80], id[MB_ID_TEXT];
    struct mb_id trigger_id = mb_id_nil();
    struct mb_secret secret = {0};
    struct mb_str uuid = mb_json_str(hook, "trigger_id"), name = mb_json_str(hook, "name");
    bool good = mb_id_parse_uuid(&trigger_id, uuid);
    mb_assert(good);
    if (!r->http->deps.keyring)
        return mb_err_set(err, MB_E_UNAVAILABLE,
                          "this host has no master key to open secrets with");
    int n = snprintf(context, sizeof(context), "%s/%.*s", mb_id_uuid(r->caller.customer_id, id),
                     MB_STR_ARG(name));
    int rc = mb_open(r->http->deps.keyring, MB_STR_OF(context, (size_t)n),
                     mb_json_str(hook, "sealed"), &secret, NULL, err);
    if (rc < 0)
        return rc;
    mb_buf_addf(out, "{\"trigger_id\":\"%.*s\",\"sealed\":", MB_STR_ARG(uuid));
    rc = mb_hook_secret_seal(r, trigger_id, mb_secret_str(&secret), out, err);
    mb_buf_add_char(out, '}');
    mb_secret_release(&secret);
    return rc;
}

/* What cannot be opened is left out: the version is published, and the trigger says that it has no
 * secret. */
static void add_hooks(struct mb_request *r, const json_t *hooks, struct mb_buf *out)
{
    size_t i;
    const json_t *hook;
    struct mb_err err;
    const char *comma = "";
    mb_buf_clear(out);
    mb_buf_add_c(out, "{\"hooks\":[");
    json_array_foreach(hooks, i, hook)
    {
        struct mb_buf one = {0};
        if (add_hook(r, hook, &one, &err) == 0) {
            mb_buf_add_c(out, comma);
            mb_buf_add_str(out, mb_buf_str(&one));
            comma = ",";
        } else {
            mb_log(MB_LOG_WARN, "a webhook's secret cannot be used", "request_id", "%s", r->id,
                   "error", "%s", err.message, NULL);
        }
        mb_buf_release(&one);
    }
    mb_buf_add_c(out, "]}");
}

void mb_workflow_hooks_give(struct mb_request *r, int status, const json_t *given)
{
    struct mb_buf *out = &r->http->scratch;
    const json_t *hooks = mb_json_get(given, "hooks");
    if (!hooks) {
        mb_sql_answer(r, status, given);
        return;
    }
    struct published *p = mb_request_alloc(r, sizeof(*p));
    mb_buf_clear(out);
    mb_json_dump(out, given);
    *p = (struct published){.status = status, .answer = mb_request_copy(r, mb_buf_str(out))};
    r->state = p;
    add_hooks(r, hooks, out);
    mb_sql_call(r, "workflow_hooks_put", mb_buf_str(out), on_stored);
}
