/* POST /v1/runs/{run_id}/fork: a new input is held to the package's schema, then the database makes
 * the run, and a core takes it from there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/handlers.h"
#include "http/sql.h"
#include "run/catalog.h"
#include "run/side.h"

/* A look-up in the catalogue, which cannot be stopped: when it comes back, the request may be gone.
 */
struct lookup {
    struct mb_request *r; /* NULL = it is gone */
};

static void fork_run(struct mb_request *r)
{
    char id[MB_ID_TEXT];
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    mb_buf_addf(out, "{\"params\":{\"run_id\":\"%s\"},\"body\":", mb_id_uuid(r->ids[0], id));
    mb_json_dump(out, r->body);
    mb_buf_addf(out, ",\"caller\":{\"key_id\":\"%s\"}}", mb_id_uuid(r->caller.key_id, id));
    mb_sql_call(r, "run_fork", mb_buf_str(out), mb_sql_answer);
}

static int check_input(const struct mb_deployment *d, const json_t *input, struct mb_err *err)
{
    struct mb_buf text = {0};
    char place[sizeof(err->pointer)];
    mb_json_dump(&text, input);
    int rc = mb_side_check_input(d, mb_buf_str(&text), err);
    mb_buf_release(&text);
    if (rc < 0) {
        snprintf(place, sizeof(place), "/input%.*s", (int)sizeof(place) - 8, err->pointer);
        memcpy(err->pointer, place, sizeof(place));
    }
    return rc;
}

static void on_deployment(void *arg, struct mb_deployment *d, const struct mb_err *err)
{
    struct lookup *look = arg;
    struct mb_request *r = look->r;
    struct mb_err local;
    free(look);
    if (r) {
        r->cancel = NULL;
        if (d && check_input(d, json_object_get(r->body, "input"), &local) < 0)
            err = &local;
        if (err)
            mb_request_refuse(r, err);
        else
            fork_run(r);
    }
    mb_deployment_unref(d);
}

static void cancel(struct mb_request *r)
{
    struct lookup *look = r->state;
    look->r = NULL;
}

static void on_pins(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    const json_t *pins = json_object_get(answer, "body");
    struct mb_id deployment = mb_id_nil(), owner = mb_id_nil(), package = mb_id_nil();
    bool good = mb_id_parse_uuid(&deployment, mb_json_str(pins, "deployment_id")) &&
                mb_id_parse_uuid(&owner, mb_json_str(pins, "package_owner")) &&
                mb_id_parse_uuid(&package, mb_json_str(pins, "package_id"));
    mb_assert(good);
    struct mb_err err;
    struct lookup *look = mb_alloc(sizeof(*look));
    look->r = r;
    if (mb_catalog_load_pinned(
            mb_side_catalog(r->http->deps.side), r->caller.customer_id, deployment, owner, package,
            (int)mb_json_int(pins, "config_revision", 0), on_deployment, look, &err) < 0) {
        free(look);
        mb_request_refuse(r, &err);
        return;
    }
    r->state = look;
    r->cancel = cancel;
}

void mb_handle_run_fork(struct mb_request *r)
{
    char text[96], id[MB_ID_TEXT];
    if (!json_object_get(r->body, "input")) {
        fork_run(r);
        return;
    }
    int n =
        snprintf(text, sizeof(text), "{\"params\":{\"run_id\":\"%s\"}}", mb_id_uuid(r->ids[0], id));
    mb_sql_call(r, "run_pins_get", MB_STR_OF(text, (size_t)n), on_pins);
}
