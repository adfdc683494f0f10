/* A customer's data in memory, for `moonbase run`: the same tools with the same answers as in
 * PostgreSQL, gone when the program ends. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rfc3339.h"
#include "gate/data.h"
#include "io/loop.h"

struct mb_data_call {
    struct mb_timer timer; /* answers come from the loop, as they do from a database */
    struct mb_loop *loop;
    void (*on_done)(void *arg, struct mb_str result, const struct mb_err *err);
    void *arg;
    struct mb_buf result;
    struct mb_err err;
};

struct data_mem {
    struct mb_data base;
    struct mb_loop *loop;
    json_t *kv;          /* key -> {"value", "expires_us"?} */
    json_t *collections; /* name -> {id -> {"id", "title", "body", "metadata"}} */
    json_t *files;       /* path -> {"content"|"base64", "content_type"} */
};

static json_t *sub(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (!value) {
        value = json_object();
        json_object_set_new(object, key, value);
    }
    return value;
}

static const char *text_of(const json_t *args, const char *key)
{
    const char *s = json_string_value(json_object_get(args, key));
    return s ? s : "";
}

/* ---------------------------------------------------------------- kv */

static json_t *kv_get(struct data_mem *d, const json_t *args)
{
    json_t *entry = json_object_get(d->kv, text_of(args, "key"));
    int64_t expires = mb_json_int(entry, "expires_us", 0);
    if (!entry || (expires && expires <= mb_clock_wall_us()))
        return json_pack("{s:b, s:n}", "found", 0, "value");
    return json_pack("{s:b, s:O}", "found", 1, "value", json_object_get(entry, "value"));
}

static json_t *kv_set(struct data_mem *d, const json_t *args)
{
    json_t *entry = json_pack("{s:O}", "value", json_object_get(args, "value"));
    json_t *ttl = mb_json_get(args, "ttl_s");
    if (ttl)
        json_object_set_new(
            entry, "expires_us",
            json_integer(mb_clock_wall_us() + (int64_t)(json_number_value(ttl) * 1e6)));
    json_object_set_new(d->kv, text_of(args, "key"), entry);
    return json_pack("{s:b}", "ok", 1);
}

static json_t *kv_delete(struct data_mem *d, const json_t *args)
{
    int gone = json_object_del(d->kv, text_of(args, "key")) == 0;
    return json_pack("{s:b}", "deleted", gone);
}

/* ---------------------------------------------------------------- memory */

static json_t *memory_upsert(struct data_mem *d, const json_t *args)
{
    json_t *collection = sub(d->collections, text_of(args, "collection"));
    json_t *documents = json_object_get(args, "documents");
    size_t i;
    json_t *document;
    json_array_foreach(documents, i, document)
    {
        json_object_set(collection, text_of(document, "id"), document);
    }
    return json_pack("{s:I}", "upserted", (json_int_t)json_array_size(documents));
}

static json_t *memory_delete(struct data_mem *d, const json_t *args)
{
    json_t *collection = sub(d->collections, text_of(args, "collection"));
    json_t *ids = json_object_get(args, "ids"), *id;
    json_int_t n = 0;
    size_t i;
    json_array_foreach(ids, i, id)
    {
        n += json_object_del(collection, json_string_value(id)) == 0;
    }
    return json_pack("{s:I}", "deleted", n);
}

/* How often the words of `query` begin a word of `text`; each word counts at most four times. */
static double overlap(const char *query, const char *text)
{
    double score = 0;
    while (*query) {
        size_t n = 0;
        while (isalnum((unsigned char)query[n]) || (query[n] & 0x80))
            n++;
        int hits = 0;
        for (const char *at = text; n > 2 && *at && hits < 4; at++)
            if ((at == text || !isalnum((unsigned char)at[-1])) && strncasecmp(at, query, n) == 0)
                hits++;
        score += hits ? 1 + 0.25 * (hits - 1) : 0;
        query += n ? n : 1;
    }
    return score;
}

static int by_score(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    double d = json_real_value(json_object_get(*y, "score")) -
               json_real_value(json_object_get(*x, "score"));
    if (d < 0 || d > 0)
        return d > 0 ? 1 : -1;
    return strcmp(text_of(*x, "id"), text_of(*y, "id"));
}

static json_t *hit(const json_t *document, double score)
{
    json_t *found =
        json_copy(json_object_get(document, "id") ? (json_t *)(uintptr_t)document : NULL);
    const char *body = text_of(document, "body");
    size_t n = MB_MIN(strlen(body), (size_t)240);
    while (n && (body[n] & 0xC0) == 0x80)
        n--;
    json_object_set_new(found, "snippet", json_stringn(body, n));
    json_object_set_new(found, "score", json_real(score));
    return found;
}

/* Has the document all metadata that the filter names? */
static bool passes(const json_t *document, json_t *filter)
{
    const json_t *metadata = json_object_get(document, "metadata");
    const char *name;
    json_t *value;
    json_object_foreach(filter, name, value)
    {
        if (!json_equal(value, json_object_get(metadata, name)))
            return false;
    }
    return true;
}

static json_t *memory_search(struct data_mem *d, const json_t *args)
{
    json_t *collection = sub(d->collections, text_of(args, "collection"));
    const char *query = text_of(args, "query"), *id;
    size_t n = 0, limit = (size_t)mb_json_int(args, "limit", 5);
    json_t **hits = mb_alloc((json_object_size(collection) + 1) * sizeof(hits[0]));
    json_t *document;
    json_object_foreach(collection, id, document)
    {
        double score = 2 * overlap(query, text_of(document, "title")) +
                       overlap(query, text_of(document, "body"));
        if (score > 0 && passes(document, json_object_get(args, "filter")))
            hits[n++] = hit(document, score);
    }
    qsort(hits, n, sizeof(hits[0]), by_score);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (i < limit)
            json_array_append(list, hits[i]);
        json_decref(hits[i]);
    }
    free(hits);
    return json_pack("{s:o}", "documents", list);
}

/* ---------------------------------------------------------------- files */

static json_t *file_read(struct data_mem *d, const json_t *args, struct mb_err *err)
{
    const char *path = text_of(args, "path");
    json_t *file = json_object_get(d->files, path);
    if (file)
        return json_incref(file);
    mb_err_set(err, MB_E_NOT_FOUND, "there is no file \"%s\"", path);
    return NULL;
}

static json_t *file_write(struct data_mem *d, const json_t *args)
{
    json_object_set(d->files, text_of(args, "path"), (json_t *)(uintptr_t)args);
    const json_t *content = json_object_get(args, "content");
    content = content ? content : json_object_get(args, "base64");
    return json_pack("{s:s, s:I}", "path", text_of(args, "path"), "bytes",
                     (json_int_t)json_string_length(content));
}

static json_t *file_list(struct data_mem *d, const json_t *args)
{
    const char *prefix = text_of(args, "prefix"), *path;
    json_t *list = json_array(), *file;
    json_object_foreach(d->files, path, file)
    {
        if (strncmp(path, prefix, strlen(prefix)) == 0)
            json_array_append_new(list, json_pack("{s:s}", "path", path));
    }
    return json_pack("{s:o}", "files", list);
}

/* ---------------------------------------------------------------- calls */

static json_t *run(struct data_mem *d, const char *tool, const json_t *args, struct mb_err *err)
{
    static const struct {
        const char *tool;
        json_t *(*fn)(struct data_mem *d, const json_t *args);
    } tools[] = {
        {"kv.get", kv_get},
        {"kv.set", kv_set},
        {"kv.delete", kv_delete},
        {"memory.upsert", memory_upsert},
        {"memory.search", memory_search},
        {"memory.delete", memory_delete},
        {"file.write", file_write},
        {"file.list", file_list},
    };
    if (strcmp(tool, "file.read") == 0)
        return file_read(d, args, err);
    for (size_t i = 0; i < MB_LEN(tools); i++)
        if (strcmp(tools[i].tool, tool) == 0)
            return tools[i].fn(d, args);
    mb_assert(!"no such data tool");
    return NULL;
}

static void cancel(struct mb_data_call *call)
{
    mb_timer_cancel(&call->loop->timers, &call->timer);
    mb_buf_release(&call->result);
    free(call);
}

static void on_due(struct mb_timer *timer)
{
    struct mb_data_call *call = MB_CONTAINER_OF(timer, struct mb_data_call, timer);
    call->on_done(call->arg, mb_buf_str(&call->result), call->err.code ? &call->err : NULL);
    cancel(call);
}

static int start(struct mb_data *data, const char *tool, struct mb_id customer_id,
                 struct mb_id deployment_id, const json_t *args,
                 void (*on_done)(void *arg, struct mb_str result, const struct mb_err *err),
                 void *arg, struct mb_data_call **out, struct mb_err *err)
{
    (void)customer_id, (void)deployment_id, (void)err; /* there is one of each, and always room */
    struct data_mem *d = MB_CONTAINER_OF(data, struct data_mem, base);
    struct mb_data_call *call = mb_zalloc(sizeof(*call));
    *call = (struct mb_data_call){.loop = d->loop, .on_done = on_done, .arg = arg};
    call->timer.on_due = on_due;
    json_t *value = run(d, tool, args, &call->err);
    if (value)
        mb_json_dump(&call->result, value);
    json_decref(value);
    mb_timer_arm(&d->loop->timers, &call->timer, mb_clock_mono_us());
    *out = call;
    return 0;
}

static void free_data(struct mb_data *data)
{
    struct data_mem *d = MB_CONTAINER_OF(data, struct data_mem, base);
    json_decref(d->kv);
    json_decref(d->collections);
    json_decref(d->files);
    free(d);
}

struct mb_data *mb_data_mem_new(struct mb_loop *loop)
{
    struct data_mem *d = mb_zalloc(sizeof(*d));
    d->base = (struct mb_data){start, cancel, free_data};
    d->loop = loop;
    d->kv = json_object();
    d->collections = json_object();
    d->files = json_object();
    return &d->base;
}
