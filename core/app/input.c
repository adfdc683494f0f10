#include "app/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"

static int read_all(FILE *file, const char *what, const char *path, struct mb_buf *out,
                    struct mb_err *err)
{
    for (;;) {
        char *room = mb_buf_reserve(out, 65536);
        size_t n = fread(room, 1, 65536, file);
        mb_buf_commit(out, n);
        if (mb_buf_len(out) > MB_INPUT_BYTES)
            return mb_err_set(err, MB_E_TOO_LARGE, "%s '%s' is larger than %d bytes", what, path,
                              (int)MB_INPUT_BYTES);
        if (n == 0)
            break;
    }
    if (ferror(file))
        return mb_err_set(err, MB_E_IO, "%s '%s' cannot be read: %s", what, path, strerror(errno));
    return 0;
}

static int read_path(const char *path, const char *what, struct mb_buf *out, struct mb_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    if (!file)
        return mb_err_set(err, MB_E_INVALID_REQUEST, "%s '%s' cannot be opened: %s", what, path,
                          strerror(errno));
    int rc = read_all(file, what, path, out, err);
    if (!is_stdin)
        fclose(file);
    return rc;
}

int mb_input_read(const char *path, const char *what, struct mb_buf *out, struct mb_err *err)
{
    int rc = read_path(path, what, out, err);
    if (rc)
        return rc;
    json_t *value = mb_json_parse(mb_buf_str(out), err);
    if (!value) {
        mb_err_prefix(err, "%s '%s'", what, path);
        return -MB_E_INVALID_JSON;
    }
    json_decref(value);
    return 0;
}

/* ---------------------------------------------------------------- text as input */

enum { SCHEMA_DEPTH = 8 };

static const struct {
    const char *ending, *type;
} texts[] = {
    {".csv", "text/csv"},
    {".tsv", "text/tab-separated-values"},
    {".txt", "text/plain"},
    {".md", "text/markdown"},
};

/* NULL for what is JSON. */
static const char *type_of(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t n = strlen(texts[i].ending);
        if (len > n && strcasecmp(path + len - n, texts[i].ending) == 0)
            return texts[i].type;
    }
    return NULL;
}

/* `text` inside of the objects that lead to the property that takes it, or NULL when there is no
 * such property. */
static json_t *wrap(const json_t *schema, const char *type, json_t *text, int depth)
{
    if (depth == SCHEMA_DEPTH)
        return NULL;
    if (mb_str_is(mb_json_str(schema, "contentMediaType"), type))
        return json_incref(text);
    const char *name;
    json_t *property;
    json_object_foreach(mb_json_get(schema, "properties"), name, property)
    {
        json_t *inner = wrap(property, type, text, depth + 1);
        if (inner)
            return json_pack("{s:o}", name, inner);
    }
    return NULL;
}

static int wrap_text(const json_t *schema, const char *type, const char *path, struct mb_buf *out,
                     struct mb_err *err)
{
    struct mb_str bytes = mb_buf_str(out);
    json_t *text = json_stringn(bytes.ptr, bytes.len);
    if (!text)
        return mb_err_set(err, MB_E_INVALID_INPUT, "--input '%s' is no text in UTF-8", path);
    json_t *input = wrap(schema, type, text, 0);
    json_decref(text);
    if (!input)
        return mb_err_set(err, MB_E_INVALID_INPUT,
                          "--input '%s': the package takes no text of type %s: no property of its "
                          "input schema has \"contentMediaType\": \"%s\"",
                          path, type, type);
    mb_buf_clear(out);
    mb_json_dump(out, input);
    json_decref(input);
    return 0;
}

int mb_input_read_for(const struct mb_files *package, const char *path, struct mb_buf *out,
                      struct mb_err *err)
{
    const char *type = type_of(path);
    if (!type)
        return mb_input_read(path, "--input", out, err);
    int rc = read_path(path, "--input", out, err);
    if (rc)
        return rc;
    const struct mb_file *file = mb_files_get(package, "agent.json");
    json_t *manifest = file ? mb_json_parse(MB_STR_OF(file->bytes, file->len), err) : NULL;
    if (file && !manifest) {
        mb_err_prefix(err, "agent.json");
        return -MB_E_INVALID_JSON;
    }
    rc = wrap_text(mb_json_get(manifest, "input"), type, path, out, err);
    json_decref(manifest);
    return rc;
}
