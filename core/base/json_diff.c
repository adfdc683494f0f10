#include "base/json_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

struct diff {
    json_t *changes;
    size_t most;
    struct mb_buf path;
};

static void compare(struct diff *d, const json_t *from, const json_t *to);

/* jansson takes what it only reads as if it might change it. */
static json_t *loose(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

static void report(struct diff *d, const json_t *from, const json_t *to)
{
    if (json_array_size(d->changes) >= d->most)
        return;
    const char *op = !from ? "add" : !to ? "remove" : "replace";
    struct mb_str path = mb_buf_str(&d->path);
    json_t *change = json_pack("{s:s, s:s%}", "op", op, "path", path.ptr, path.len);
    if (from)
        json_object_set_new(change, "was", json_incref(loose(from)));
    if (to)
        json_object_set_new(change, "now", json_incref(loose(to)));
    json_array_append_new(d->changes, change);
}

/* One level deeper, "~" and "/" escaped. */
static void enter(struct diff *d, const char *name, const json_t *from, const json_t *to)
{
    size_t before = d->path.end;
    mb_buf_add_char(&d->path, '/');
    for (; *name; name++) {
        if (*name == '~')
            mb_buf_add_c(&d->path, "~0");
        else if (*name == '/')
            mb_buf_add_c(&d->path, "~1");
        else
            mb_buf_add_char(&d->path, *name);
    }
    compare(d, from, to);
    d->path.end = before;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void compare_objects(struct diff *d, const json_t *from, const json_t *to)
{
    json_t *all = json_object(), *value;
    json_object_update(all, loose(from));
    json_object_update(all, loose(to));
    size_t n = 0;
    const char **names = mb_alloc((json_object_size(all) + 1) * sizeof(names[0]));
    const char *name;
    json_object_foreach(all, name, value) names[n++] = name;
    qsort(names, n, sizeof(names[0]), by_name);
    for (size_t i = 0; i < n; i++)
        enter(d, names[i], json_object_get(from, names[i]), json_object_get(to, names[i]));
    free(names);
    json_decref(all);
}

static void compare_arrays(struct diff *d, const json_t *from, const json_t *to)
{
    size_t n = MB_MAX(json_array_size(from), json_array_size(to));
    for (size_t i = 0; i < n && json_array_size(d->changes) < d->most; i++) {
        struct mb_buf name = {0};
        mb_buf_addf(&name, "%zu", i);
        enter(d, mb_buf_cstr(&name), json_array_get(from, i), json_array_get(to, i));
        mb_buf_release(&name);
    }
}

static void compare(struct diff *d, const json_t *from, const json_t *to)
{
    if (!from || !to)
        report(d, from, to);
    else if (json_is_object(from) && json_is_object(to))
        compare_objects(d, from, to);
    else if (json_is_array(from) && json_is_array(to))
        compare_arrays(d, from, to);
    else if (!mb_json_eq(from, to))
        report(d, from, to);
}

json_t *mb_json_diff(const json_t *from, const json_t *to, size_t most)
{
    struct diff d = {.changes = json_array(), .most = most};
    if (from || to)
        compare(&d, from, to);
    mb_buf_release(&d.path);
    return d.changes;
}
