/* The store in PostgreSQL: everything but the flush itself (store_pg_flush.c). */
#include "run/store_pg.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "run/store_pg_private.h"

/* ---------------------------------------------------------------- load */

/* The run and its steps are read one after the other: what is written between the two is only ever
 * this core's own, and it has nothing in flight for the run. All steps are held at once. How much
 * that is was bounded as they were written: results by MB_RUN_RESULT_BYTES, notes by
 * run_note_bytes, errors by their number (run_steps) and their fixed size; arguments are not read.
 */
struct load {
    struct mb_store_pg *store;
    struct mb_id customer_id, run_id;
    struct mb_buf input;
    json_t *decisions;
    void (*on_loaded)(void *arg, struct mb_replay *replay, struct mb_str input,
                      const struct mb_err *err);
    void *arg;
};

static const struct mb_pg_stmt load_run = {
    .name = "load_run",
    .sql = "select input, decisions from engine.load_run($1, $2)",
    .n_params = 2,
    .types = (const uint32_t[]){MB_PG_UUID, MB_PG_UUID},
    .retry = true,
    .deadline_ms = -1,
};
static const struct mb_pg_stmt load_steps = {
    .name = "load_steps",
    .sql = "select seq, kind, state, key, result, error, started_at, duration_us, tokens_in, "
           "tokens_out, price_micros, tool from engine.load_steps($1, $2, true)",
    .n_params = 2,
    .types = (const uint32_t[]){MB_PG_UUID, MB_PG_UUID},
    .retry = true,
    .deadline_ms = -1,
};

static void load_done(struct load *l, struct mb_replay *replay, const struct mb_err *err)
{
    l->on_loaded(l->arg, replay, mb_buf_str(&l->input), err);
    mb_buf_release(&l->input);
    json_decref(l->decisions);
    free(l);
}

/* A person's decision on the step `seq`: {"decision", "by"}, or NULL. */
static char *decision_text(const json_t *decisions, int seq, size_t *len)
{
    size_t i;
    json_t *d;
    json_array_foreach(decisions, i, d)
    {
        if (mb_json_int(d, "seq", 0) != seq)
            continue;
        struct mb_buf text = {0};
        mb_json_dump(&text, d);
        return mb_buf_take(&text, len);
    }
    return NULL;
}

static void read_step(struct load *l, struct mb_replay *replay, const struct mb_pg_result *res,
                      int row)
{
    struct mb_recorded rec = {.seq = (int)mb_pg_get_int(res, row, 0)};
    rec.is_call = mb_pg_get_int(res, row, 1) == MB_ROW_CALL;
    rec.is_notice = mb_pg_get_int(res, row, 1) == MB_ROW_NOTICE;
    struct mb_str key = mb_pg_get_str(res, row, 3);
    if (key.len != sizeof(rec.key))
        return;
    memcpy(rec.key, key.ptr, sizeof(rec.key));
    rec.is_done = mb_pg_get_int(res, row, 2) == MB_ROW_DONE;
    rec.is_error = !mb_pg_is_null(res, row, 5);
    rec.started_us = mb_pg_get_time_us(res, row, 6);
    rec.ended_us = rec.started_us + mb_pg_get_int(res, row, 7);
    struct mb_str text = mb_pg_get_str(res, row, rec.is_error ? 5 : 4);
    if (rec.is_done) {
        rec.text = mb_strndup(text.ptr, text.len);
        rec.len = text.len;
        replay->steps += rec.is_call;
        replay->tokens_in += mb_pg_get_int(res, row, 8);
        replay->tokens_out += mb_pg_get_int(res, row, 9);
        replay->price_micros += mb_pg_get_int(res, row, 10);
    } else {
        rec.intent_seq = rec.seq;
        rec.text = decision_text(l->decisions, rec.seq, &rec.len);
        rec.is_decided = rec.text != NULL;
    }
    mb_replay_add(replay, &rec);
}

static void on_steps(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct load *l = arg;
    if (err) {
        load_done(l, NULL, err);
        return;
    }
    struct mb_replay *replay = mb_replay_new();
    for (int i = 0; i < mb_pg_rows(res); i++)
        read_step(l, replay, res, i);
    load_done(l, replay, NULL);
}

static void on_run(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct load *l = arg;
    struct mb_err local;
    if (!err && mb_pg_rows(res) == 0) {
        mb_err_set(&local, MB_E_NOT_FOUND, "the run is not in the journal");
        err = &local;
    }
    if (!err) {
        mb_buf_add_str(&l->input, mb_pg_get_str(res, 0, 0));
        l->decisions = mb_json_parse(mb_pg_get_str(res, 0, 1), NULL);
        struct mb_pg_param params[] = {mb_pg_uuid(l->customer_id), mb_pg_uuid(l->run_id)};
        if (mb_pg_query(l->store->pg, &load_steps, params, on_steps, l, NULL, &local) == 0)
            return;
        err = &local;
    }
    load_done(l, NULL, err);
}

static int load(struct mb_store *store, struct mb_id customer_id, struct mb_id run_id,
                void (*on_loaded)(void *arg, struct mb_replay *replay, struct mb_str input,
                                  const struct mb_err *err),
                void *arg, struct mb_err *err)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    struct load *l = mb_zalloc(sizeof(*l));
    *l = (struct load){.store = s,
                       .customer_id = customer_id,
                       .run_id = run_id,
                       .on_loaded = on_loaded,
                       .arg = arg};
    struct mb_pg_param params[] = {mb_pg_uuid(customer_id), mb_pg_uuid(run_id)};
    int rc = mb_pg_query(s->pg, &load_run, params, on_run, l, NULL, err);
    if (rc < 0)
        free(l);
    return rc;
}

/* ---------------------------------------------------------------- money */

struct lease {
    void (*on_leased)(void *arg, int64_t granted_micros, const struct mb_err *err);
    void *arg;
};

static void on_leased(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct lease *l = arg;
    l->on_leased(l->arg, err ? 0 : mb_pg_get_int(res, 0, 0), err);
    free(l);
}

/* Not sent again when the outcome is unknown: the lease of this life may then be larger than this
 * core knows, which harms nobody; it goes back when the life ends. */
static const struct mb_pg_stmt lease_balance = {
    .name = "lease_balance",
    .sql = "select engine.lease_balance($1, $2, $3, $4)",
    .n_params = 4,
    .types = (const uint32_t[]){MB_PG_INT8, MB_PG_UUID, MB_PG_INT8, MB_PG_INT8},
};

static int lease(struct mb_store *store, struct mb_id customer_id, int64_t want_micros,
                 int64_t min_micros,
                 void (*on_done)(void *arg, int64_t granted_micros, const struct mb_err *err),
                 void *arg, struct mb_err *err)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    struct lease *l = mb_alloc(sizeof(*l));
    *l = (struct lease){on_done, arg};
    struct mb_pg_param params[] = {mb_pg_int8(s->fence), mb_pg_uuid(customer_id),
                                   mb_pg_int8(want_micros), mb_pg_int8(min_micros)};
    int rc = mb_pg_query(s->pg, &lease_balance, params, on_leased, l, NULL, err);
    if (rc < 0)
        free(l);
    return rc;
}

static const struct mb_pg_stmt return_balance = {
    .name = "return_balance",
    .sql = "select engine.return_balance($1, $2, $3)",
    .n_params = 3,
    .types = (const uint32_t[]){MB_PG_INT8, MB_PG_UUID, MB_PG_INT8},
};

static void on_nothing(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    (void)arg, (void)res, (void)err;
}

/* If it fails, the lease stays with this core's life and ends with it. */
static void give_back(struct mb_store *store, struct mb_id customer_id, int64_t micros)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    struct mb_pg_param params[] = {mb_pg_int8(s->fence), mb_pg_uuid(customer_id),
                                   mb_pg_int8(micros)};
    (void)!mb_pg_query(s->pg, &return_balance, params, on_nothing, NULL, NULL, NULL);
}

/* ---------------------------------------------------------------- Idempotency-Key */

struct claim {
    void (*on_claimed)(void *arg, struct mb_id earlier, const struct mb_err *err);
    void *arg;
};

static void on_claimed(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct claim *c = arg;
    struct mb_id earlier = mb_id_nil();
    struct mb_err local;
    if (!err) {
        struct mb_str state = mb_pg_get_str(res, 0, 0);
        if (mb_str_is(state, "same"))
            earlier = mb_pg_get_id(res, 0, 1);
        else if (!mb_str_is(state, "new")) {
            bool mismatch = mb_str_is(state, "mismatch");
            mb_err_set(&local, mismatch ? MB_E_IDEMPOTENCY_MISMATCH : MB_E_CONFLICT,
                       mismatch ? "the Idempotency-Key was used with another body"
                                : "a request with this Idempotency-Key is still being accepted");
            err = &local;
        }
    }
    c->on_claimed(c->arg, earlier, err);
    free(c);
}

static const struct mb_pg_stmt idempotent_stmt = {
    .name = "idempotent",
    .sql = "select state, run_id from engine.idempotent($1, $2, $3, $4, $5, $6)",
    .n_params = 6,
    .types =
        (const uint32_t[]){MB_PG_INT8, MB_PG_UUID, MB_PG_TEXT, MB_PG_TEXT, MB_PG_BYTEA, MB_PG_UUID},
};

static int idempotent(struct mb_store *store, struct mb_id customer_id, const char *scope,
                      struct mb_str key, const uint8_t request_sha256[32], struct mb_id run_id,
                      void (*on_done)(void *arg, struct mb_id earlier, const struct mb_err *err),
                      void *arg, struct mb_err *err)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    struct claim *c = mb_alloc(sizeof(*c));
    *c = (struct claim){on_done, arg};
    struct mb_pg_param params[] = {
        mb_pg_int8(s->fence), mb_pg_uuid(customer_id),         mb_pg_text_c(scope),
        mb_pg_text(key),      mb_pg_bytea(request_sha256, 32), mb_pg_uuid(run_id)};
    int rc = mb_pg_query(s->pg, &idempotent_stmt, params, on_claimed, c, NULL, err);
    if (rc < 0)
        free(c);
    return rc;
}

static const struct mb_pg_stmt drop_stmt = {
    .name = "idempotent_drop",
    .sql = "select engine.idempotent_drop($1, $2, $3, $4)",
    .n_params = 4,
    .types = (const uint32_t[]){MB_PG_UUID, MB_PG_TEXT, MB_PG_TEXT, MB_PG_UUID},
    .retry = true,
};

static void idempotent_drop(struct mb_store *store, struct mb_id customer_id, const char *scope,
                            struct mb_str key, struct mb_id run_id)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    struct mb_pg_param params[] = {mb_pg_uuid(customer_id), mb_pg_text_c(scope), mb_pg_text(key),
                                   mb_pg_uuid(run_id)};
    (void)!mb_pg_query(s->pg, &drop_stmt, params, on_nothing, NULL, NULL, NULL);
    /* A key that stays is pruned after a day. */
}

/* ---------------------------------------------------------------- the store */

static bool is_up(struct mb_store *store)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    return s->fence > 0 && mb_pg_is_up(s->pg);
}

static void free_store(struct mb_store *store)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    mb_store_pg_flush_release(s);
    free(s);
}

struct mb_store *mb_store_pg_new(struct mb_pg *pg)
{
    struct mb_store_pg *s = mb_zalloc(sizeof(*s));
    s->base = (struct mb_store){.keeps_parts = true,
                                .is_up = is_up,
                                .flush = mb_store_pg_flush,
                                .load = load,
                                .plan_child = mb_store_pg_plan_child,
                                .read_child = mb_store_pg_read_child,
                                .lease = lease,
                                .give_back = give_back,
                                .idempotent = idempotent,
                                .idempotent_drop = idempotent_drop,
                                .free = free_store};
    s->pg = pg;
    mb_store_pg_flush_init(s);
    return &s->base;
}

void mb_store_pg_bind(struct mb_store *store, struct mb_engine *engine, int64_t fence)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    s->engine = engine;
    s->fence = fence;
}
