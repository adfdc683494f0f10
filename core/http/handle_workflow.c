/* Workflows: saving drafts without overwriting each other's, compiling, publishing, reading back.
 *
 *   compile   api.workflow_source_get -> the compiler -> the answer
 *   publish   api.workflow_source_get -> the compiler -> the check of an upload ->
 *             api.workflow_publish
 *
 * What needs neither the compiler nor a revision is SQL alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate/package.h"
#include "gate/workflow.h"
#include "http/deployment.h"
#include "http/handlers.h"
#include "http/package_json.h"
#include "http/problem.h"
#include "http/sql.h"
#include "http/workflow_hooks.h"

struct workflow {
    struct mb_request *r;
    struct mb_workflow_job *job; /* at most one of the two is under way */
    struct mb_package_check *check;
    json_t *source; /* of api.workflow_source_get */
    json_t *result; /* of the compiler */
    struct mb_files files;
};

static struct workflow *new_workflow(struct mb_request *r)
{
    struct workflow *w = mb_request_alloc(r, sizeof(*w));
    w->r = r;
    r->state = w;
    return w;
}

static void release(struct workflow *w)
{
    json_decref(w->source);
    json_decref(w->result);
    mb_files_release(&w->files);
    w->source = w->result = NULL;
    w->r->cancel = NULL;
}

static void cancel(struct mb_request *r)
{
    struct workflow *w = r->state;
    if (w->job)
        mb_workflow_cancel(w->job);
    if (w->check)
        mb_package_check_cancel(w->check);
    release(w);
}

static void refuse(struct workflow *w, const struct mb_err *err)
{
    release(w);
    mb_request_refuse(w->r, err);
}

/* A problem with members that other problems do not have. Takes `more`. */
static void refuse_with(struct mb_request *r, const struct mb_err *err, json_t *more)
{
    int status = mb_problem_status(err);
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    mb_problem_write(out, err, status, mb_str_c(r->id));
    json_t *problem = mb_json_parse(mb_buf_str(out), NULL);
    json_object_update(problem, more);
    mb_buf_clear(out);
    mb_json_dump(out, problem);
    json_decref(problem);
    json_decref(more);
    mb_request_answer_as(r, status, "application/problem+json", mb_buf_str(out));
}

/* ---------------------------------------------------------------- revisions */

static void refuse_stale(struct mb_request *r, int64_t present)
{
    struct mb_err err;
    (void)mb_err_set(&err, MB_E_CONFLICT,
                     "somebody else has changed the workflow: it is at revision %lld",
                     (long long)present);
    refuse_with(r, &err, json_pack("{s:I}", "revision", (json_int_t)present));
}

/* The revision that a change was made on: of the body, or If-Match as ETag has it. 0 = any ("*").
 * Negative with err when it is neither there nor a revision. */
static int64_t read_revision(const struct mb_request *r, struct mb_err *err)
{
    const json_t *own = json_object_get(r->body, "revision");
    if (own)
        return json_integer_value(own);
    struct mb_str tag = mb_request_header(r, "if-match");
    if (mb_str_is(tag, "*"))
        return 0;
    if (tag.len > 2 && tag.len < 12 && tag.ptr[0] == '"' && tag.ptr[tag.len - 1] == '"') {
        char *end;
        long value = strtol(tag.ptr + 1, &end, 10);
        if (end == tag.ptr + tag.len - 1 && value > 0)
            return value;
    }
    return mb_err_at(err, MB_E_INVALID_REQUEST, tag.ptr ? "?If-Match" : "/revision",
                     "say which revision the change was made on: \"revision\", or If-Match as the "
                     "ETag has it");
}

static void on_changed(struct mb_request *r, int status, const json_t *answer)
{
    const json_t *body = json_object_get(answer, "body");
    if (mb_json_bool(body, "conflict", false))
        refuse_stale(r, mb_json_int(body, "revision", 0));
    else
        mb_sql_answer(r, status, answer);
}

/* Calls a function that changes the draft, unless somebody else has. */
static void change(struct mb_request *r, const char *function)
{
    struct mb_err err;
    char id[MB_ID_TEXT], key[MB_ID_TEXT];
    int64_t revision = read_revision(r, &err);
    if (revision < 0) {
        mb_request_refuse(r, &err);
        return;
    }
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    mb_buf_addf(out, "{\"params\":{\"workflow_id\":\"%s\"},\"caller\":{\"key_id\":\"%s\"}",
                mb_id_uuid(r->ids[0], id), mb_id_uuid(r->caller.key_id, key));
    if (revision > 0)
        mb_buf_addf(out, ",\"revision\":%lld", (long long)revision);
    mb_buf_add_c(out, ",\"body\":");
    mb_buf_add(out, r->h2o->entity.base, r->h2o->entity.len); /* as it came */
    mb_buf_add_char(out, '}');
    json_decref(r->body);
    r->body = NULL;
    mb_sql_call(r, function, mb_buf_str(out), on_changed);
}

void mb_handle_workflow_put(struct mb_request *r)
{
    change(r, "workflow_put");
}

void mb_handle_workflow_restore(struct mb_request *r)
{
    change(r, "workflow_restore");
}

/* ---------------------------------------------------------------- compile */

/* Asks for what the compiler needs; on_source goes on. `deployment` is an id or NULL. */
static void find_source(struct workflow *w, const json_t *document, const char *deployment,
                        mb_sql_done *on_source)
{
    struct mb_request *r = w->r;
    char id[MB_ID_TEXT];
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    mb_buf_addf(out, "{\"params\":{\"workflow_id\":\"%s\"", mb_id_uuid(r->ids[0], id));
    if (deployment)
        mb_buf_addf(out, ",\"deployment_id\":\"%s\"", deployment);
    mb_buf_add_char(out, '}');
    if (document) {
        mb_buf_add_c(out, ",\"document\":");
        mb_json_dump(out, document);
    }
    mb_buf_add_char(out, '}');
    mb_sql_call(r, "workflow_source_get", mb_buf_str(out), on_source);
}

static void compile(struct workflow *w, json_t *source, mb_workflow_done *on_compiled)
{
    struct mb_err err;
    w->source = json_incref(source);
    const struct mb_workflow_compile request = {
        .document = json_object_get(source, "document"),
        .workflows = json_object_get(source, "workflows"),
        .version = json_string_value(json_object_get(source, "package_version")),
    };
    if (mb_workflow_compile_start(w->r->http->deps.gate, &request, on_compiled, w, &w->job, &err) <
        0)
        refuse(w, &err);
    else
        w->r->cancel = cancel;
}

static void on_compiled(void *arg, json_t *result, const struct mb_err *err)
{
    struct workflow *w = arg;
    w->job = NULL;
    if (!result) {
        refuse(w, err);
        return;
    }
    json_object_set(result, "revision", json_object_get(w->source, "revision"));
    release(w);
    mb_request_answer_json(w->r, 200, result);
    json_decref(result);
}

static void on_source(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    compile(r->state, json_object_get(answer, "body"), on_compiled);
}

void mb_handle_workflow_compile(struct mb_request *r)
{
    find_source(new_workflow(r), json_object_get(r->body, "document"), NULL, on_source);
}

/* ---------------------------------------------------------------- publish */

static void add_member(struct mb_buf *out, const char *name, const json_t *value)
{
    mb_buf_addf(out, ",\"%s\":", name);
    mb_json_dump(out, value ? value : json_null());
}

/* "new", or the deployment's UUID from "dep_..."; NULL without one. */
static const char *deployment_of(const struct mb_request *r, char uuid[MB_ID_TEXT])
{
    struct mb_str asked = mb_json_str(r->body, "deployment");
    struct mb_id id = mb_id_nil();
    if (!asked.len || mb_str_is(asked, "new"))
        return asked.len ? "new" : NULL;
    bool good = mb_id_parse(&id, "dep", asked);
    mb_assert(good); /* the body fits its schema */
    return mb_id_uuid(id, uuid);
}

/* The configuration that the deployment is to have: as asked, else as it is. */
static const json_t *config_of(const struct workflow *w)
{
    const json_t *own = json_object_get(w->r->body, "config");
    return own ? own : mb_json_get(w->source, "config");
}

/* Builds the request of api.workflow_publish. */
static void build(const struct workflow *w, const json_t *manifest, struct mb_buf *out)
{
    const struct mb_request *r = w->r;
    char id[MB_ID_TEXT], key[MB_ID_TEXT], fresh[MB_ID_TEXT];
    const char *deployment = deployment_of(r, id);
    json_t *empty = json_object();
    const json_t *config = config_of(w);
    mb_buf_clear(out);
    mb_buf_add_c(out, "{\"deployment\":");
    if (deployment)
        mb_buf_addf(out, "\"%s\",\"deployment_id\":\"%s\"", deployment,
                    mb_id_uuid(mb_id_new(), fresh));
    else
        mb_buf_add_c(out, "null");
    mb_buf_addf(out, ",\"params\":{\"workflow_id\":\"%s\"},\"caller\":{\"key_id\":\"%s\"}",
                mb_id_uuid(r->ids[0], id), mb_id_uuid(r->caller.key_id, key));
    add_member(out, "config", config ? config : empty);
    add_member(out, "note", json_object_get(r->body, "note"));
    add_member(out, "revision", json_object_get(w->source, "revision"));
    add_member(out, "version", json_object_get(w->source, "version"));
    add_member(out, "cost", json_object_get(w->result, "cost"));
    mb_buf_add_c(out, ",\"package\":");
    mb_package_json(out, manifest, &w->files);
    mb_buf_add_char(out, '}');
    json_decref(empty);
}

static void on_checked(void *arg, json_t *manifest, const struct mb_err *err)
{
    struct workflow *w = arg;
    struct mb_err local;
    json_t *empty = json_object();
    const json_t *config = config_of(w);
    w->check = NULL;
    if (!err && json_object_get(w->r->body, "deployment") &&
        mb_deployment_check_config(manifest, config ? config : empty, &local) < 0)
        err = &local;
    json_decref(empty);
    if (err) {
        refuse(w, err);
    } else {
        struct mb_buf *out = &w->r->http->scratch;
        build(w, manifest, out);
        release(w);
        mb_sql_call(w->r, "workflow_publish", mb_buf_str(out), mb_workflow_hooks_give);
    }
    json_decref(manifest);
}

/* The compiler's errors, each with the `detail` that all problems have. */
static void refuse_errors(struct workflow *w)
{
    struct mb_err err;
    size_t i;
    json_t *error, *errors = json_object_get(w->result, "errors");
    json_array_foreach(errors, i, error)
    {
        json_object_set(error, "detail", json_object_get(error, "message"));
    }
    json_t *more = json_pack("{s:O, s:O, s:O}", "errors", errors, "warnings",
                             json_object_get(w->result, "warnings"), "revision",
                             json_object_get(w->source, "revision"));
    (void)mb_workflow_error(w->result, &err);
    release(w);
    refuse_with(w->r, &err, more);
}

static void on_publishable(void *arg, json_t *result, const struct mb_err *err)
{
    struct workflow *w = arg;
    struct mb_err local;
    w->job = NULL;
    w->result = result;
    if (!result) {
        refuse(w, err);
        return;
    }
    if (!mb_json_bool(result, "ok", false)) {
        refuse_errors(w);
        return;
    }
    int rc = mb_workflow_files(result, &w->files, &local);
    if (rc == 0)
        rc = mb_package_check_start(w->r->http->deps.gate, &w->files, on_checked, w, &w->check,
                                    &local);
    if (rc < 0)
        refuse(w, &local);
}

static void on_draft(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    json_t *source = json_object_get(answer, "body");
    int64_t wanted = mb_json_int(r->body, "revision", 0);
    int64_t present = mb_json_int(source, "revision", 0);
    if (wanted > 0 && wanted != present)
        refuse_stale(r, present);
    else
        compile(r->state, source, on_publishable);
}

void mb_handle_workflow_publish(struct mb_request *r)
{
    char uuid[MB_ID_TEXT];
    const char *deployment = deployment_of(r, uuid);
    find_source(new_workflow(r), NULL, deployment == uuid ? uuid : NULL, on_draft);
}

/* ---------------------------------------------------------------- import */

static void on_imported(void *arg, json_t *result, const struct mb_err *err)
{
    struct workflow *w = arg;
    w->job = NULL;
    release(w);
    if (result)
        mb_request_answer_json(w->r, 200, result);
    else
        mb_request_refuse(w->r, err);
    json_decref(result);
}

void mb_handle_workflow_import(struct mb_request *r)
{
    struct mb_err err;
    struct workflow *w = new_workflow(r);
    if (mb_workflow_import_start(r->http->deps.gate, json_object_get(r->body, "files"), on_imported,
                                 w, &w->job, &err) < 0)
        refuse(w, &err);
    else
        r->cancel = cancel;
}
