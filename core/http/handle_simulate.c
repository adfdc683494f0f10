/* POST /v1/simulate: one run of a package on the side engine, with the simulator in place of the
 * gate. The package is stored already, or comes with the request and is checked like an upload. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "gate/package.h"
#include "http/clientwatch.h"
#include "http/handlers.h"
#include "http/sql.h"
#include "run/simulation.h"

enum { WALL_MS = 60 * 1000 };

struct simulate {
    struct mb_request *r;
    struct mb_client_watch watch; /* while the simulation is under way */
    struct mb_files files;
    struct mb_buf input;
    struct mb_package_check *check; /* one of the two is under way */
    struct mb_simulation *simulation;
};

static void release(struct simulate *s)
{
    mb_client_watch_stop(&s->watch);
    mb_files_release(&s->files);
    mb_buf_release(&s->input);
    s->r->cancel = NULL;
}

static void cancel(struct mb_request *r)
{
    struct simulate *s = r->state;
    if (s->check)
        mb_package_check_cancel(s->check);
    mb_simulation_cancel(s->simulation);
    release(s);
}

static void refuse(struct simulate *s, const struct mb_err *err)
{
    release(s);
    mb_request_refuse(s->r, err);
}

static void on_simulated(void *arg, json_t *report, const struct mb_err *err)
{
    struct simulate *s = arg;
    release(s);
    if (report)
        mb_request_answer_json(s->r, 200, report);
    else
        mb_request_refuse(s->r, err);
    json_decref(report);
}

/* The files are there, and are a package. */
static void simulate(struct simulate *s)
{
    struct mb_request *r = s->r;
    struct mb_err err;
    const char *model = json_string_value(json_object_get(r->body, "model"));
    json_t *seed = json_object_get(r->body, "seed");
    mb_json_dump(&s->input, json_object_get(r->body, "input"));
    const struct mb_simulation_config config = {
        .side = r->http->deps.side,
        .loop = r->http->loop,
        .gate = r->http->deps.gate,
        .customer_id = r->caller.customer_id,
        .files = &s->files,
        .input = mb_buf_str(&s->input),
        .config = json_object_get(r->body, "config"),
        .model = model,
        .seed = seed ? json_integer_value(seed) : 1,
        .answers = json_object_get(r->body, "answers"),
        .decisions = json_object_get(r->body, "decisions"),
        .given = json_object_get(r->body, "given"),
        .wall_ms = WALL_MS,
    };
    r->state = s;
    r->cancel = cancel;
    if (mb_simulation_start(&config, on_simulated, s, &s->simulation, &err) < 0)
        refuse(s, &err);
    else
        mb_client_watch_start(&s->watch, r);
}

static void on_checked(void *arg, json_t *manifest, const struct mb_err *err)
{
    struct simulate *s = arg;
    s->check = NULL;
    json_decref(manifest);
    if (err)
        refuse(s, err);
    else
        simulate(s);
}

static int add_files(struct mb_files *files, json_t *object, struct mb_err *err)
{
    const char *path;
    json_t *text;
    int rc = 0;
    json_object_foreach(object, path, text)
    {
        if (rc == 0)
            rc = mb_files_add(files, mb_str_c(path),
                              MB_STR_OF(json_string_value(text), json_string_length(text)), err);
    }
    return rc;
}

static void on_package(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    struct simulate *s = r->state;
    struct mb_err err;
    json_t *files = json_object_get(json_object_get(answer, "body"), "files");
    if (add_files(&s->files, files, &err) < 0)
        refuse(s, &err);
    else
        simulate(s);
}

static void find_package(struct simulate *s)
{
    struct mb_request *r = s->r;
    struct mb_buf *out = &r->http->scratch;
    json_t *params =
        json_pack("{s:{s:O, s:O?}}", "params", "package", json_object_get(r->body, "package"),
                  "version", json_object_get(r->body, "version"));
    mb_buf_clear(out);
    mb_json_dump(out, params);
    json_decref(params);
    mb_sql_call(r, "package_source_get", mb_buf_str(out), on_package);
}

void mb_handle_simulate(struct mb_request *r)
{
    struct mb_err err;
    struct simulate *s = mb_request_alloc(r, sizeof(*s));
    json_t *files = json_object_get(r->body, "files");
    s->r = r;
    r->state = s;
    if (!files) {
        find_package(s);
        return;
    }
    int rc = add_files(&s->files, files, &err);
    if (rc == 0)
        rc = mb_package_check_start(r->http->deps.gate, &s->files, on_checked, s, &s->check, &err);
    if (rc < 0)
        refuse(s, &err);
    else
        r->cancel = cancel;
}
