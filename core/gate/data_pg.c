/* A customer's data in PostgreSQL: each tool is one SQL function, (customer, deployment, args) to
 * JSON, under row-level security. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate/data.h"
#include "io/pg.h"

struct mb_data_call {
    struct mb_pg_query *query;
    void (*on_done)(void *arg, struct mb_str result, const struct mb_err *err);
    void *arg;
};

struct data_pg {
    struct mb_data base;
    struct mb_pg *pg;
};

static const uint32_t types[] = {MB_PG_UUID, MB_PG_UUID, MB_PG_JSON};

#define TOOL(tool_, fn, again)                                                                     \
    {                                                                                              \
        tool_,                                                                                     \
        {                                                                                          \
            .name = fn, .sql = "select engine." fn "($1, $2, $3)", .n_params = 3, .types = types,  \
            .retry = again, .deadline_ms = 30 * 1000                                               \
        }                                                                                          \
    }

/* All of them may be done twice: they set what they are told, or remove it, or only look. */
static const struct {
    const char *tool;
    struct mb_pg_stmt stmt;
} tools[] = {
    TOOL("kv.get", "kv_get", true),
    TOOL("kv.set", "kv_set", true),
    TOOL("kv.delete", "kv_delete", true),
    TOOL("memory.upsert", "memory_upsert", true),
    TOOL("memory.search", "memory_search", true),
    TOOL("memory.delete", "memory_delete", true),
    TOOL("file.read", "file_read", true),
    TOOL("file.write", "file_write", true),
    TOOL("file.list", "file_list", true),
};

static void on_answer(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_data_call *call = arg;
    struct mb_str result = MB_STR("null");
    if (!err && mb_pg_rows(res) > 0 && !mb_pg_is_null(res, 0, 0))
        result = mb_pg_get_str(res, 0, 0);
    call->on_done(call->arg, result, err);
    free(call);
}

static int start(struct mb_data *data, const char *tool, struct mb_id customer_id,
                 struct mb_id deployment_id, const json_t *args,
                 void (*on_done)(void *arg, struct mb_str result, const struct mb_err *err),
                 void *arg, struct mb_data_call **out, struct mb_err *err)
{
    struct data_pg *d = MB_CONTAINER_OF(data, struct data_pg, base);
    const struct mb_pg_stmt *stmt = NULL;
    for (size_t i = 0; i < MB_LEN(tools); i++)
        if (strcmp(tools[i].tool, tool) == 0)
            stmt = &tools[i].stmt;
    mb_assert(stmt);
    struct mb_data_call *call = mb_alloc(sizeof(*call));
    *call = (struct mb_data_call){.on_done = on_done, .arg = arg};
    struct mb_buf text = {0};
    mb_json_dump(&text, args);
    struct mb_pg_param params[] = {mb_pg_uuid(customer_id), mb_pg_uuid(deployment_id),
                                   mb_pg_text(mb_buf_str(&text))};
    int rc = mb_pg_query(d->pg, stmt, params, on_answer, call, &call->query, err);
    mb_buf_release(&text);
    if (rc < 0)
        free(call);
    else
        *out = call;
    return rc;
}

static void cancel(struct mb_data_call *call)
{
    mb_pg_cancel(call->query);
    free(call);
}

static void free_data(struct mb_data *data)
{
    free(MB_CONTAINER_OF(data, struct data_pg, base));
}

struct mb_data *mb_data_pg_new(struct mb_pg *pg)
{
    struct data_pg *d = mb_zalloc(sizeof(*d));
    d->base = (struct mb_data){start, cancel, free_data};
    d->pg = pg;
    return &d->base;
}
