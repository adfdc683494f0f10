/* A report against what a case expects: everything but Lua and models. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/eval.h"
#include "base/json.h"
#include "base/pattern.h"
#include "base/schema.h"

enum {
    SHOWN_CHARS = 120,
    PATTERN_WORK = 20 * 1000 * 1000,
    PART_BYTES = 2048, /* of a place: 500 characters, by the schema */
};

json_t *mb_eval_text(const char *text)
{
    size_t n = strlen(text), most = MB_MIN(n, (size_t)3); /* of a character that was cut */
    for (size_t cut = 0; cut <= most; cut++) {
        json_t *value = json_stringn(text, n - cut);
        if (value)
            return value;
    }
    return json_string("(no UTF-8)");
}

int64_t mb_eval_int(const json_t *number, int64_t fallback)
{
    static const double limit = 9007199254740992.0; /* 2^53: whole numbers are exact up to here */
    double real = json_real_value(number);
    if (json_is_real(number))
        return real >= limit ? (int64_t)limit : real <= -limit ? -(int64_t)limit : (int64_t)real;
    return json_is_integer(number) ? json_integer_value(number) : fallback;
}

void mb_eval_fail(json_t *failures, const char *at, const char *fmt, ...)
{
    char message[1000];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    json_array_append_new(failures,
                          json_pack("{s:s, s:o}", "at", at, "message", mb_eval_text(message)));
}

/* A value in few characters. */
static const char *shown(const json_t *value, char out[SHOWN_CHARS + 4])
{
    struct mb_buf text = {0};
    if (!value)
        return "nothing";
    mb_json_dump(&text, value);
    size_t n = mb_buf_len(&text);
    if (n > SHOWN_CHARS) {
        n = SHOWN_CHARS;
        while (n && (mb_buf_head(&text)[n] & 0xC0) == 0x80)
            n--;
    }
    memcpy(out, mb_buf_head(&text), n);
    memcpy(out + n, mb_buf_len(&text) > n ? "..." : "", mb_buf_len(&text) > n ? 4 : 1);
    mb_buf_release(&text);
    return out;
}

/* ---------------------------------------------------------------- places */

/* The next part of a pointer, unescaped (RFC 6901), into `part`; moves `rest` behind it. */
static void next_part(struct mb_str *rest, char *part, size_t size)
{
    size_t n = 0, i = 1;
    for (; i < rest->len && rest->ptr[i] != '/'; i++) {
        char c = rest->ptr[i];
        if (c == '~' && i + 1 < rest->len)
            c = rest->ptr[++i] == '1' ? '/' : '~';
        if (n < size - 1)
            part[n++] = c;
    }
    part[n] = '\0';
    *rest = MB_STR_OF(rest->ptr + i, rest->len - i);
}

static json_t *member(const json_t *value, const char *part)
{
    if (!json_is_array(value))
        return json_object_get(value, part);
    size_t i = 0, n = 0;
    for (; part[n] >= '0' && part[n] <= '9' && n < 10; n++)
        i = i * 10 + (size_t)(part[n] - '0');
    bool is_index = n > 0 && part[n] == '\0' && (part[0] != '0' || n == 1);
    return is_index ? json_array_get(value, i) : NULL;
}

static json_t *gather(const json_t *value, struct mb_str rest)
{
    json_t *list = json_array(), *item, *found;
    const char *key;
    size_t i;
    json_array_foreach(value, i, item)
    {
        if ((found = mb_eval_at(item, rest)))
            json_array_append_new(list, found);
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        if ((found = mb_eval_at(item, rest)))
            json_array_append_new(list, found);
    }
    return list;
}

json_t *mb_eval_at(const json_t *output, struct mb_str pointer)
{
    const json_t *value = output;
    while (value && pointer.len) {
        char part[PART_BYTES];
        next_part(&pointer, part, sizeof(part));
        if (strcmp(part, "*") == 0)
            return gather(value, pointer);
        value = member(value, part);
    }
    return json_incref((json_t *)(uintptr_t)value);
}

/* ---------------------------------------------------------------- one thing to hold */

static bool has_text(struct mb_str text, struct mb_str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (strncasecmp(text.ptr + i, part.ptr, part.len) == 0)
            return true;
    return false;
}

static bool contains(const json_t *value, const json_t *part)
{
    size_t i;
    const json_t *item;
    if (json_is_string(value) && json_is_string(part))
        return has_text(MB_STR_OF(json_string_value(value), json_string_length(value)),
                        MB_STR_OF(json_string_value(part), json_string_length(part)));
    if (json_is_object(value) && json_is_string(part))
        return json_object_get(value, json_string_value(part)) != NULL;
    json_array_foreach(value, i, item)
    {
        if (mb_json_eq(item, part))
            return true;
    }
    return false;
}

struct place {
    const char *at; /* "/checks/0" */
    const json_t *value;
    json_t *failures;
};

static void check_contains(const struct place *p, const json_t *parts, bool wanted)
{
    char text[SHOWN_CHARS + 4], part_text[SHOWN_CHARS + 4];
    size_t i, n = json_is_array(parts) ? json_array_size(parts) : 1;
    for (i = 0; parts && i < n; i++) {
        const json_t *part = json_is_array(parts) ? json_array_get(parts, i) : parts;
        if (contains(p->value, part) != wanted)
            mb_eval_fail(p->failures, p->at, "%s %s in %s", shown(part, part_text),
                         wanted ? "is not" : "is", shown(p->value, text));
    }
}

static void check_pattern(const struct place *p, const json_t *check, const char *key, bool wanted)
{
    char text[SHOWN_CHARS + 4];
    struct mb_str source = mb_json_str(check, key);
    if (!source.len)
        return;
    if (!json_is_string(p->value)) {
        mb_eval_fail(p->failures, p->at, "%s is no text", shown(p->value, text));
        return;
    }
    int64_t work = PATTERN_WORK;
    struct mb_pattern *pattern = mb_pattern_new(source, NULL);
    enum mb_match match = mb_pattern_match(
        pattern, MB_STR_OF(json_string_value(p->value), json_string_length(p->value)), &work);
    mb_pattern_free(pattern);
    if (match == MB_MATCH_TOO_MUCH)
        mb_eval_fail(p->failures, p->at, "the pattern takes too long");
    else if ((match == MB_MATCH_YES) != wanted)
        mb_eval_fail(p->failures, p->at, "%s %s %.*s", shown(p->value, text),
                     wanted ? "does not match" : "matches", MB_STR_ARG(source));
}

static void check_schema(const struct place *p, const json_t *json)
{
    struct mb_err err;
    struct mb_schema *schema = json ? mb_schema_new(json, NULL) : NULL;
    if (schema && !p->value)
        mb_eval_fail(p->failures, p->at, "there is nothing that could fit the schema");
    else if (schema && mb_schema_check(schema, p->value, &err) < 0)
        mb_eval_fail(p->failures, p->at, "does not fit the schema: %s %s", err.pointer,
                     err.message);
    mb_schema_free(schema);
}

static void check_count(const struct place *p, const json_t *count)
{
    char text[SHOWN_CHARS + 4];
    if (!count)
        return;
    json_int_t n = json_is_array(p->value)    ? (json_int_t)json_array_size(p->value)
                   : json_is_object(p->value) ? (json_int_t)json_object_size(p->value)
                   : json_is_string(p->value) ? (json_int_t)json_string_length(p->value)
                                              : -1;
    bool is_range = json_is_object(count);
    json_int_t min = mb_eval_int(is_range ? json_object_get(count, "min") : count, 0);
    json_int_t max = mb_eval_int(is_range ? json_object_get(count, "max") : count, INT64_MAX);
    if (n < 0)
        mb_eval_fail(p->failures, p->at, "%s cannot be counted", shown(p->value, text));
    else if (n < min || n > max)
        mb_eval_fail(p->failures, p->at, "there are %lld, not %s %lld", (long long)n,
                     min == max ? "exactly"
                     : n < min  ? "at least"
                                : "at most",
                     (long long)(n < min ? min : max));
}

static void check_range(const struct place *p, const json_t *check)
{
    char text[SHOWN_CHARS + 4];
    const json_t *min = json_object_get(check, "min"), *max = json_object_get(check, "max");
    if (!min && !max)
        return;
    double value = json_number_value(p->value);
    if (!json_is_number(p->value))
        mb_eval_fail(p->failures, p->at, "%s is no number", shown(p->value, text));
    else if (min && value < json_number_value(min))
        mb_eval_fail(p->failures, p->at, "%g is less than %g", value, json_number_value(min));
    else if (max && value > json_number_value(max))
        mb_eval_fail(p->failures, p->at, "%g is more than %g", value, json_number_value(max));
}

static void check_equal(const struct place *p, const json_t *check)
{
    char text[SHOWN_CHARS + 4], wanted_text[SHOWN_CHARS + 4];
    const json_t *wanted = json_object_get(check, "equals"),
                 *list = json_object_get(check, "one_of");
    const json_t *exists = json_object_get(check, "exists");
    if (exists && json_is_true(exists) != (p->value && !json_is_null(p->value)))
        mb_eval_fail(p->failures, p->at, "there is %s", shown(p->value, text));
    if (wanted && !(p->value && mb_json_eq(p->value, wanted)))
        mb_eval_fail(p->failures, p->at, "is %s, not %s", shown(p->value, text),
                     shown(wanted, wanted_text));
    if (list && !(p->value && json_is_array(list) && contains(list, p->value)))
        mb_eval_fail(p->failures, p->at, "is %s, none of %s", shown(p->value, text),
                     shown(list, wanted_text));
}

static void check_place(const json_t *check, const char *at, const json_t *output, json_t *failures)
{
    json_t *value = mb_eval_at(output, mb_json_str(check, "at"));
    const struct place p = {at, value, failures};
    check_equal(&p, check);
    check_contains(&p, json_object_get(check, "contains"), true);
    check_contains(&p, json_object_get(check, "not_contains"), false);
    check_pattern(&p, check, "matches", true);
    check_pattern(&p, check, "not_matches", false);
    check_schema(&p, json_object_get(check, "schema"));
    check_count(&p, json_object_get(check, "count"));
    check_range(&p, check);
    json_decref(value);
}

/* ---------------------------------------------------------------- the run as a whole */

static void check_status(const json_t *expect, const json_t *report, json_t *failures)
{
    const json_t *error = mb_json_get(report, "error");
    struct mb_str status = mb_json_str(report, "status"), code = mb_json_str(error, "code");
    struct mb_str wanted = mb_json_str(expect, "status"),
                  wanted_code = mb_json_str(expect, "error");
    if (!wanted.len)
        wanted = wanted_code.len ? MB_STR("failed") : MB_STR("succeeded");
    if (!mb_str_eq(status, wanted))
        mb_eval_fail(failures, "/expect/status", "the run %.*s, not %.*s%s%.*s%s%.*s",
                     MB_STR_ARG(status), MB_STR_ARG(wanted), code.len ? ": " : "", MB_STR_ARG(code),
                     code.len ? ": " : "", MB_STR_ARG(mb_json_str(error, "message")));
    else if (wanted_code.len && !mb_str_eq(code, wanted_code))
        mb_eval_fail(failures, "/expect/error", "it failed with %.*s, not %.*s", MB_STR_ARG(code),
                     MB_STR_ARG(wanted_code));
}

/* Does it hold all that `wanted` names? */
static bool covers(const json_t *value, const json_t *wanted)
{
    const char *key;
    json_t *part;
    if (!json_is_object(wanted))
        return value && mb_json_eq(value, wanted);
    json_object_foreach((json_t *)(uintptr_t)wanted, key, part)
    {
        if (!covers(json_object_get(value, key), part))
            return false;
    }
    return true;
}

static size_t count_calls(const json_t *report, struct mb_str tool, const json_t *args)
{
    size_t i, n = 0;
    const json_t *step;
    json_array_foreach(mb_json_get(report, "trace"), i, step)
    {
        if (mb_str_eq(mb_json_str(step, "tool"), tool) &&
            (!args || covers(mb_json_get(step, "args"), args)))
            n++;
    }
    return n;
}

static void check_calls(const json_t *expect, const json_t *report, json_t *failures)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(mb_json_get(expect, "called"), i, entry)
    {
        struct mb_str tool =
            json_is_object(entry) ? mb_json_str(entry, "tool") : mb_str_c(json_string_value(entry));
        size_t n = count_calls(report, tool, mb_json_get(entry, "args"));
        int64_t times = mb_eval_int(mb_json_get(entry, "times"), -1);
        if (times < 0 ? n == 0 : n != (size_t)times)
            mb_eval_fail(failures, "/expect/called", "%.*s was called %zu times%s",
                         MB_STR_ARG(tool), n,
                         mb_json_get(entry, "args") ? " with these arguments" : "");
    }
    json_array_foreach(mb_json_get(expect, "not_called"), i, entry)
    {
        size_t n = count_calls(report, mb_str_c(json_string_value(entry)), NULL);
        if (n)
            mb_eval_fail(failures, "/expect/not_called", "%s was called %zu times",
                         json_string_value(entry), n);
    }
}

static void check_limits(const json_t *expect, const json_t *report, json_t *failures)
{
    int64_t cost = mb_json_int(mb_json_get(report, "cost"), "likely_micros", 0);
    int64_t steps = mb_json_int(mb_json_get(report, "usage"), "steps", 0);
    int64_t max_cost = mb_eval_int(mb_json_get(expect, "max_cost_micros"), INT64_MAX);
    int64_t max_steps = mb_eval_int(mb_json_get(expect, "max_steps"), INT64_MAX);
    if (cost > max_cost)
        mb_eval_fail(failures, "/expect/max_cost_micros", "it would cost %lld micro-dollars",
                     (long long)cost);
    if (steps > max_steps)
        mb_eval_fail(failures, "/expect/max_steps", "it took %lld steps", (long long)steps);
}

void mb_eval_check(const json_t *expect, const json_t *checks, const json_t *report,
                   json_t *failures)
{
    size_t i;
    const json_t *check;
    check_status(expect, report, failures);
    check_calls(expect, report, failures);
    check_limits(expect, report, failures);
    json_array_foreach(checks, i, check)
    {
        char at[32];
        snprintf(at, sizeof(at), "/checks/%zu", i);
        check_place(check, at, mb_json_get(report, "output"), failures);
    }
}
