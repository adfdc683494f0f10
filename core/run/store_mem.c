/* The store in memory: for `moonbase run`, for the side engine, and for tests. It keeps what it is
 * given until it is told to forget it; a balance without bounds; nobody else to share with. */
#include <stdlib.h>
#include <string.h>

#include "run/private.h"
#include "run/store_mem.h"

struct record {
    char *input;
    struct mb_list rows; /* of struct kept */
};

struct kept {
    struct mb_list node;
    struct mb_recorded row;
};

struct store_mem {
    struct mb_store base;
    struct mb_engine *engine;
    struct mb_flush *flushes[MB_FLUSHES]; /* under way, in order; NULL = none */
    struct mb_turn turn;
    struct mb_map runs;
    void (*on_row)(void *arg, const struct mb_row *row);
    void *arg;
};

static bool is_up(struct mb_store *store)
{
    (void)store;
    return true;
}

static struct record *get_record(struct store_mem *s, struct mb_id run_id)
{
    struct record *r = mb_map_get(&s->runs, run_id.bytes, sizeof(run_id.bytes));
    if (r)
        return r;
    r = mb_zalloc(sizeof(*r));
    mb_list_init(&r->rows);
    mb_map_set(&s->runs, run_id.bytes, sizeof(run_id.bytes), r);
    return r;
}

static void keep_row(struct store_mem *s, struct record *r, const struct mb_row *row)
{
    struct kept *k = mb_zalloc(sizeof(*k));
    const char *text = row->error ? row->error : row->result;
    memcpy(k->row.key, row->key, sizeof(row->key));
    k->row.seq = row->seq;
    k->row.is_call = row->kind == MB_ROW_CALL;
    k->row.is_notice = row->kind == MB_ROW_NOTICE;
    k->row.is_done = row->state == MB_ROW_DONE;
    k->row.intent_seq = k->row.is_done ? 0 : row->seq;
    k->row.is_error = row->error != NULL;
    k->row.started_us = row->started_us;
    k->row.ended_us = row->started_us + row->duration_us;
    k->row.text = text ? mb_strdup(text) : NULL;
    k->row.len = text ? strlen(text) : 0;
    mb_list_push(&r->rows, &k->node);
    if (s->on_row)
        s->on_row(s->arg, row);
}

static void keep_flush(struct store_mem *s, struct mb_flush *flush)
{
    for (size_t i = 0; i < flush->n_items; i++) {
        struct mb_flush_item *item = &flush->items[i];
        if (!item->run)
            continue;
        struct record *r = get_record(s, item->run->id);
        if (item->insert && item->run->input)
            r->input = mb_strndup(item->run->input, item->run->input_len);
        MB_LIST_EACH(it, tmp, &item->rows)
        {
            keep_row(s, r, MB_LIST_ENTRY(it, struct mb_row, node));
        }
    }
    mb_journal_flushed(s->engine, flush, NULL);
}

static void on_turn(struct mb_turn *turn)
{
    struct store_mem *s = MB_CONTAINER_OF(turn, struct store_mem, turn);
    struct mb_flush *flush;
    while ((flush = s->flushes[0])) {
        s->flushes[0] = s->flushes[1];
        s->flushes[1] = NULL;
        keep_flush(s, flush);
    }
}

static void flush(struct mb_store *store, struct mb_flush *batch)
{
    struct store_mem *s = MB_CONTAINER_OF(store, struct store_mem, base);
    s->flushes[s->flushes[0] ? 1 : 0] = batch;
    mb_turn_queue(s->engine->loop, &s->turn);
}

/* ---------------------------------------------------------------- reading */

struct later {
    struct mb_timer timer;
    struct store_mem *store;
    struct mb_id run_id;
    void (*on_loaded)(void *arg, struct mb_replay *replay, struct mb_str input,
                      const struct mb_err *err);
    void (*on_leased)(void *arg, int64_t granted_micros, const struct mb_err *err);
    int64_t micros;
    void *arg;
};

static void tell(struct mb_timer *timer)
{
    struct later *l = MB_CONTAINER_OF(timer, struct later, timer);
    if (l->on_leased) {
        l->on_leased(l->arg, l->micros, NULL);
        free(l);
        return;
    }
    struct record *r = mb_map_get(&l->store->runs, l->run_id.bytes, sizeof(l->run_id.bytes));
    struct mb_replay *replay = mb_replay_new();
    if (!r) { /* forgotten meanwhile */
        l->on_loaded(l->arg, replay, MB_STR(""), NULL);
        free(l);
        return;
    }
    MB_LIST_EACH(it, tmp, &r->rows)
    {
        struct mb_recorded row = MB_LIST_ENTRY(it, struct kept, node)->row;
        if (row.text)
            row.text = mb_strndup(row.text, row.len);
        replay->steps += row.is_call && row.is_done;
        mb_replay_add(replay, &row);
    }
    l->on_loaded(l->arg, replay, mb_str_c(r->input), NULL);
    free(l);
}

static struct later *tell_later(struct mb_store *store, void *arg)
{
    struct later *l = mb_zalloc(sizeof(*l));
    l->store = MB_CONTAINER_OF(store, struct store_mem, base);
    l->arg = arg;
    l->timer.on_due = tell;
    struct mb_loop *loop = l->store->engine->loop;
    mb_timer_arm(&loop->timers, &l->timer, loop->now_us);
    return l;
}

static int load(struct mb_store *store, struct mb_id customer_id, struct mb_id run_id,
                void (*on_loaded)(void *arg, struct mb_replay *replay, struct mb_str input,
                                  const struct mb_err *err),
                void *arg, struct mb_err *err)
{
    (void)customer_id, (void)err;
    struct later *l = tell_later(store, arg);
    l->run_id = run_id;
    l->on_loaded = on_loaded;
    return 0;
}

static int lease(struct mb_store *store, struct mb_id customer_id, int64_t want_micros,
                 int64_t min_micros,
                 void (*on_leased)(void *arg, int64_t granted_micros, const struct mb_err *err),
                 void *arg, struct mb_err *err)
{
    (void)customer_id, (void)min_micros, (void)err;
    struct later *l = tell_later(store, arg);
    l->on_leased = on_leased;
    l->micros = want_micros;
    return 0;
}

static void give_back(struct mb_store *store, struct mb_id customer_id, int64_t micros)
{
    (void)store, (void)customer_id, (void)micros;
}

/* ---------------------------------------------------------------- the store */

static bool free_record(void *value, void *arg)
{
    (void)arg;
    struct record *r = value;
    struct mb_list *node;
    while ((node = mb_list_shift(&r->rows))) {
        struct kept *k = MB_LIST_ENTRY(node, struct kept, node);
        free(k->row.text);
        free(k);
    }
    free(r->input);
    free(r);
    return true;
}

void mb_store_mem_forget(struct mb_store *store, struct mb_id run_id)
{
    struct store_mem *s = MB_CONTAINER_OF(store, struct store_mem, base);
    struct record *r = mb_map_remove(&s->runs, run_id.bytes, sizeof(run_id.bytes));
    if (r)
        free_record(r, NULL);
}

static void free_store(struct mb_store *store)
{
    struct store_mem *s = MB_CONTAINER_OF(store, struct store_mem, base);
    mb_turn_cancel(&s->turn);
    mb_map_each(&s->runs, free_record, NULL);
    mb_map_release(&s->runs);
    free(s);
}

struct mb_store *mb_store_mem_new(void)
{
    struct store_mem *s = mb_zalloc(sizeof(*s));
    s->base = (struct mb_store){.is_up = is_up,
                                .flush = flush,
                                .load = load,
                                .lease = lease,
                                .give_back = give_back,
                                .free = free_store};
    mb_turn_init(&s->turn, on_turn);
    return &s->base;
}

void mb_store_mem_bind(struct mb_store *store, struct mb_engine *engine,
                       void (*on_row)(void *arg, const struct mb_row *row), void *arg)
{
    struct store_mem *s = MB_CONTAINER_OF(store, struct store_mem, base);
    s->engine = engine;
    s->on_row = on_row;
    s->arg = arg;
}
