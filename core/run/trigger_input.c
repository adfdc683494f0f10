/* The input of a triggered run: a template with what happened put in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/rfc3339.h"
#include "run/trigger.h"

struct filling {
    const json_t *scope; /* {"trigger", "body"?, "headers"?} */
    size_t references;
    struct mb_err *err; /* NULL = what is not known is null */
    bool failed;
};

static json_t *fill(struct filling *f, const json_t *value, const char *place);

/* "a.b.0" below a value; NULL when there is nothing. */
static const json_t *walk(const json_t *at, struct mb_str path)
{
    while (at && path.len) {
        const char *dot = memchr(path.ptr, '.', path.len);
        size_t n = dot ? (size_t)(dot - path.ptr) : path.len;
        char *name = mb_strndup(path.ptr, n), *end;
        if (json_is_array(at)) {
            unsigned long index = strtoul(name, &end, 10);
            at = *name >= '0' && *name <= '9' && !*end ? json_array_get(at, index) : NULL;
        } else {
            at = json_object_get(at, name);
        }
        free(name);
        n += dot != NULL;
        path = MB_STR_OF(path.ptr + n, path.len - n);
    }
    return at;
}

static struct mb_str trim(struct mb_str s)
{
    while (s.len && *s.ptr == ' ')
        s = MB_STR_OF(s.ptr + 1, s.len - 1);
    while (s.len && s.ptr[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* What stands between the braces; borrowed, NULL when there is nothing. */
static const json_t *look_up(struct filling *f, struct mb_str reference, const char *place)
{
    reference = trim(reference);
    const char *dot = reference.len ? memchr(reference.ptr, '.', reference.len) : NULL;
    char root[16];
    size_t n = dot ? (size_t)(dot - reference.ptr) : reference.len;
    snprintf(root, sizeof(root), "%.*s", (int)MB_MIN(n, sizeof(root) - 1), reference.ptr);
    f->references++;
    if (f->err && !f->failed && !json_object_get(f->scope, root)) {
        f->failed = true;
        bool has_body = json_object_get(f->scope, "body") != NULL;
        mb_err_at(f->err, MB_E_INVALID_REQUEST, place, "\"{{%.*s}}\": there is %s",
                  (int)MB_MIN(reference.len, 64), reference.ptr,
                  has_body ? "trigger, body and headers" : "trigger");
    }
    return walk(f->scope, reference);
}

static void add_text(struct mb_buf *out, const json_t *value)
{
    if (json_is_string(value))
        mb_buf_add(out, json_string_value(value), json_string_length(value));
    else if (value && !json_is_null(value))
        mb_json_dump(out, value);
}

static json_t *fill_text(struct filling *f, struct mb_str text, const char *place)
{
    struct mb_buf out = {0};
    const char *at = text.ptr, *end = text.ptr + text.len, *open, *close;
    while ((open = memmem(at, (size_t)(end - at), "{{", 2)) &&
           (close = memmem(open, (size_t)(end - open), "}}", 2))) {
        const json_t *value = look_up(f, MB_STR_OF(open + 2, (size_t)(close - open - 2)), place);
        if (open == text.ptr && close + 2 == end) /* nothing else */
            return value ? json_deep_copy(value) : json_null();
        mb_buf_add(&out, at, (size_t)(open - at));
        add_text(&out, value);
        at = close + 2;
    }
    mb_buf_add(&out, at, (size_t)(end - at));
    json_t *filled = json_stringn(mb_buf_str(&out).ptr, mb_buf_len(&out));
    mb_buf_release(&out);
    return filled;
}

static json_t *fill_members(struct filling *f, const json_t *value, const char *place)
{
    json_t *out = json_is_object(value) ? json_object() : json_array(), *item;
    char inner[160];
    const char *name;
    size_t i;
    if (json_is_array(value)) {
        json_array_foreach(value, i, item)
        {
            snprintf(inner, sizeof(inner), "%.120s/%zu", place, i);
            json_array_append_new(out, fill(f, item, inner));
        }
        return out;
    }
    void *it = json_object_iter((json_t *)(uintptr_t)value);
    for (; it; it = json_object_iter_next((json_t *)(uintptr_t)value, it)) {
        name = json_object_iter_key(it);
        snprintf(inner, sizeof(inner), "%.80s/%.64s", place, name);
        json_object_set_new(out, name, fill(f, json_object_iter_value(it), inner));
    }
    return out;
}

static json_t *fill(struct filling *f, const json_t *value, const char *place)
{
    if (json_is_string(value))
        return fill_text(f, MB_STR_OF(json_string_value(value), json_string_length(value)), place);
    if (json_is_object(value) || json_is_array(value))
        return fill_members(f, value, place);
    return json_deep_copy(value);
}

static json_t *scope_of(const struct mb_trigger_event *event)
{
    char id[MB_ID_TEXT], at[MB_RFC3339_TEXT];
    json_t *scope =
        json_pack("{s:{s:s, s:s, s:s?}}", "trigger", "id",
                  mb_id_format(event->trigger_id, "trg", id), "key", event->key, "scheduled_at",
                  event->scheduled_us ? mb_rfc3339(event->scheduled_us, at) : NULL);
    if (event->body) {
        json_object_set_new(scope, "body", json_deep_copy(event->body));
        json_object_set_new(scope, "headers",
                            event->headers ? json_deep_copy(event->headers) : json_object());
    }
    return scope;
}

json_t *mb_trigger_input(const json_t *template, const struct mb_trigger_event *event)
{
    if (json_is_array(template) && json_array_size(template) == 1)
        return json_deep_copy(json_array_get(template, 0));
    json_t *scope = scope_of(event);
    struct filling f = {.scope = scope};
    bool is_text = json_is_string(template);
    json_t *input = is_text || json_is_object(template) ? fill(&f, template, "") : json_object();
    if (f.references == 0 && !is_text)
        json_object_update(input, scope);
    json_decref(scope);
    return input;
}

int mb_trigger_check_template(const json_t *template, bool has_body, struct mb_err *err)
{
    const struct mb_trigger_event event = {.key = "", .body = has_body ? json_null() : NULL};
    struct mb_err own = {0};
    json_t *scope = scope_of(&event);
    struct filling f = {.scope = scope, .err = err ? err : &own};
    json_decref(fill(&f, template, "/input"));
    json_decref(scope);
    return f.failed ? -MB_E_INVALID_REQUEST : 0;
}
