#include "run/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "io/pg.h"
#include "run/parts.h"
#include "run/store.h"

/* The run, then its steps: it has ended, so nothing is written between the two. */
struct mb_record_load {
    struct mb_pg *pg;
    struct mb_side *side;
    struct mb_pg_query *query;
    struct mb_record *record;
    void (*on_loaded)(void *arg, struct mb_record *record, const struct mb_err *err);
    void *arg;
};

static const uint32_t types[] = {MB_PG_UUID, MB_PG_UUID};
static const struct mb_pg_stmt run_stmt = {
    .name = "record_run",
    .sql = "select deployment_id, package_owner, package_id, config_revision, seed, "
           "coalesce(clock_at, created_at), limits, input, status, output, error, cost_micros, "
           "engine.record_bytes($1, $2) from engine.load_run($1, $2)",
    .n_params = 2,
    .types = types,
    .retry = true,
};
static const struct mb_pg_stmt steps_stmt = {
    .name = "record_steps",
    .sql =
        "select seq, kind, key, tool, args, result, error, started_at, duration_us, price_micros "
        "from engine.load_steps($1, $2, true) where state = 2",
    .n_params = 2,
    .types = types,
    .retry = true,
};

/* ---------------------------------------------------------------- the record */

void mb_record_free(struct mb_record *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_calls; i++) {
        free(r->calls[i].tool);
        free(r->calls[i].args);
        free(r->calls[i].answer);
    }
    mb_side_let_go(&r->hold);
    free(r->calls);
    free(r->input);
    json_decref(r->output);
    json_decref(r->error);
    mb_map_release(&r->notes);
    free(r);
}

static char *copy(struct mb_str s, size_t *len)
{
    *len = s.len;
    return mb_strndup(s.ptr ? s.ptr : "", s.len);
}

static json_t *read_json(const struct mb_pg_result *res, int row, int col)
{
    return mb_pg_is_null(res, row, col) ? NULL : mb_json_parse(mb_pg_get_str(res, row, col), NULL);
}

static void read_run(struct mb_record *r, const struct mb_pg_result *res)
{
    r->deployment_id = mb_pg_get_id(res, 0, 0);
    r->package_owner = mb_pg_get_id(res, 0, 1);
    r->package_id = mb_pg_get_id(res, 0, 2);
    r->config_revision = (int)mb_pg_get_int(res, 0, 3);
    struct mb_str seed = mb_pg_get_str(res, 0, 4);
    memcpy(r->seed, seed.ptr, MB_MIN(seed.len, sizeof(r->seed)));
    r->clock_us = mb_pg_get_time_us(res, 0, 5);
    json_t *limits = read_json(res, 0, 6);
    r->cpu_ms = mb_json_int(limits, "cpu_ms", 0);
    r->steps = mb_json_int(limits, "steps", 0);
    json_decref(limits);
    r->input = copy(mb_pg_get_str(res, 0, 7), &r->input_len);
    snprintf(r->status, sizeof(r->status), "%.*s", MB_STR_ARG(mb_pg_get_str(res, 0, 8)));
    r->output = read_json(res, 0, 9);
    r->error = read_json(res, 0, 10);
    r->price_micros = mb_pg_get_int(res, 0, 11);
}

static void read_call(struct mb_record *r, struct mb_map *seen, const struct mb_pg_result *res,
                      int row)
{
    size_t ignored;
    struct mb_record_call *c = &r->calls[r->n_calls++];
    struct mb_str tool = mb_pg_get_str(res, row, 3);
    uintptr_t n = 1 + (uintptr_t)mb_map_get(seen, tool.ptr, tool.len);
    mb_map_set(seen, tool.ptr, tool.len, (void *)n);
    memcpy(c->key, mb_pg_get_str(res, row, 2).ptr, MB_KEY_BYTES);
    c->seq = (int)mb_pg_get_int(res, row, 0);
    c->number = (int)n;
    c->tool = copy(tool, &ignored);
    c->args = copy(mb_pg_get_str(res, row, 4), &c->args_len);
    c->is_error = !mb_pg_is_null(res, row, 6);
    c->answer = copy(mb_pg_get_str(res, row, c->is_error ? 6 : 5), &c->answer_len);
    c->ended_us = mb_pg_get_time_us(res, row, 7) + mb_pg_get_int(res, row, 8);
    c->price_micros = mb_pg_get_int(res, row, 9);
}

static void read_steps(struct mb_record *r, const struct mb_pg_result *res)
{
    struct mb_map seen = {0};
    int n = mb_pg_rows(res);
    r->calls = mb_zalloc(sizeof(r->calls[0]) * ((size_t)n + 1));
    for (int i = 0; i < n; i++) {
        struct mb_str key = mb_pg_get_str(res, i, 2);
        int64_t kind = mb_pg_get_int(res, i, 1);
        if (key.len != MB_KEY_BYTES)
            continue;
        if (kind == MB_ROW_CALL)
            read_call(r, &seen, res, i);
        else if (kind == MB_ROW_EMIT || kind == MB_ROW_LOG)
            mb_map_set(&r->notes, key.ptr, key.len, r);
        else
            r->fee_micros += mb_pg_get_int(res, i, 9);
    }
    mb_map_release(&seen);
}

static int by_seq(const void *a, const void *b)
{
    const int *seq = a;
    const struct mb_record_call *c = b;
    return (*seq > c->seq) - (*seq < c->seq);
}

static bool find_row(void *arg, int seq, struct mb_parts_row *row)
{
    const struct mb_record *r = arg;
    const struct mb_record_call *c =
        bsearch(&seq, r->calls, r->n_calls, sizeof(r->calls[0]), by_seq);
    if (!c)
        return false;
    *row = (struct mb_parts_row){MB_STR_OF(c->args, c->args_len),
                                 MB_STR_OF(c->answer, c->answer_len), c->is_error};
    return true;
}

json_t *mb_record_args(const struct mb_record *r, const struct mb_record_call *c, size_t most_bytes)
{
    json_t *args = mb_parts_read(MB_STR_OF(c->args, c->args_len), c->seq, find_row,
                                 (void *)(uintptr_t)r, 2 * most_bytes);
    struct mb_buf text = {0};
    mb_json_dump(&text, args);
    if (mb_buf_len(&text) > most_bytes) {
        json_decref(args);
        args = NULL;
    }
    mb_buf_release(&text);
    return args;
}

/* ---------------------------------------------------------------- reading it */

static void done(struct mb_record_load *l, const struct mb_err *err)
{
    struct mb_record *record = l->record;
    if (err) {
        mb_record_free(record);
        record = NULL;
    }
    l->on_loaded(l->arg, record, err);
    free(l);
}

static void on_steps(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_record_load *l = arg;
    if (!err)
        read_steps(l->record, res);
    done(l, err);
}

static int check(struct mb_record_load *l, const struct mb_pg_result *res, struct mb_err *err)
{
    if (mb_pg_rows(res) == 0)
        return mb_err_set(err, MB_E_NOT_FOUND, "there is no such run");
    struct mb_str status = mb_pg_get_str(res, 0, 8);
    if (mb_str_is(status, "queued") || mb_str_is(status, "running") || mb_str_is(status, "waiting"))
        return mb_err_set(err, MB_E_CONFLICT, "the run has not ended: it is %.*s",
                          MB_STR_ARG(status));
    return mb_side_hold(l->side, &l->record->hold, l->record->customer_id,
                        mb_pg_get_int(res, 0, 12), err);
}

static void on_run(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct mb_record_load *l = arg;
    struct mb_err local;
    if (!err && check(l, res, &local) < 0)
        err = &local;
    if (err) {
        done(l, err);
        return;
    }
    read_run(l->record, res);
    struct mb_pg_param params[] = {mb_pg_uuid(l->record->customer_id),
                                   mb_pg_uuid(l->record->run_id)};
    if (mb_pg_query(l->pg, &steps_stmt, params, on_steps, l, &l->query, &local) < 0)
        done(l, &local);
}

int mb_record_load(struct mb_pg *pg, struct mb_side *side, struct mb_id customer_id,
                   struct mb_id run_id,
                   void (*on_loaded)(void *arg, struct mb_record *record, const struct mb_err *err),
                   void *arg, struct mb_record_load **load, struct mb_err *err)
{
    struct mb_record_load *l = mb_zalloc(sizeof(*l));
    l->pg = pg;
    l->side = side;
    l->on_loaded = on_loaded;
    l->arg = arg;
    l->record = mb_zalloc(sizeof(*l->record));
    l->record->customer_id = customer_id;
    l->record->run_id = run_id;
    struct mb_pg_param params[] = {mb_pg_uuid(customer_id), mb_pg_uuid(run_id)};
    int rc = mb_pg_query(pg, &run_stmt, params, on_run, l, &l->query, err);
    if (rc < 0) {
        mb_record_free(l->record);
        free(l);
        return rc;
    }
    *load = l;
    return 0;
}

void mb_record_cancel(struct mb_record_load *l)
{
    if (!l)
        return;
    mb_pg_cancel(l->query);
    mb_record_free(l->record);
    free(l);
}
