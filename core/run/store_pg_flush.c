/* The group commit: a flush as the arrays of engine.flush (sql/functions/engine/flush.sql). */
#include <string.h>

#include "base/json.h"
#include "run/private.h"
#include "run/store_pg_private.h"

/* Every array parameter once: number, element type, sparse (mostly null). */
#define RUN_ARRAYS(X)                                                                              \
    X(RUN_CUSTOMER, 3, UUID, false)                                                                \
    X(RUN_ID, 4, UUID, false)                                                                      \
    X(RUN_DEPLOYMENT, 5, UUID, false)                                                              \
    X(RUN_PACKAGE_OWNER, 6, UUID, false)                                                           \
    X(RUN_PACKAGE, 7, UUID, false)                                                                 \
    X(RUN_PARENT, 8, UUID, true)                                                                   \
    X(RUN_STATUS, 9, TEXT, false)                                                                  \
    X(RUN_WAIT_REASON, 10, TEXT, true)                                                             \
    X(RUN_WAKE_AT, 11, TIMESTAMPTZ, true)                                                          \
    X(RUN_OWNED, 12, BOOL, true)                                                                   \
    X(RUN_INPUT, 13, TEXT, false)                                                                  \
    X(RUN_OUTPUT, 14, TEXT, true)                                                                  \
    X(RUN_ERROR, 15, TEXT, true)                                                                   \
    X(RUN_LIMITS, 16, TEXT, false)                                                                 \
    X(RUN_SEED, 17, BYTEA, false)                                                                  \
    X(RUN_DIVERGED, 18, BOOL, true)                                                                \
    X(RUN_CREATED_AT, 19, TIMESTAMPTZ, false)                                                      \
    X(RUN_STARTED_AT, 20, TIMESTAMPTZ, true)                                                       \
    X(RUN_FINISHED_AT, 21, TIMESTAMPTZ, true)                                                      \
    X(RUN_STEPS, 22, INT4, true)                                                                   \
    X(RUN_CPU_US, 23, INT8, true)                                                                  \
    X(RUN_TOKENS_IN, 24, INT8, true)                                                               \
    X(RUN_TOKENS_OUT, 25, INT8, true)                                                              \
    X(RUN_COST, 26, INT8, true)

#define STEP_ARRAYS(X)                                                                             \
    X(STEP_CUSTOMER, 27, UUID, false)                                                              \
    X(STEP_RUN, 28, UUID, false)                                                                   \
    X(STEP_DEPLOYMENT, 29, UUID, false)                                                            \
    X(STEP_SEQ, 30, INT4, false)                                                                   \
    X(STEP_KIND, 31, INT2, false)                                                                  \
    X(STEP_STATE, 32, INT2, false)                                                                 \
    X(STEP_COMPLETES, 33, BOOL, true)                                                              \
    X(STEP_KEY, 34, BYTEA, false)                                                                  \
    X(STEP_TOOL, 35, TEXT, false)                                                                  \
    X(STEP_ARGS, 36, TEXT, true)                                                                   \
    X(STEP_RESULT, 37, TEXT, true)                                                                 \
    X(STEP_ERROR, 38, TEXT, true)                                                                  \
    X(STEP_STARTED_AT, 39, TIMESTAMPTZ, false)                                                     \
    X(STEP_DURATION, 40, INT8, false)                                                              \
    X(STEP_CPU, 41, INT8, true)                                                                    \
    X(STEP_TOKENS_IN, 42, INT4, true)                                                              \
    X(STEP_TOKENS_OUT, 43, INT4, true)                                                             \
    X(STEP_TOKENS_CACHED, 44, INT4, true)                                                          \
    X(STEP_TOKENS_REASONING, 45, INT4, true)                                                       \
    X(STEP_BYTES, 46, INT8, true)                                                                  \
    X(STEP_COST, 47, INT8, true)                                                                   \
    X(STEP_PRICE, 48, INT8, true)                                                                  \
    X(STEP_MODEL, 49, TEXT, true)                                                                  \
    X(STEP_REQUEST_ID, 50, TEXT, true)

#define UPDATE_ARRAYS(X)                                                                           \
    X(UPD_CUSTOMER, 51, UUID, false)                                                               \
    X(UPD_RUN, 52, UUID, false)                                                                    \
    X(UPD_STATUS, 53, TEXT, false)                                                                 \
    X(UPD_WAIT_REASON, 54, TEXT, true)                                                             \
    X(UPD_WAKE_AT, 55, TIMESTAMPTZ, true)                                                          \
    X(UPD_OWNED, 56, BOOL, true)                                                                   \
    X(UPD_OUTPUT, 57, TEXT, true)                                                                  \
    X(UPD_ERROR, 58, TEXT, true)                                                                   \
    X(UPD_DIVERGED, 59, BOOL, true)                                                                \
    X(UPD_STARTED_AT, 60, TIMESTAMPTZ, true)                                                       \
    X(UPD_FINISHED_AT, 61, TIMESTAMPTZ, true)                                                      \
    X(UPD_STEPS, 62, INT4, false)                                                                  \
    X(UPD_CPU_US, 63, INT8, false)                                                                 \
    X(UPD_TOKENS_IN, 64, INT8, false)                                                              \
    X(UPD_TOKENS_OUT, 65, INT8, false)                                                             \
    X(UPD_COST, 66, INT8, false)

#define ALL_ARRAYS(X) RUN_ARRAYS(X) STEP_ARRAYS(X) UPDATE_ARRAYS(X)

enum {
#define X(name, number, type, sparse) name = number,
    ALL_ARRAYS(X)
#undef X
        APPROVALS = 67
};

static const struct {
    enum mb_pg_oid element, array;
    bool sparse;
} kinds[MB_FLUSH_PARAMS + 1] = {
#define X(name, number, type, sparse) [number] = {MB_PG_##type, MB_PG_##type##_ARRAY, sparse},
    ALL_ARRAYS(X)
#undef X
};

static const uint32_t types[MB_FLUSH_PARAMS] = {
    [0] = MB_PG_INT8,
    [1] = MB_PG_INT8,
#define X(name, number, type, sparse) [(number)-1] = MB_PG_##type##_ARRAY,
    ALL_ARRAYS(X)
#undef X
        [APPROVALS - 1] = MB_PG_JSON,
};

static const struct mb_pg_stmt flush_stmt = {
    .name = "flush",
    .sql = "select engine.flush($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,"
           "$20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30,$31,$32,$33,$34,$35,$36,$37,$38,$39,$40,"
           "$41,$42,$43,$44,$45,$46,$47,$48,$49,$50,$51,$52,$53,$54,$55,$56,$57,$58,$59,$60,$61,"
           "$62,$63,$64,$65,$66,$67)",
    .n_params = MB_FLUSH_PARAMS,
    .types = types,
    .lane = MB_PG_JOURNAL,
    .retry = true,
    .borrow = true,
    .deadline_ms = -1,
};

void mb_store_pg_flush_init(struct mb_store_pg *s)
{
    for (int i = RUN_CUSTOMER; i <= UPD_COST; i++)
        mb_pg_array_init(&s->arrays[i], kinds[i].element);
}

void mb_store_pg_flush_release(struct mb_store_pg *s)
{
    for (int i = RUN_CUSTOMER; i <= UPD_COST; i++)
        mb_pg_array_release(&s->arrays[i]);
    mb_buf_release(&s->approvals);
}

/* ---------------------------------------------------------------- values, 0 or absent as null */

static void add_id(struct mb_store_pg *s, int at, struct mb_id id)
{
    mb_pg_array_add_uuid(&s->arrays[at], id);
}

static void add_int(struct mb_store_pg *s, int at, int64_t v)
{
    if (v == 0 && kinds[at].sparse)
        mb_pg_array_add_null(&s->arrays[at]);
    else
        mb_pg_array_add_int(&s->arrays[at], v);
}

static void add_text(struct mb_store_pg *s, int at, const char *text, size_t len)
{
    if (text)
        mb_pg_array_add_bytes(&s->arrays[at], text, len);
    else
        mb_pg_array_add_null(&s->arrays[at]);
}

static void add_cstr(struct mb_store_pg *s, int at, const char *text)
{
    add_text(s, at, text && *text ? text : NULL, text ? strlen(text) : 0);
}

static void add_time(struct mb_store_pg *s, int at, int64_t unix_us)
{
    if (unix_us)
        mb_pg_array_add_time(&s->arrays[at], unix_us);
    else
        mb_pg_array_add_null(&s->arrays[at]);
}

static void add_flag(struct mb_store_pg *s, int at, bool on)
{
    if (on)
        mb_pg_array_add_bool(&s->arrays[at], true);
    else
        mb_pg_array_add_null(&s->arrays[at]);
}

static void add_error(struct mb_store_pg *s, int at, const struct mb_run *run)
{
    if (!run->error) {
        mb_pg_array_add_null(&s->arrays[at]);
        return;
    }
    struct mb_buf text = {0};
    mb_run_add_error_json(&text, run);
    mb_pg_array_add_str(&s->arrays[at], mb_buf_str(&text));
    mb_buf_release(&text);
}

/* ---------------------------------------------------------------- rows */

/* Does this core keep the run after this flush? Parked and ended runs belong to nobody. */
static bool keeps(const struct mb_run *run)
{
    return run->phase != MB_PHASE_CLOSING;
}

/* What a run looks like while rows of it are still to come. */
static void add_state(struct mb_store_pg *s, const struct mb_run *run, bool is_partial)
{
    if (is_partial) {
        add_cstr(s, RUN_STATUS, "running");
        mb_pg_array_add_null(&s->arrays[RUN_WAIT_REASON]);
        mb_pg_array_add_null(&s->arrays[RUN_WAKE_AT]);
        add_flag(s, RUN_OWNED, true);
        mb_pg_array_add_null(&s->arrays[RUN_OUTPUT]);
        mb_pg_array_add_null(&s->arrays[RUN_ERROR]);
        mb_pg_array_add_null(&s->arrays[RUN_FINISHED_AT]);
        return;
    }
    add_cstr(s, RUN_STATUS, mb_run_status_name(run->status));
    add_cstr(s, RUN_WAIT_REASON, run->wait_reason);
    add_time(s, RUN_WAKE_AT, run->wake_us);
    add_flag(s, RUN_OWNED, keeps(run));
    add_text(s, RUN_OUTPUT, run->output, run->output_len);
    add_error(s, RUN_ERROR, run);
    add_time(s, RUN_FINISHED_AT, run->finished_us);
}

static void add_run(struct mb_store_pg *s, const struct mb_run *run, bool is_partial)
{
    const struct mb_package *package = run->deployment->package;
    add_id(s, RUN_CUSTOMER, run->tenant->id);
    add_id(s, RUN_ID, run->id);
    add_id(s, RUN_DEPLOYMENT, run->deployment->id);
    add_id(s, RUN_PACKAGE_OWNER, package->owner);
    add_id(s, RUN_PACKAGE, package->id);
    mb_pg_array_add_null(&s->arrays[RUN_PARENT]);
    add_state(s, run, is_partial);
    add_text(s, RUN_INPUT, run->input, run->input_len);
    char limits[160];
    mb_run_limits_json(run, limits, sizeof(limits));
    add_cstr(s, RUN_LIMITS, limits);
    mb_pg_array_add_bytes(&s->arrays[RUN_SEED], run->seed, sizeof(run->seed));
    add_flag(s, RUN_DIVERGED, run->diverged);
    add_time(s, RUN_CREATED_AT, run->created_us);
    add_time(s, RUN_STARTED_AT, run->started_us);
    add_int(s, RUN_STEPS, run->steps);
    add_int(s, RUN_CPU_US, run->cpu_us);
    add_int(s, RUN_TOKENS_IN, run->tokens_in);
    add_int(s, RUN_TOKENS_OUT, run->tokens_out);
    add_int(s, RUN_COST, run->price_micros);
}

static void add_update(struct mb_store_pg *s, const struct mb_run *run)
{
    add_id(s, UPD_CUSTOMER, run->tenant->id);
    add_id(s, UPD_RUN, run->id);
    add_cstr(s, UPD_STATUS, mb_run_status_name(run->status));
    add_cstr(s, UPD_WAIT_REASON, run->wait_reason);
    add_time(s, UPD_WAKE_AT, run->wake_us);
    add_flag(s, UPD_OWNED, keeps(run));
    add_text(s, UPD_OUTPUT, run->output, run->output_len);
    add_error(s, UPD_ERROR, run);
    add_flag(s, UPD_DIVERGED, run->diverged);
    add_time(s, UPD_STARTED_AT, run->started_us);
    add_time(s, UPD_FINISHED_AT, run->finished_us);
    add_int(s, UPD_STEPS, run->steps);
    add_int(s, UPD_CPU_US, run->cpu_us);
    add_int(s, UPD_TOKENS_IN, run->tokens_in);
    add_int(s, UPD_TOKENS_OUT, run->tokens_out);
    add_int(s, UPD_COST, run->price_micros);
}

static void add_row(struct mb_store_pg *s, const struct mb_run *run, const struct mb_row *row)
{
    const struct mb_usage *u = &row->usage;
    add_id(s, STEP_CUSTOMER, run->tenant->id);
    add_id(s, STEP_RUN, run->id);
    add_id(s, STEP_DEPLOYMENT, run->deployment->id);
    add_int(s, STEP_SEQ, row->seq);
    add_int(s, STEP_KIND, row->kind);
    add_int(s, STEP_STATE, row->state);
    add_flag(s, STEP_COMPLETES, row->completes);
    mb_pg_array_add_bytes(&s->arrays[STEP_KEY], row->key, sizeof(row->key));
    add_cstr(s, STEP_TOOL, row->tool);
    add_cstr(s, STEP_ARGS, row->args);
    add_cstr(s, STEP_RESULT, row->result);
    add_cstr(s, STEP_ERROR, row->error);
    add_time(s, STEP_STARTED_AT, row->started_us);
    add_int(s, STEP_DURATION, row->duration_us);
    add_int(s, STEP_CPU, u->cpu_us);
    add_int(s, STEP_TOKENS_IN, u->tokens_in);
    add_int(s, STEP_TOKENS_OUT, u->tokens_out);
    add_int(s, STEP_TOKENS_CACHED, u->tokens_cached);
    add_int(s, STEP_TOKENS_REASONING, u->tokens_reasoning);
    add_int(s, STEP_BYTES, u->bytes);
    add_int(s, STEP_COST, u->cost_micros);
    add_int(s, STEP_PRICE, u->price_micros);
    add_cstr(s, STEP_MODEL, u->model);
    add_cstr(s, STEP_REQUEST_ID, u->provider_request_id);
}

static void add_question(struct mb_store_pg *s, const struct mb_run *run, const struct mb_row *row)
{
    char customer[MB_ID_TEXT], id[MB_ID_TEXT];
    json_t *q = json_copy(row->question);
    json_object_set_new(q, "customer_id", json_string(mb_id_uuid(run->tenant->id, customer)));
    json_object_set_new(q, "run_id", json_string(mb_id_uuid(run->id, id)));
    json_object_set_new(q, "seq", json_integer(row->seq));
    mb_buf_add_char(&s->approvals, mb_buf_len(&s->approvals) ? ',' : '[');
    mb_json_dump(&s->approvals, q);
    json_decref(q);
}

static void add_item(struct mb_store_pg *s, const struct mb_flush_item *item)
{
    if (item->insert)
        add_run(s, item->run, item->is_partial);
    if (item->update)
        add_update(s, item->run);
    MB_LIST_EACH(it, tmp, &item->rows)
    {
        const struct mb_row *row = MB_LIST_ENTRY(it, struct mb_row, node);
        add_row(s, item->run, row);
        if (row->question)
            add_question(s, item->run, row);
    }
}

static void on_flushed(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    (void)res;
    struct mb_store_pg *s = arg;
    struct mb_flush *flush = s->flush;
    s->flush = NULL;
    mb_journal_flushed(s->engine, flush, err);
}

void mb_store_pg_flush(struct mb_store *store, struct mb_flush *flush)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    mb_assert(!s->flush);
    s->flush = flush;
    struct mb_pg_param params[MB_FLUSH_PARAMS];
    params[0] = mb_pg_int8(s->fence);
    params[1] = mb_pg_int8((int64_t)flush->number);
    for (int i = RUN_CUSTOMER; i <= UPD_COST; i++)
        mb_pg_array_clear(&s->arrays[i]);
    mb_buf_clear(&s->approvals);
    for (size_t i = 0; i < flush->n_items; i++)
        add_item(s, &flush->items[i]);
    for (int i = RUN_CUSTOMER; i <= UPD_COST; i++)
        params[i - 1] =
            kinds[i].sparse ? mb_pg_array_sparse(&s->arrays[i]) : mb_pg_array_param(&s->arrays[i]);
    if (mb_buf_len(&s->approvals)) {
        mb_buf_add_char(&s->approvals, ']');
        params[APPROVALS - 1] = mb_pg_text(mb_buf_str(&s->approvals));
    } else {
        params[APPROVALS - 1] = mb_pg_null();
    }
    /* Its lane holds nothing but flushes, one at a time: it is never full. */
    int rc = mb_pg_query(s->pg, &flush_stmt, params, on_flushed, s, NULL, NULL);
    mb_assert(rc == 0);
}
