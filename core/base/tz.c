#include "base/tz.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/civil.h"
#include "base/tz_rule.h"

enum {
    HEADER = 44,
    FILE_BYTES = 64 * 1024, /* the largest of tzdata has 4 KB */
};

struct change {
    int64_t at;
    int32_t offset_s; /* from then on */
};

struct mb_tz {
    int32_t first_s; /* offset before all changes */
    struct change *changes;
    size_t n_changes;
    bool has_rule; /* for what comes after the last change */
    struct mb_tz_rule rule;
};

/* ---------------------------------------------------------------- reading */

struct block {
    const uint8_t *times, *kinds, *types, *end;
    size_t n_times, n_types, time_bytes;
};

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

/* The counts of a header say how long the block after it is. */
static bool read_block(const uint8_t *p, const uint8_t *end, size_t time_bytes, struct block *out)
{
    if (end - p < HEADER || memcmp(p, "TZif", 4) != 0)
        return false;
    uint64_t ut = big_endian(p + 20, 4), standard = big_endian(p + 24, 4);
    uint64_t leaps = big_endian(p + 28, 4), times = big_endian(p + 32, 4);
    uint64_t types = big_endian(p + 36, 4), chars = big_endian(p + 40, 4);
    uint64_t size =
        times * (time_bytes + 1) + types * 6 + chars + leaps * (time_bytes + 4) + standard + ut;
    if (types == 0 || size > (uint64_t)(end - p - HEADER))
        return false;
    *out = (struct block){.times = p + HEADER,
                          .kinds = p + HEADER + times * time_bytes,
                          .types = p + HEADER + times * (time_bytes + 1),
                          .end = p + HEADER + size,
                          .n_times = times,
                          .n_types = types,
                          .time_bytes = time_bytes};
    return true;
}

static bool read_offset(const struct block *b, size_t type, int32_t *out)
{
    if (type >= b->n_types)
        return false;
    *out = (int32_t)big_endian(b->types + type * 6, 4);
    return *out > -7 * MB_DAY_S && *out < 7 * MB_DAY_S;
}

/* Changes of the name alone are left out. */
static bool read_changes(struct mb_tz *tz, const struct block *b)
{
    int64_t before = INT64_MIN;
    if (!read_offset(b, 0, &tz->first_s))
        return false;
    int32_t last_s = tz->first_s;
    tz->changes = mb_alloc((b->n_times + 1) * sizeof(tz->changes[0]));
    for (size_t i = 0; i < b->n_times; i++) {
        uint64_t raw = big_endian(b->times + i * b->time_bytes, b->time_bytes);
        struct change c = {.at = b->time_bytes == 4 ? (int32_t)raw : (int64_t)raw};
        if (!read_offset(b, b->kinds[i], &c.offset_s) || (i > 0 && c.at <= before))
            return false;
        before = c.at;
        if (c.offset_s == last_s || c.at < -(INT64_C(1) << 40) || c.at > INT64_C(1) << 40)
            continue; /* beyond 30,000 years there is nothing to schedule */
        last_s = c.offset_s;
        tz->changes[tz->n_changes++] = c;
    }
    return true;
}

/* A line feed, the rule (which may be empty), a line feed. */
static bool read_footer(struct mb_tz *tz, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *close = end - p > 1 && *p == '\n' ? memchr(p + 1, '\n', end - p - 1) : NULL;
    if (!close)
        return false;
    struct mb_str text = MB_STR_OF((const char *)p + 1, (size_t)(close - p - 1));
    tz->has_rule = text.len > 0;
    return !tz->has_rule || mb_tz_rule_parse(&tz->rule, text);
}

struct mb_tz *mb_tz_read(struct mb_str file, struct mb_err *err)
{
    const uint8_t *p = (const uint8_t *)file.ptr, *end = p + file.len;
    struct mb_tz *tz = mb_zalloc(sizeof(*tz));
    struct block b;
    bool good = file.len > 4 && read_block(p, end, 4, &b);
    if (good && p[4] >= '2')
        good = read_block(b.end, end, 8, &b) && read_changes(tz, &b) && read_footer(tz, b.end, end);
    else if (good)
        good = read_changes(tz, &b);
    if (good)
        return tz;
    mb_tz_free(tz);
    mb_err_set(err, MB_E_INVALID_REQUEST, "the time zone's data cannot be read");
    return NULL;
}

/* Parts of letters, digits, '_', '+', '-'; nothing that leaves the folder, none of tzdata's other
 * folders ("right" counts leap seconds). */
static bool is_name(struct mb_str name)
{
    bool good = name.len > 0 && name.len <= MB_TZ_NAME && isalpha((unsigned char)name.ptr[0]);
    for (size_t i = 0; good && i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        good = isalnum(c) || c == '_' || c == '+' || c == '-' ||
               (c == '/' && name.ptr[i - 1] != '/' && i + 1 < name.len);
    }
    return good && strncmp(name.ptr, "posix/", MB_MIN(name.len, 6)) != 0 &&
           strncmp(name.ptr, "right/", MB_MIN(name.len, 6)) != 0;
}

static bool read_file(const char *path, struct mb_buf *out)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t n = fread(mb_buf_reserve(out, FILE_BYTES), 1, FILE_BYTES, file); /* a folder gives 0 */
    mb_buf_commit(out, n);
    (void)fclose(file);
    return n > 0;
}

struct mb_tz *mb_tz_load(struct mb_str name, struct mb_err *err)
{
    char path[MB_TZ_NAME + 32];
    struct mb_buf bytes = {0};
    struct mb_tz *tz = NULL;
    if (mb_str_is(name, "UTC"))
        return mb_zalloc(sizeof(*tz));
    if (is_name(name)) {
        snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", MB_STR_ARG(name));
        if (read_file(path, &bytes))
            tz = mb_tz_read(mb_buf_str(&bytes), NULL);
    }
    mb_buf_release(&bytes);
    if (!tz)
        mb_err_set(err, MB_E_INVALID_REQUEST, "\"%.*s\" is no time zone; one is \"Europe/Berlin\"",
                   (int)MB_MIN(name.len, (size_t)MB_TZ_NAME), name.ptr);
    return tz;
}

void mb_tz_free(struct mb_tz *tz)
{
    if (!tz)
        return;
    free(tz->changes);
    free(tz);
}

/* ---------------------------------------------------------------- asking */

/* How many changes have happened by then. */
static size_t count_until(const struct mb_tz *tz, int64_t unix_s)
{
    size_t low = 0, high = tz->n_changes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tz->changes[middle].at <= unix_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_by_rule(struct change *list, int *n, int64_t at, int32_t offset_s)
{
    int i = (*n)++;
    for (; i > 0 && list[i - 1].at > at; i--)
        list[i] = list[i - 1];
    list[i] = (struct change){at, offset_s};
}

enum { BY_RULE = 10 }; /* changes: two a year */

/* The changes by the rule in the years around this moment, in order; those that fall together (a
 * zone that has summer time for ever) are none. The first and the last of all are there only to
 * tell whether their neighbours are such. */
static int list_by_rule(const struct mb_tz_rule *rule, int64_t unix_s, struct change list[BY_RULE])
{
    int n = 0, kept = 0;
    int64_t year = mb_civil_of_days(mb_floor_div(unix_s, MB_DAY_S)).year;
    for (int64_t y = year - 2; y <= year + 2; y++) {
        add_by_rule(list, &n, mb_tz_rule_begin(rule, y), rule->summer_s);
        add_by_rule(list, &n, mb_tz_rule_end(rule, y), rule->standard_s);
    }
    for (int i = 0; i < n; i++) {
        if (i + 1 < n && list[i].at == list[i + 1].at)
            i++;
        else if (i > 0 && i + 1 < n)
            list[kept++] = list[i];
    }
    return kept;
}

static struct mb_tz_span span_by_rule(const struct mb_tz *tz, struct mb_tz_span span,
                                      int64_t unix_s)
{
    struct change list[BY_RULE];
    int n = list_by_rule(&tz->rule, unix_s, list);
    int64_t last = span.from;
    for (int i = 0; i < n; i++) {
        if (list[i].at <= last && last != INT64_MIN)
            continue; /* the table has it, or has something else there */
        if (list[i].offset_s == span.offset_s && (span.from == last || list[i].at > unix_s))
            continue;
        if (list[i].at > unix_s) {
            span.until = list[i].at;
            break;
        }
        span.from = list[i].at;
        span.offset_before_s = span.offset_s;
        span.offset_s = list[i].offset_s;
    }
    return span;
}

struct mb_tz_span mb_tz_at(const struct mb_tz *tz, int64_t unix_s)
{
    size_t n = count_until(tz, unix_s);
    struct mb_tz_span span = {
        .from = n > 0 ? tz->changes[n - 1].at : INT64_MIN,
        .until = n < tz->n_changes ? tz->changes[n].at : INT64_MAX,
        .offset_s = n > 0 ? tz->changes[n - 1].offset_s : tz->first_s,
        .offset_before_s = n > 1 ? tz->changes[n - 2].offset_s : tz->first_s,
    };
    if (n < tz->n_changes || !tz->has_rule)
        return span;
    if (!tz->rule.has_summer) {
        if (n == 0)
            span.offset_s = span.offset_before_s = tz->rule.standard_s;
        return span;
    }
    return span_by_rule(tz, span, unix_s);
}
