#include "base/json.h"

#include <string.h>

#include "base/json_scan.h"

static bool read_value(struct mb_json_scan *s, int depth, json_t **out);

static bool read_word(struct mb_json_scan *s, const char *word, json_t *value, json_t **out)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
        return mb_json_scan_wrong(s, "a value is expected here");
    s->at += n;
    *out = value; /* true, false and null are not counted by jansson */
    return true;
}

/* jansson fails only for want of memory, or for a value that the reader has refused before. */
static json_t *made(json_t *value)
{
    mb_assert(value);
    return value;
}

static bool read_string(struct mb_json_scan *s, json_t **out)
{
    struct mb_str text;
    s->at++;
    if (!mb_json_scan_string(s, &text))
        return false;
    if (s->keep)
        *out = made(json_stringn_nocheck(text.ptr, text.len));
    return true;
}

static bool read_number(struct mb_json_scan *s, json_t **out)
{
    struct mb_json_number number;
    if (!mb_json_scan_number(s, &number))
        return false;
    if (s->keep)
        *out = made(number.is_real ? json_real(number.real) : json_integer(number.integer));
    return true;
}

/* After an element: true when another follows the comma; else *closed tells a good end. */
static bool read_comma(struct mb_json_scan *s, char close, const char *wrong, bool *closed)
{
    mb_json_scan_space(s);
    *closed = s->at < s->end && *s->at == close;
    if (*closed) {
        s->at++;
        return false;
    }
    if (s->at == s->end || *s->at != ',')
        return mb_json_scan_wrong(s, wrong);
    s->at++;
    mb_json_scan_space(s);
    return true;
}

static bool is_empty(struct mb_json_scan *s, char close)
{
    s->at++;
    mb_json_scan_space(s);
    if (s->at == s->end || *s->at != close)
        return false;
    s->at++;
    return true;
}

static bool read_array(struct mb_json_scan *s, int depth, json_t **out)
{
    json_t *array = s->keep ? made(json_array()) : NULL;
    bool closed = is_empty(s, ']');
    while (!closed) {
        json_t *value;
        if (!read_value(s, depth, &value))
            break;
        if (array)
            mb_assert(json_array_append_new(array, value) == 0);
        if (!read_comma(s, ']', "a comma or ] is expected here", &closed))
            break;
    }
    if (closed)
        *out = array;
    else
        json_decref(array);
    return closed;
}

/* One "key": value. The key may lie in the scratch, which the value will use: then it is copied. */
static bool read_member(struct mb_json_scan *s, int depth, json_t *object)
{
    struct mb_str key;
    const char *from = s->at;
    if (s->at == s->end || *s->at != '"')
        return mb_json_scan_wrong(s, "a key in quotes is expected here");
    s->at++;
    if (!mb_json_scan_string(s, &key))
        return false;
    mb_json_scan_space(s);
    if (s->at == s->end || *s->at != ':')
        return mb_json_scan_wrong(s, "a colon is expected here");
    s->at++;
    mb_json_scan_space(s);
    if (!object)
        return read_value(s, depth, NULL);

    bool in_text = key.ptr >= from && key.ptr <= s->end;
    char *copy = in_text ? NULL : mb_strndup(key.ptr, key.len);
    json_t *value;
    bool ok = read_value(s, depth, &value);
    if (ok) {
        size_t before = json_object_size(object);
        mb_assert(json_object_setn_new_nocheck(object, copy ? copy : key.ptr, key.len, value) == 0);
        if (json_object_size(object) == before) {
            s->at = from;
            ok = mb_json_scan_wrong(s, "a key is there twice");
        }
    }
    free(copy);
    return ok;
}

static bool read_object(struct mb_json_scan *s, int depth, json_t **out)
{
    json_t *object = s->keep ? made(json_object()) : NULL;
    bool closed = is_empty(s, '}');
    while (!closed) {
        if (!read_member(s, depth, object))
            break;
        if (!read_comma(s, '}', "a comma or } is expected here", &closed))
            break;
    }
    if (closed)
        *out = object;
    else
        json_decref(object);
    return closed;
}

/* `out` may be NULL when nothing is kept. */
static bool read_value(struct mb_json_scan *s, int depth, json_t **out)
{
    json_t *unused;
    if (!out)
        out = &unused;
    if (s->at == s->end)
        return mb_json_scan_wrong(s, "the text ends where a value is expected");
    switch (*s->at) {
    case '{':
    case '[':
        if (depth == MB_JSON_DEPTH)
            return mb_json_scan_wrong(s, "the nesting is too deep");
        return *s->at == '{' ? read_object(s, depth + 1, out) : read_array(s, depth + 1, out);
    case '"':
        return read_string(s, out);
    case 't':
        return read_word(s, "true", json_true(), out);
    case 'f':
        return read_word(s, "false", json_false(), out);
    case 'n':
        return read_word(s, "null", json_null(), out);
    default:
        if (*s->at == '-' || (*s->at >= '0' && *s->at <= '9'))
            return read_number(s, out);
        return mb_json_scan_wrong(s, "a value is expected here");
    }
}

static bool read_text(struct mb_json_scan *s, json_t **out)
{
    mb_json_scan_space(s);
    if (!read_value(s, 0, out))
        return false;
    mb_json_scan_space(s);
    return s->at == s->end || mb_json_scan_wrong(s, "something follows the value");
}

static void say_where(struct mb_err *err, struct mb_str text, const struct mb_json_scan *s)
{
    size_t line = 1, column = 1;
    for (const char *p = text.ptr; p < s->at; p++) {
        column = *p == '\n' ? 1 : column + 1;
        line += *p == '\n';
    }
    char place[48];
    snprintf(place, sizeof(place), "%zu:%zu", line, column);
    mb_err_at(err, MB_E_INVALID_JSON, place, "%s (line %zu, column %zu)", s->wrong, line, column);
}

json_t *mb_json_parse(struct mb_str text, struct mb_err *err)
{
    if (!text.len)
        text.ptr = "";
    struct mb_json_scan s = {.at = text.ptr, .end = text.ptr + text.len, .keep = true};
    json_t *value = NULL;
    if (!read_text(&s, &value)) {
        say_where(err, text, &s);
        json_decref(value);
        value = NULL;
    }
    mb_buf_release(&s.scratch);
    return value;
}

bool mb_json_is_valid(struct mb_str text)
{
    if (!text.len)
        return false;
    struct mb_json_scan s = {.at = text.ptr, .end = text.ptr + text.len};
    json_t *none;
    return read_text(&s, &none);
}

json_t *mb_json_get(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

struct mb_str mb_json_str(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return MB_STR("");
    return MB_STR_OF(json_string_value(value), json_string_length(value));
}

int64_t mb_json_int(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool mb_json_bool(const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

void mb_json_drop_nulls(json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;
    void *next;
    json_object_foreach_safe(value, next, key, member)
    {
        if (json_is_null(member))
            json_object_del(value, key);
        else
            mb_json_drop_nulls(member);
    }
    json_array_foreach(value, i, member)
    {
        mb_json_drop_nulls(member);
    }
}
