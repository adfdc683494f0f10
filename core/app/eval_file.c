/* Reading a file of eval cases: everything that can be wrong with it is found here, before the
 * first case is run. */
#include <stdio.h>
#include <string.h>

#include "app/eval.h"
#include "app/input.h"
#include "base/embed.h"
#include "base/json.h"
#include "base/pattern.h"
#include "base/schema.h"

extern const struct mb_embed mb_gate_schemas[];

static const struct mb_schema *file_schema(void)
{
    static struct mb_schema *schema;
    for (const struct mb_embed *f = mb_gate_schemas; !schema && f->name; f++) {
        if (strcmp(f->name, "eval.schema.json") != 0)
            continue;
        struct mb_err err;
        json_t *json = mb_json_parse(MB_STR_OF(f->data, f->len), &err);
        schema = mb_schema_new(json, &err);
        json_decref(json);
    }
    mb_assert(schema);
    return schema;
}

/* Puts the case's name before what is wrong: "/cases/3/..." says which. */
static int name_case(const json_t *file, struct mb_err *err)
{
    size_t i;
    char message[sizeof(err->message)];
    err->code = MB_E_INVALID_REQUEST;
    if (sscanf(err->pointer, "/cases/%zu", &i) == 1) {
        struct mb_str name = mb_json_str(json_array_get(mb_json_get(file, "cases"), i), "name");
        size_t n = MB_MIN(name.len, (size_t)80);
        while (n < name.len && n > 0 && (name.ptr[n] & 0xC0) == 0x80) /* no half characters */
            n--;
        snprintf(message, sizeof(message), "case \"%.*s\": %.*s", (int)n, name.len ? name.ptr : "",
                 300, err->message);
        memcpy(err->message, message, sizeof(message));
    }
    return -MB_E_INVALID_REQUEST;
}

static int check_names(const json_t *file, struct mb_err *err)
{
    json_t *seen = json_object();
    size_t i;
    const json_t *one;
    int rc = 0;
    json_array_foreach(mb_json_get(file, "cases"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        char place[64];
        snprintf(place, sizeof(place), "/cases/%zu/name", i);
        if (rc == 0 && json_object_get(seen, name))
            rc = mb_err_at(err, MB_E_INVALID_REQUEST, place, "another case has this name");
        json_object_set_new(seen, name, json_true());
    }
    json_decref(seen);
    return rc;
}

static int check_pattern(const json_t *check, const char *key, struct mb_err *err)
{
    struct mb_str source = mb_json_str(check, key);
    struct mb_pattern *pattern = source.len ? mb_pattern_new(source, err) : NULL;
    mb_pattern_free(pattern);
    return source.len && !pattern ? -MB_E_INVALID_REQUEST : 0;
}

static int check_check(const json_t *check, const char *place, struct mb_err *err)
{
    static const char *const patterns[] = {"matches", "not_matches"};
    char at[160];
    for (size_t i = 0; i < MB_LEN(patterns); i++) {
        snprintf(at, sizeof(at), "%s/%s", place, patterns[i]);
        if (check_pattern(check, patterns[i], err) < 0)
            return mb_err_at(err, MB_E_INVALID_REQUEST, at, "%s", err->message);
    }
    const json_t *json = json_object_get(check, "schema");
    struct mb_schema *schema = json ? mb_schema_new(json, err) : NULL;
    mb_schema_free(schema);
    if (json && !schema) {
        snprintf(at, sizeof(at), "%s/schema%.64s", place, err->pointer);
        return mb_err_at(err, MB_E_INVALID_REQUEST, at, "%s", err->message);
    }
    size_t known =
        (json_object_get(check, "at") != NULL) + (json_object_get(check, "about") != NULL);
    if (known == json_object_size(check))
        return mb_err_at(err, MB_E_INVALID_REQUEST, place,
                         "the check names a place and nothing that has to hold there");
    return 0;
}

static int check_checks(const json_t *file, struct mb_err *err)
{
    size_t i, k;
    const json_t *one, *check;
    json_array_foreach(mb_json_get(file, "cases"), i, one)
    {
        json_array_foreach(mb_json_get(one, "checks"), k, check)
        {
            char place[64];
            snprintf(place, sizeof(place), "/cases/%zu/checks/%zu", i, k);
            int rc = check_check(check, place, err);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

json_t *mb_eval_read(struct mb_lab *lab, const char *path, struct mb_err *err)
{
    struct mb_buf text = {0};
    json_t *file = NULL;
    int rc = mb_input_read(path, "eval file", &text, err);
    if (rc == 0)
        file = mb_json_parse(mb_buf_str(&text), err);
    mb_buf_release(&text);
    if (!file) {
        err->code = MB_E_INVALID_REQUEST;
        return NULL;
    }
    rc = mb_schema_check(file_schema(), file, err);
    if (rc == 0)
        rc = check_names(file, err);
    if (rc == 0)
        rc = check_checks(file, err);
    if (rc == 0)
        rc = mb_eval_lua_compile(lab, file, err);
    if (rc == 0)
        return file;
    name_case(file, err);
    char place[sizeof(err->pointer)];
    snprintf(place, sizeof(place), "%.120s#%.64s", path, err->pointer);
    memcpy(err->pointer, place, sizeof(place));
    json_decref(file);
    return NULL;
}
