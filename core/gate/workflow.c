#include "gate/workflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate/gate.h"
#include "io/toolbox.h"
#include "llm/llm.h"

enum { CPU_MS = 5000, TIMEOUT_MS = 15000 };

struct mb_workflow_job {
    mb_workflow_done *on_done;
    void *arg;
    struct mb_job *job;
};

/* ---------------------------------------------------------------- the job */

static void on_done(struct mb_job *job, struct mb_str result, const struct mb_err *err)
{
    struct mb_workflow_job *own = job->owner;
    struct mb_err local;
    json_t *json = err ? NULL : mb_json_parse(result, &local);
    own->on_done(own->arg, json, err ? err : json ? NULL : &local);
    free(own);
}

static int start(struct mb_gate *gate, const char *name, struct mb_str input,
                 mb_workflow_done *done, void *arg, struct mb_workflow_job **out,
                 struct mb_err *err)
{
    static const struct mb_job_events events = {.on_done = on_done};
    struct mb_workflow_job *own = mb_alloc(sizeof(*own));
    *own = (struct mb_workflow_job){.on_done = done, .arg = arg};
    int rc = mb_job_start(gate->toolbox, name, true, input, CPU_MS, TIMEOUT_MS, &events, own,
                          &own->job, err);
    if (rc < 0)
        free(own);
    else
        *out = own;
    return rc;
}

void mb_workflow_cancel(struct mb_workflow_job *job)
{
    mb_job_cancel(job->job);
    free(job);
}

/* ---------------------------------------------------------------- compile */

static void add_place(char *place, size_t size, const char *name, size_t index)
{
    size_t len = strlen(place);
    if (name)
        snprintf(place + len, size - len, "/%.60s", name);
    else
        snprintf(place + len, size - len, "/%zu", index);
}

/* Is it nested deeper than `left`? Then `place` is where. */
static bool is_deeper(const json_t *value, int left, char *place, size_t size)
{
    const char *name;
    json_t *inner, *object = NULL;
    size_t i, len = strlen(place);
    if (!json_is_object(value) && !json_is_array(value))
        return false;
    if (left == 0)
        return true;
    memcpy(&object, &value, sizeof(object)); /* jansson walks objects that are not const */
    json_object_foreach(object, name, inner)
    {
        add_place(place, size, name, 0);
        if (is_deeper(inner, left - 1, place, size))
            return true;
        place[len] = '\0';
    }
    json_array_foreach(value, i, inner)
    {
        add_place(place, size, NULL, i);
        if (is_deeper(inner, left - 1, place, size))
            return true;
        place[len] = '\0';
    }
    return false;
}

static int check_depth(const json_t *document, struct mb_err *err)
{
    char place[sizeof(err->pointer)] = "/document";
    if (!is_deeper(document, MB_WORKFLOW_DEPTH, place, sizeof(place)))
        return 0;
    return mb_err_at(err, MB_E_INVALID_REQUEST, place,
                     "the document is nested deeper than %d levels", MB_WORKFLOW_DEPTH);
}

static bool add_tool(void *value, void *arg)
{
    const struct mb_tool *tool = value;
    struct mb_buf *out = arg;
    mb_buf_addf(out, "%s\"%s\":", mb_buf_head(out)[mb_buf_len(out) - 1] == '{' ? "" : ",",
                tool->name);
    mb_json_dump(out, tool->manifest);
    return true;
}

static void add_models(struct mb_buf *out, const struct mb_llm *llm)
{
    const json_t *file = mb_llm_models_file(llm);
    mb_buf_add_c(out, ",\"models\":{\"default\":");
    mb_buf_add_json_str(out, mb_llm_name_of(llm, MB_STR("")));
    mb_buf_add_c(out, ",\"providers\":");
    mb_json_dump(out, json_object_get(file, "providers"));
    mb_buf_add_c(out, ",\"models\":");
    mb_json_dump(out, json_object_get(file, "models"));
    mb_buf_add_char(out, '}');
}

int mb_workflow_compile_start(struct mb_gate *gate, const struct mb_workflow_compile *request,
                              mb_workflow_done *done, void *arg, struct mb_workflow_job **job,
                              struct mb_err *err)
{
    int rc = check_depth(request->document, err);
    if (rc < 0)
        return rc;
    struct mb_buf in = {0};
    mb_buf_add_c(&in, "{\"document\":");
    mb_json_dump(&in, request->document);
    mb_buf_addf(&in, ",\"version\":\"%s\",\"tools\":{", request->version);
    mb_map_each(&gate->tools.by_name, add_tool, &in);
    mb_buf_add_char(&in, '}');
    add_models(&in, gate->llm);
    if (request->workflows) {
        mb_buf_add_c(&in, ",\"workflows\":");
        mb_json_dump(&in, request->workflows);
    }
    mb_buf_add_char(&in, '}');
    rc = start(gate, "compile", mb_buf_str(&in), done, arg, job, err);
    mb_buf_release(&in);
    return rc;
}

int mb_workflow_files(const json_t *result, struct mb_files *files, struct mb_err *err)
{
    const char *path;
    json_t *text;
    json_object_foreach(json_object_get(result, "files"), path, text)
    {
        int rc = mb_files_add(files, mb_str_c(path),
                              MB_STR_OF(json_string_value(text), json_string_length(text)), err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int mb_workflow_error(const json_t *result, struct mb_err *err)
{
    const json_t *errors = json_object_get(result, "errors"), *first = json_array_get(errors, 0);
    struct mb_str node = mb_json_str(first, "node"), field = mb_json_str(first, "field");
    struct mb_str message = mb_json_str(first, "message");
    char more[48] = "";
    if (json_array_size(errors) > 1)
        snprintf(more, sizeof(more), " (and %zu more)", json_array_size(errors) - 1);
    return mb_err_set(err, MB_E_INVALID_WORKFLOW, "%s%.*s%s%.*s: %.*s%s", node.len ? "node '" : "",
                      MB_STR_ARG(node), node.len ? "', " : "", MB_STR_ARG(field),
                      MB_STR_ARG(message), more);
}

/* ---------------------------------------------------------------- import */

int mb_workflow_import_start(struct mb_gate *gate, const json_t *files, mb_workflow_done *done,
                             void *arg, struct mb_workflow_job **job, struct mb_err *err)
{
    struct mb_buf in = {0};
    mb_buf_add_c(&in, "{\"files\":");
    mb_json_dump(&in, files);
    mb_buf_add_char(&in, '}');
    int rc = start(gate, "decompile", mb_buf_str(&in), done, arg, job, err);
    mb_buf_release(&in);
    return rc;
}
