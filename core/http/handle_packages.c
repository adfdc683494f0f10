/* POST /v1/packages: files as JSON or as an archive, checked by the gate, then stored. */
#include <stdio.h>
#include <string.h>

#include "base/archive.h"
#include "gate/package.h"
#include "http/handlers.h"
#include "http/package_json.h"
#include "http/sql.h"

struct upload {
    struct mb_request *r;
    struct mb_files files;
    struct mb_package_check *check;
};

static void cancel(struct mb_request *r)
{
    struct upload *up = r->state;
    mb_package_check_cancel(up->check);
    mb_files_release(&up->files);
}

static void refuse(struct upload *up, const struct mb_err *err)
{
    mb_files_release(&up->files);
    mb_request_refuse(up->r, err);
}

static int read_object(struct mb_files *files, json_t *object, struct mb_err *err)
{
    const char *path;
    json_t *text;
    int rc = 0;
    json_object_foreach(object, path, text)
    {
        rc = mb_files_add(files, mb_str_c(path),
                          MB_STR_OF(json_string_value(text), json_string_length(text)), err);
        if (rc < 0)
            break;
    }
    return rc;
}

/* The length of the one folder that holds everything, with its slash; 0 = there is none. */
static size_t common_folder(const struct mb_files *files)
{
    const char *slash = files->count ? strchr(files->list[0].path, '/') : NULL;
    if (!slash || mb_files_get(files, "agent.json"))
        return 0;
    size_t len = (size_t)(slash - files->list[0].path) + 1;
    for (size_t i = 0; i < files->count; i++)
        if (strncmp(files->list[i].path, files->list[0].path, len) != 0)
            return 0;
    return len;
}

/* An archive may have its files in one folder, as tar makes them. */
static int read_archive(struct mb_files *files, struct mb_str bytes, struct mb_err *err)
{
    int rc = mb_archive_read(files, bytes, err);
    size_t skip = rc == 0 ? common_folder(files) : 0;
    if (skip == 0)
        return rc;
    struct mb_files inner = {0};
    for (size_t i = 0; rc == 0 && i < files->count; i++)
        rc = mb_files_add(&inner, mb_str_c(files->list[i].path + skip),
                          MB_STR_OF(files->list[i].bytes, files->list[i].len), err);
    mb_files_release(files);
    *files = inner;
    return rc;
}

static void store(struct upload *up, const json_t *manifest)
{
    struct mb_request *r = up->r;
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    mb_package_json(out, manifest, &up->files);
    mb_files_release(&up->files);
    mb_sql_call(r, "package_create", mb_buf_str(out), mb_sql_answer);
}

static void on_checked(void *arg, json_t *manifest, const struct mb_err *err)
{
    struct upload *up = arg;
    up->r->cancel = NULL;
    if (err)
        refuse(up, err);
    else
        store(up, manifest);
    json_decref(manifest);
}

void mb_handle_packages_create(struct mb_request *r)
{
    struct mb_err err;
    struct upload *up = mb_request_alloc(r, sizeof(*up));
    up->r = r;
    int rc = r->body ? read_object(&up->files, json_object_get(r->body, "files"), &err)
                     : read_archive(&up->files, MB_STR_OF(r->h2o->entity.base, r->h2o->entity.len),
                                    &err);
    json_decref(r->body); /* the files are copies */
    r->body = NULL;
    if (rc == 0)
        rc = mb_package_check_start(r->http->deps.gate, &up->files, on_checked, up, &up->check,
                                    &err);
    if (rc < 0) {
        refuse(up, &err);
        return;
    }
    r->state = up;
    r->cancel = cancel;
}
