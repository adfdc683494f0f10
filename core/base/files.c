#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

void mb_files_release(struct mb_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->list[i].path);
        free(files->list[i].bytes);
    }
    free(files->list);
    *files = (struct mb_files){0};
}

static bool is_path_char(char c)
{
    return mb_is_letter(c) || mb_is_digit(c) || c == '.' || c == '_' || c == '-' || c == '/';
}

/* What is wrong with one segment, or NULL. */
static const char *segment_problem(struct mb_str segment)
{
    if (!segment.len)
        return "a path must not be absolute and must not have empty segments";
    if (mb_str_is(segment, ".") || mb_str_is(segment, ".."))
        return "a path must not have \".\" or \"..\" as a segment";
    return NULL;
}

static const char *path_problem(struct mb_str path)
{
    size_t from = 0;
    if (!path.len)
        return "a path must not be empty";
    if (path.len > MB_FILES_PATH_CHARS)
        return "a path has at most 128 characters";
    for (size_t i = 0; i < path.len; i++)
        if (!is_path_char(path.ptr[i]))
            return "a path has only letters, digits, '.', '_', '-' and '/'";
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.ptr[i] != '/')
            continue;
        const char *problem = segment_problem(MB_STR_OF(path.ptr + from, i - from));
        if (problem)
            return problem;
        from = i + 1;
    }
    return NULL;
}

/* The path for a message: printable, and not longer than is useful. */
static void show_path(struct mb_str path, char out[MB_FILES_PATH_CHARS + 1])
{
    size_t n = MB_MIN(path.len, MB_FILES_PATH_CHARS);
    for (size_t i = 0; i < n; i++)
        out[i] = path.ptr[i] >= ' ' && path.ptr[i] <= '~' ? path.ptr[i] : '?';
    out[n] = '\0';
}

static int refuse(struct mb_err *err, enum mb_err_code code, struct mb_str path, const char *why)
{
    char shown[MB_FILES_PATH_CHARS + 1];
    show_path(path, shown);
    return mb_err_at(err, code, shown, "\"%s\": %s", shown, why);
}

int mb_files_check_path(struct mb_str path, struct mb_err *err)
{
    const char *problem = path_problem(path);
    return problem ? refuse(err, MB_E_INVALID_PACKAGE, path, problem) : 0;
}

/* The index of the first file whose path is not before this one. */
static size_t lower_bound(const struct mb_files *files, struct mb_str path)
{
    size_t from = 0, to = files->count;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        struct mb_str there = mb_str_c(files->list[mid].path);
        int order = memcmp(there.ptr, path.ptr, MB_MIN(there.len, path.len));
        if (order < 0 || (order == 0 && there.len < path.len))
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static bool is_there(const struct mb_files *files, struct mb_str path)
{
    size_t at = lower_bound(files, path);
    return at < files->count && mb_str_is(path, files->list[at].path);
}

/* Is a file where this path needs a folder, or a folder where it puts a file? */
static bool is_blocked(const struct mb_files *files, struct mb_str path)
{
    char folder[MB_FILES_PATH_CHARS + 2];
    for (size_t i = 0; i < path.len; i++)
        if (path.ptr[i] == '/' && is_there(files, MB_STR_OF(path.ptr, i)))
            return true;
    int n = snprintf(folder, sizeof(folder), "%.*s/", MB_STR_ARG(path));
    size_t at = lower_bound(files, MB_STR_OF(folder, (size_t)n));
    return at < files->count && strncmp(files->list[at].path, folder, (size_t)n) == 0;
}

static int check_new(const struct mb_files *files, struct mb_str path, size_t len,
                     struct mb_err *err)
{
    const char *problem = path_problem(path);
    if (problem)
        return refuse(err, MB_E_INVALID_PACKAGE, path, problem);
    if (is_there(files, path))
        return refuse(err, MB_E_INVALID_PACKAGE, path, "the path is there twice");
    if (is_blocked(files, path))
        return refuse(err, MB_E_INVALID_PACKAGE, path, "a file and a folder have the same path");
    if (files->count == MB_FILES_MAX)
        return refuse(err, MB_E_TOO_LARGE, path, "a package has at most 256 files");
    if (len > MB_FILES_FILE_BYTES)
        return refuse(err, MB_E_TOO_LARGE, path, "a file has at most 1 MiB");
    if (len > MB_FILES_TOTAL_BYTES - files->total_bytes)
        return refuse(err, MB_E_TOO_LARGE, path, "the files of a package have at most 8 MiB");
    return 0;
}

int mb_files_take(struct mb_files *files, struct mb_str path, char *bytes, size_t len,
                  struct mb_err *err)
{
    int rc = check_new(files, path, len, err);
    if (rc) {
        free(bytes);
        return rc;
    }
    if (files->count == files->cap) {
        files->cap = files->cap ? files->cap * 2 : 8;
        files->list = mb_realloc(files->list, files->cap * sizeof(files->list[0]));
    }
    size_t at = lower_bound(files, path);
    memmove(files->list + at + 1, files->list + at, (files->count - at) * sizeof(files->list[0]));
    bytes[len] = '\0';
    files->list[at] = (struct mb_file){mb_strndup(path.ptr, path.len), bytes, len};
    files->count++;
    files->total_bytes += len;
    return 0;
}

int mb_files_add(struct mb_files *files, struct mb_str path, struct mb_str bytes,
                 struct mb_err *err)
{
    return mb_files_take(files, path, mb_strndup(bytes.ptr, bytes.len), bytes.len, err);
}

const struct mb_file *mb_files_get(const struct mb_files *files, const char *path)
{
    size_t at = lower_bound(files, mb_str_c(path));
    if (at < files->count && strcmp(files->list[at].path, path) == 0)
        return &files->list[at];
    return NULL;
}

void mb_files_hash(const struct mb_files *files, uint8_t out[MB_SHA256_BYTES])
{
    struct mb_sha256 h;
    mb_sha256_init(&h);
    for (size_t i = 0; i < files->count; i++) {
        const struct mb_file *file = &files->list[i];
        char len[24];
        int n = snprintf(len, sizeof(len), "%zu", file->len);
        mb_sha256_add(&h, file->path, strlen(file->path) + 1);
        mb_sha256_add(&h, len, (size_t)n + 1);
        mb_sha256_add(&h, file->bytes, file->len);
    }
    mb_sha256_finish(&h, out);
}

void mb_files_json(const struct mb_files *files, struct mb_buf *out)
{
    mb_buf_add_char(out, '{');
    for (size_t i = 0; i < files->count; i++) {
        const struct mb_file *file = &files->list[i];
        if (i)
            mb_buf_add_char(out, ',');
        mb_buf_add_json_str(out, mb_str_c(file->path));
        mb_buf_add_char(out, ':');
        mb_buf_add_json_str(out, MB_STR_OF(file->bytes, file->len));
    }
    mb_buf_add_char(out, '}');
}
