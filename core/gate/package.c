#include "gate/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/hostmatch.h"
#include "base/json.h"
#include "base/schema.h"
#include "base/utf8.h"
#include "gate/gate.h"
#include "io/toolbox.h"

enum { INSPECT_CPU_MS = 5000, INSPECT_TIMEOUT_MS = 30000 };

/* Made at build time from core/gate: agent.schema.json. */
extern const struct mb_embed mb_gate_schemas[];

struct mb_package_check {
    void (*on_done)(void *arg, json_t *manifest, const struct mb_err *err);
    void *arg;
    json_t *manifest;
    struct mb_job *job;
};

/* ---------------------------------------------------------------- agent.json */

static const struct mb_schema *manifest_schema(void)
{
    static struct mb_schema *schema;
    if (schema)
        return schema;
    for (const struct mb_embed *f = mb_gate_schemas; f->name; f++) {
        if (strcmp(f->name, "agent.schema.json") != 0)
            continue;
        struct mb_err err;
        json_t *json = mb_json_parse(MB_STR_OF(f->data, f->len), &err);
        mb_assert(json);
        schema = mb_schema_new(json, &err);
        json_decref(json);
    }
    mb_assert(schema);
    return schema;
}

/* Says in which file the place is. */
static int in_manifest(struct mb_err *err, int rc)
{
    char pointer[sizeof(err->pointer)];
    snprintf(pointer, sizeof(pointer), "agent.json#%.*s", (int)sizeof(pointer) - 16, err->pointer);
    memcpy(err->pointer, pointer, sizeof(pointer));
    err->code = MB_E_INVALID_PACKAGE;
    return rc < 0 ? -MB_E_INVALID_PACKAGE : 0;
}

static int check_schema(const json_t *manifest, const char *key, struct mb_err *err)
{
    json_t *json = mb_json_get(manifest, key);
    if (!json)
        return 0;
    struct mb_schema *schema = mb_schema_new(json, err);
    if (schema) {
        mb_schema_free(schema);
        return 0;
    }
    char place[sizeof(err->pointer)];
    snprintf(place, sizeof(place), "agent.json#/%s%.*s", key, (int)sizeof(place) - 40,
             err->pointer);
    memcpy(err->pointer, place, sizeof(place));
    err->code = MB_E_INVALID_PACKAGE;
    return -MB_E_INVALID_PACKAGE;
}

static int check_tools(const struct mb_gate *gate, const json_t *manifest, struct mb_err *err)
{
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(manifest, "tools"), i, name)
    {
        char place[64];
        snprintf(place, sizeof(place), "agent.json#/tools/%zu", i);
        if (!mb_tools_get(&gate->tools, mb_str_c(json_string_value(name))))
            return mb_err_at(err, MB_E_INVALID_PACKAGE, place, "there is no tool \"%s\"",
                             json_string_value(name));
    }
    return 0;
}

static int check_hosts(const json_t *manifest, struct mb_err *err)
{
    size_t i;
    json_t *host;
    json_array_foreach(json_object_get(manifest, "hosts"), i, host)
    {
        char place[64];
        snprintf(place, sizeof(place), "agent.json#/hosts/%zu", i);
        if (mb_hostmatch_check(mb_str_c(json_string_value(host)), err) < 0)
            return mb_err_at(err, MB_E_INVALID_PACKAGE, place, "%s", err->message);
    }
    return 0;
}

static int check_files(const struct mb_files *files, struct mb_err *err)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct mb_file *f = &files->list[i];
        struct mb_str bytes = MB_STR_OF(f->bytes, f->len);
        if (!mb_utf8_is_valid(bytes) || memchr(f->bytes, 0, f->len))
            return mb_err_at(err, MB_E_INVALID_PACKAGE, f->path, "\"%s\" is not UTF-8 text",
                             f->path);
    }
    if (!mb_files_get(files, "main.lua"))
        return mb_err_at(err, MB_E_INVALID_PACKAGE, "main.lua", "the package has no main.lua");
    return 0;
}

static json_t *read_manifest(const struct mb_gate *gate, const struct mb_files *files,
                             struct mb_err *err)
{
    const struct mb_file *file = mb_files_get(files, "agent.json");
    if (!file) {
        mb_err_at(err, MB_E_INVALID_PACKAGE, "agent.json", "the package has no agent.json");
        return NULL;
    }
    json_t *manifest = mb_json_parse(MB_STR_OF(file->bytes, file->len), err);
    if (!manifest) {
        char place[sizeof(err->pointer)];
        snprintf(place, sizeof(place), "agent.json:%.*s", (int)sizeof(place) - 16, err->pointer);
        memcpy(err->pointer, place, sizeof(place));
        err->code = MB_E_INVALID_PACKAGE;
        return NULL;
    }
    int rc = mb_schema_check(manifest_schema(), manifest, err);
    if (rc < 0)
        in_manifest(err, rc);
    if (rc == 0)
        rc = check_schema(manifest, "input", err);
    if (rc == 0)
        rc = check_schema(manifest, "output", err);
    if (rc == 0)
        rc = check_schema(manifest, "config", err);
    if (rc == 0)
        rc = check_tools(gate, manifest, err);
    if (rc == 0)
        rc = check_hosts(manifest, err);
    if (rc == 0)
        return manifest;
    json_decref(manifest);
    return NULL;
}

/* ---------------------------------------------------------------- Lua files and prompts */

/* The toolbox's answer: {"ok": true} or {"errors": [{"file", "line", "message"}]}. */
static void read_errors(struct mb_str json, struct mb_err *err)
{
    json_t *value = mb_json_parse(json, NULL);
    json_t *first = json_array_get(json_object_get(value, "errors"), 0);
    if (first) {
        struct mb_str file = mb_json_str(first, "file"), message = mb_json_str(first, "message");
        char place[160];
        snprintf(place, sizeof(place), "%.*s:%d", MB_STR_ARG(file),
                 (int)mb_json_int(first, "line", 1));
        mb_err_at(err, MB_E_INVALID_PACKAGE, place, "%.*s", MB_STR_ARG(message));
    }
    json_decref(value);
}

static void on_inspected(struct mb_job *job, struct mb_str result, const struct mb_err *err)
{
    struct mb_package_check *check = job->owner;
    struct mb_err local = {0};
    if (!err) {
        read_errors(result, &local);
        err = local.code ? &local : NULL;
    }
    check->on_done(check->arg, err ? NULL : json_incref(check->manifest), err);
    json_decref(check->manifest);
    free(check);
}

static const struct mb_job_events inspect_events = {.on_done = on_inspected};

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcmp(path + n - m, end) == 0;
}

static char *inspect_input(const struct mb_files *files, size_t *len)
{
    json_t *list = json_object();
    for (size_t i = 0; i < files->count; i++) {
        const struct mb_file *f = &files->list[i];
        if (ends_in(f->path, ".lua") || strncmp(f->path, "prompts/", 8) == 0)
            json_object_set_new(list, f->path, json_stringn(f->bytes, f->len));
    }
    json_t *input = json_pack("{s:o}", "files", list);
    struct mb_buf text = {0};
    mb_json_dump(&text, input);
    json_decref(input);
    return mb_buf_take(&text, len);
}

int mb_package_check_start(struct mb_gate *gate, const struct mb_files *files,
                           void (*on_done)(void *arg, json_t *manifest, const struct mb_err *err),
                           void *arg, struct mb_package_check **out, struct mb_err *err)
{
    int rc = check_files(files, err);
    if (rc < 0)
        return rc;
    json_t *manifest = read_manifest(gate, files, err);
    if (!manifest)
        return -MB_E_INVALID_PACKAGE;
    struct mb_package_check *check = mb_alloc(sizeof(*check));
    *check = (struct mb_package_check){.on_done = on_done, .arg = arg, .manifest = manifest};
    size_t len;
    char *input = inspect_input(files, &len);
    rc = mb_job_start(gate->toolbox, "inspect", true, MB_STR_OF(input, len), INSPECT_CPU_MS,
                      INSPECT_TIMEOUT_MS, &inspect_events, check, &check->job, err);
    free(input);
    if (rc < 0) {
        json_decref(manifest);
        free(check);
        return rc;
    }
    *out = check;
    return 0;
}

void mb_package_check_cancel(struct mb_package_check *check)
{
    mb_job_cancel(check->job);
    json_decref(check->manifest);
    free(check);
}
