#include "app/workflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/input.h"
#include "app/paths.h"
#include "app/platform.h"
#include "base/json.h"
#include "gate/workflow.h"

#define FILE_NAME "workflow.json"
#define KNOWLEDGE "knowledge/"

static bool is_there(const char *dir, const char *name)
{
    struct stat st;
    char *path = mb_path_join(dir, name);
    bool is = stat(path, &st) == 0 && S_ISREG(st.st_mode);
    free(path);
    return is;
}

char *mb_workflow_find(const char *path)
{
    size_t n = strlen(path);
    struct stat st;
    bool is_dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    if (is_dir && !is_there(path, "agent.json") && is_there(path, FILE_NAME))
        return mb_path_join(path, FILE_NAME);
    return !is_dir && n > 5 && strcmp(path + n - 5, ".json") == 0 ? mb_strdup(path) : NULL;
}

/* ---------------------------------------------------------------- the compiler's jobs */

struct outcome {
    struct mb_loop *loop;
    json_t *result; /* owned; NULL after an error */
    struct mb_err err;
};

static void on_done(void *arg, json_t *result, const struct mb_err *err)
{
    struct outcome *outcome = arg;
    outcome->result = result;
    if (err)
        outcome->err = *err;
    outcome->loop->stop = true;
}

/* Runs one job: of `document`, or of `files` when that is NULL. */
static json_t *run_job(const struct mb_config *config, const json_t *document, const json_t *files,
                       struct mb_err *err)
{
    struct mb_platform platform;
    struct mb_workflow_job *job;
    struct outcome outcome = {.loop = &platform.loop};
    if (mb_platform_init(&platform, config, err) < 0)
        return NULL;
    const struct mb_workflow_compile request = {.document = document, .version = "1.0.0"};
    int rc = document ? mb_workflow_compile_start(&platform.gate, &request, on_done, &outcome, &job,
                                                  &outcome.err)
                      : mb_workflow_import_start(&platform.gate, files, on_done, &outcome, &job,
                                                 &outcome.err);
    if (rc == 0)
        mb_loop_run(&platform.loop);
    mb_platform_release(&platform);
    if (!outcome.result)
        *err = outcome.err;
    return outcome.result;
}

json_t *mb_workflow_compile_file(const struct mb_config *config, const char *file,
                                 struct mb_err *err)
{
    struct mb_buf text = {0};
    json_t *document = NULL, *result = NULL;
    if (mb_input_read(file, "the workflow", &text, err) == 0)
        document = mb_json_parse(mb_buf_str(&text), err);
    if (document && !json_is_object(document))
        (void)mb_err_at(err, MB_E_INVALID_WORKFLOW, file, "a workflow is an object");
    else if (document)
        result = run_job(config, document, NULL, err);
    json_decref(document);
    mb_buf_release(&text);
    return result;
}

json_t *mb_workflow_import_dir(const struct mb_config *config, const char *dir, struct mb_err *err)
{
    struct mb_files files = {0};
    json_t *texts = json_object(), *result = NULL;
    int rc = mb_files_read_dir(&files, dir, err);
    for (size_t i = 0; rc == 0 && i < files.count; i++) /* without what is no text */
        json_object_set_new(texts, files.list[i].path,
                            json_stringn(files.list[i].bytes, files.list[i].len));
    if (rc == 0)
        result = run_job(config, NULL, texts, err);
    json_decref(texts);
    mb_files_release(&files);
    return result;
}

/* ---------------------------------------------------------------- in place of a package */

/* The folder of knowledge/ in which a file lies, without the rest; empty = it lies elsewhere. */
static struct mb_str collection_of(const char *path)
{
    size_t n = strlen(KNOWLEDGE);
    const char *slash = strncmp(path, KNOWLEDGE, n) == 0 ? strchr(path + n, '/') : NULL;
    return slash ? MB_STR_OF(path + n, (size_t)(slash - path) - n) : MB_STR("");
}

/* Names the demo collections in agent.json. */
static void add_knowledge(json_t *result, const struct mb_files *beside)
{
    json_t *files = json_object_get(result, "files"), *list = json_array();
    struct mb_str last = MB_STR("");
    for (size_t i = 0; i < beside->count; i++) { /* sorted, so a folder's files are neighbours */
        struct mb_str name = collection_of(beside->list[i].path);
        if (!name.len || (name.len == last.len && memcmp(name.ptr, last.ptr, name.len) == 0))
            continue;
        last = name;
        char folder[MB_FILES_PATH_CHARS + 16];
        snprintf(folder, sizeof(folder), KNOWLEDGE "%.*s", MB_STR_ARG(name));
        json_array_append_new(
            list, json_pack("{s:s%, s:s}", "collection", name.ptr, name.len, "folder", folder));
    }
    json_t *manifest = mb_json_parse(mb_json_str(files, "agent.json"), NULL);
    if (manifest && json_array_size(list)) {
        struct mb_buf text = {0};
        json_object_set(manifest, "knowledge", list);
        mb_json_dump(&text, manifest);
        json_object_set_new(files, "agent.json",
                            json_stringn(mb_buf_head(&text), mb_buf_len(&text)));
        mb_buf_release(&text);
    }
    json_decref(manifest);
    json_decref(list);
}

/* What lies beside the workflow and is not made from it. */
static int add_beside(struct mb_files *files, const struct mb_files *beside, struct mb_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < beside->count; i++) {
        const struct mb_file *file = &beside->list[i];
        if (strcmp(file->path, FILE_NAME) != 0 && !mb_files_get(files, file->path))
            rc = mb_files_add(files, mb_str_c(file->path), MB_STR_OF(file->bytes, file->len), err);
    }
    return rc;
}

static int read_workflow(const struct mb_config *config, const char *path, const char *file,
                         struct mb_files *files, struct mb_err *err)
{
    struct mb_files beside = {0};
    struct mb_err own = {0};
    bool is_folder = strcmp(path, file) != 0;
    err = err ? err : &own;
    json_t *result = mb_workflow_compile_file(config, file, err);
    int rc = result ? 0 : -err->code;
    if (rc == 0 && !mb_json_bool(result, "ok", false)) {
        rc = mb_workflow_error(result, err);
        snprintf(err->pointer, sizeof(err->pointer), "%s", file);
    }
    if (rc == 0 && is_folder)
        rc = mb_files_read_dir(&beside, path, err);
    if (rc == 0) {
        add_knowledge(result, &beside);
        rc = mb_workflow_files(result, files, err);
    }
    if (rc == 0)
        rc = add_beside(files, &beside, err);
    mb_files_release(&beside);
    json_decref(result);
    return rc;
}

int mb_package_read(const struct mb_config *config, const char *path, struct mb_files *files,
                    struct mb_err *err)
{
    char *file = mb_workflow_find(path);
    int rc =
        file ? read_workflow(config, path, file, files, err) : mb_files_read_dir(files, path, err);
    free(file);
    return rc;
}
