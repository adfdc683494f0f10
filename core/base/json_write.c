/* The writing half of json.h: the compact and the canonical form, and equality. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* The doubles from -TWO_63 up to below TWO_63 that are whole are those that int64_t holds. */
#define TWO_63 9223372036854775808.0

/* jansson's walks want values that may be changed; ours do not change them. */
static json_t *walkable(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

static void write_integer(struct mb_buf *out, int64_t value)
{
    char text[MB_JSON_NUMBER_TEXT], *end = text + sizeof(text), *at = end;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (value < 0)
        *--at = '-';
    mb_buf_add(out, at, (size_t)(end - at));
}

/* Most reals that people write have few decimals: m / 10^k with both exact reads back as itself,
 * and with at most 15 digits no other such text does. Returns 0 when this is not one of them. */
static size_t few_decimals(double real, char out[MB_JSON_NUMBER_TEXT])
{
    double size = fabs(real), power = 1;
    if (size < 1e-4)
        return 0;
    for (int decimals = 1; decimals <= 12; decimals++) {
        power *= 10;
        double scaled = rint(size * power);
        if (scaled >= 1e15)
            return 0;
        if (scaled / power != size)
            continue;
        long long digits = (long long)scaled, unit = (long long)power;
        return (size_t)snprintf(out, MB_JSON_NUMBER_TEXT, "%s%lld.%0*lld", real < 0 ? "-" : "",
                                digits / unit, decimals, digits % unit);
    }
    return 0;
}

size_t mb_json_real_text(double real, char out[MB_JSON_NUMBER_TEXT])
{
    mb_assert(isfinite(real));
    if (real >= -TWO_63 && real < TWO_63 && real == rint(real))
        return (size_t)snprintf(out, MB_JSON_NUMBER_TEXT, "%lld", (long long)real);
    size_t n = few_decimals(real, out);
    if (n)
        return n;
    /* 15 digits always survive the way to a double and back, but for the denormal ones. */
    for (int precision = fabs(real) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        n = (size_t)snprintf(out, MB_JSON_NUMBER_TEXT, "%.*g", precision, real);
        if (strtod(out, NULL) == real)
            break;
    }
    return n;
}

static void write_real(struct mb_buf *out, double value)
{
    char text[MB_JSON_NUMBER_TEXT];
    mb_buf_add(out, text, mb_json_real_text(value, text));
}

struct member {
    const char *key;
    size_t len;
    const json_t *value;
};

static int by_key(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int order = memcmp(x->key, y->key, MB_MIN(x->len, y->len));
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void sort_members(struct member *members, size_t n)
{
    if (n > 32) {
        qsort(members, n, sizeof(members[0]), by_key);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct member moved = members[i];
        size_t at = i;
        for (; at > 0 && by_key(&members[at - 1], &moved) > 0; at--)
            members[at] = members[at - 1];
        members[at] = moved;
    }
}

static void write_value(struct mb_buf *out, const json_t *value, bool canonical);

static void write_member(struct mb_buf *out, size_t i, const struct member *m, bool canonical)
{
    if (i)
        mb_buf_add_char(out, ',');
    mb_buf_add_json_str(out, MB_STR_OF(m->key, m->len));
    mb_buf_add_char(out, ':');
    write_value(out, m->value, canonical);
}

static void write_sorted(struct mb_buf *out, json_t *object)
{
    struct member few[16], *members = few;
    size_t count = json_object_size(object), n = 0;
    if (count > MB_LEN(few))
        members = mb_alloc(count * sizeof(members[0]));
    for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it))
        members[n++] = (struct member){json_object_iter_key(it), json_object_iter_key_len(it),
                                       json_object_iter_value(it)};
    sort_members(members, n);
    for (size_t i = 0; i < n; i++)
        write_member(out, i, &members[i], true);
    if (members != few)
        free(members);
}

static void write_in_order(struct mb_buf *out, json_t *object)
{
    size_t i = 0;
    for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
        struct member m = {json_object_iter_key(it), json_object_iter_key_len(it),
                           json_object_iter_value(it)};
        write_member(out, i++, &m, false);
    }
}

static void write_array(struct mb_buf *out, const json_t *array, bool canonical)
{
    size_t n = json_array_size(array);
    mb_buf_add_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            mb_buf_add_char(out, ',');
        write_value(out, json_array_get(array, i), canonical);
    }
    mb_buf_add_char(out, ']');
}

static void write_value(struct mb_buf *out, const json_t *value, bool canonical)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        mb_buf_add_char(out, '{');
        if (canonical)
            write_sorted(out, walkable(value));
        else
            write_in_order(out, walkable(value));
        mb_buf_add_char(out, '}');
        return;
    case JSON_ARRAY:
        write_array(out, value, canonical);
        return;
    case JSON_STRING:
        mb_buf_add_json_str(out, MB_STR_OF(json_string_value(value), json_string_length(value)));
        return;
    case JSON_INTEGER:
        write_integer(out, json_integer_value(value));
        return;
    case JSON_REAL:
        write_real(out, json_real_value(value));
        return;
    case JSON_TRUE:
        mb_buf_add(out, "true", 4);
        return;
    case JSON_FALSE:
        mb_buf_add(out, "false", 5);
        return;
    case JSON_NULL:
        mb_buf_add(out, "null", 4);
        return;
    }
}

void mb_json_dump(struct mb_buf *out, const json_t *value)
{
    write_value(out, value, false);
}

void mb_json_canonical(struct mb_buf *out, const json_t *value)
{
    write_value(out, value, true);
}

static bool eq_objects(json_t *a, const json_t *b)
{
    if (json_object_size(a) != json_object_size(b))
        return false;
    for (void *it = json_object_iter(a); it; it = json_object_iter_next(a, it)) {
        const json_t *other =
            json_object_getn(b, json_object_iter_key(it), json_object_iter_key_len(it));
        if (!other || !mb_json_eq(json_object_iter_value(it), other))
            return false;
    }
    return true;
}

static bool eq_numbers(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b))
        return json_integer_value(a) == json_integer_value(b);
    if (json_is_real(a) && json_is_real(b))
        return json_real_value(a) == json_real_value(b);
    const json_t *integer = json_is_integer(a) ? a : b, *real = json_is_integer(a) ? b : a;
    double value = json_real_value(real);
    return value >= -TWO_63 && value < TWO_63 && value == rint(value) &&
           (int64_t)value == json_integer_value(integer);
}

bool mb_json_eq(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return eq_numbers(a, b);
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_object(a))
        return eq_objects(walkable(a), b);
    if (json_is_string(a))
        return mb_str_eq(MB_STR_OF(json_string_value(a), json_string_length(a)),
                         MB_STR_OF(json_string_value(b), json_string_length(b)));
    if (!json_is_array(a))
        return true;
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++)
        if (!mb_json_eq(json_array_get(a, i), json_array_get(b, i)))
            return false;
    return true;
}
