/* The group commit: a flush as a batch of the journal (io/pg_batch.h). */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "run/private.h"
#include "run/store_pg_private.h"

void mb_store_pg_flush_init(struct mb_store_pg *s)
{
    for (int i = 0; i < MB_FLUSHES; i++) {
        s->flushes[i].store = s;
        mb_pg_batch_init(&s->flushes[i].batch);
    }
}

void mb_store_pg_flush_release(struct mb_store_pg *s)
{
    for (int i = 0; i < MB_FLUSHES; i++) {
        s->flushes[i].batch.on_done = NULL; /* the pool is gone, or going: nothing comes back */
        mb_pg_batch_release(&s->flushes[i].batch);
    }
}

/* ---------------------------------------------------------------- rows */

/* Empty is null. */
static struct mb_str text(const char *s)
{
    return s && *s ? mb_str_c(s) : (struct mb_str){0};
}

/* The run's error as JSON in `buf`, which the caller releases. */
static struct mb_str error_of(const struct mb_run *run, struct mb_buf *buf)
{
    if (!run->error)
        return (struct mb_str){0};
    mb_run_add_error_json(buf, run);
    return mb_buf_str(buf);
}

/* Does this core keep the run after this flush? Parked and ended runs belong to nobody. */
static bool keeps(const struct mb_run *run)
{
    return run->phase != MB_PHASE_CLOSING;
}

/* is_partial: rows of the run are still to come, so it is not over yet, whatever it is here. */
static void add_run(struct mb_pg_batch *batch, const struct mb_run *run, bool is_partial)
{
    const struct mb_package *package = run->deployment->package;
    struct mb_buf error = {0};
    char limits[160];
    mb_run_limits_json(run, limits, sizeof(limits));
    struct mb_pg_batch_run row = {
        .customer_id = run->tenant->id,
        .run_id = run->id,
        .deployment_id = run->deployment->id,
        .package_owner = package->owner,
        .package_id = package->id,
        .status = MB_STR("running"),
        .owned = true,
        .input = MB_STR_OF(run->input, run->input_len),
        .limits = mb_str_c(limits),
        .seed = MB_STR_OF((const char *)run->seed, sizeof(run->seed)),
        .config_revision = run->deployment->config_revision,
        .diverged = run->diverged,
        .created_us = run->created_us,
        .started_us = run->started_us,
        .steps = run->steps,
        .cpu_us = run->cpu_us,
        .tokens_in = run->tokens_in,
        .tokens_out = run->tokens_out,
        .cost_micros = run->price_micros,
    };
    if (!is_partial) {
        row.status = mb_str_c(mb_run_status_name(run->status));
        row.wait_reason = text(run->wait_reason);
        row.wake_us = run->wake_us;
        row.owned = keeps(run);
        row.output = MB_STR_OF(run->output, run->output_len);
        row.error = error_of(run, &error);
        row.finished_us = run->finished_us;
    }
    mb_pg_batch_add_run(batch, &row);
    mb_buf_release(&error);
}

static bool has_ended(const struct mb_run *run)
{
    return run->status >= MB_RUN_SUCCEEDED;
}

/* Does the end of the run concern its parent or children? One that this core took over may have
 * children that it did not come to ask for. */
static bool ends_in_family(const struct mb_run *run)
{
    bool may_have = run->was_claimed && run->status != MB_RUN_SUCCEEDED;
    return has_ended(run) && (!mb_id_is_nil(run->parent_id) || run->n_children > 0 || may_have);
}

static void add_change(struct mb_pg_batch *batch, const struct mb_run *run)
{
    struct mb_buf error = {0};
    mb_pg_batch_add_change(batch, &(struct mb_pg_batch_change){
                                      .customer_id = run->tenant->id,
                                      .run_id = run->id,
                                      .status = mb_str_c(mb_run_status_name(run->status)),
                                      .wait_reason = text(run->wait_reason),
                                      .wake_us = run->wake_us,
                                      .owned = keeps(run),
                                      .ends_in_family = ends_in_family(run),
                                      .output = MB_STR_OF(run->output, run->output_len),
                                      .error = error_of(run, &error),
                                      .diverged = run->diverged,
                                      .started_us = run->started_us,
                                      .finished_us = run->finished_us,
                                      .steps = run->steps,
                                      .cpu_us = run->cpu_us,
                                      .tokens_in = run->tokens_in,
                                      .tokens_out = run->tokens_out,
                                      .cost_micros = run->price_micros,
                                  });
    mb_buf_release(&error);
}

static void add_unborn(struct mb_pg_batch *batch, const struct mb_run *parent,
                       const struct mb_unborn *unborn)
{
    const struct mb_deployment *d = unborn->deployment;
    mb_pg_batch_add_run(batch, &(struct mb_pg_batch_run){
                                   .customer_id = parent->tenant->id,
                                   .run_id = unborn->id,
                                   .deployment_id = d->id,
                                   .package_owner = d->package->owner,
                                   .package_id = d->package->id,
                                   .parent_run_id = parent->id,
                                   .status = MB_STR("queued"),
                                   .input = MB_STR_OF(unborn->input, unborn->input_len),
                                   .limits = mb_str_c(unborn->limits),
                                   .seed = MB_STR_OF((const char *)unborn->seed, 16),
                                   .created_us = unborn->created_us,
                                   .config_revision = d->config_revision,
                               });
}

static int32_t tokens(int64_t n)
{
    return (int32_t)MB_MIN(n, (int64_t)INT32_MAX);
}

static void add_row(struct mb_pg_batch *batch, const struct mb_run *run, const struct mb_row *row)
{
    const struct mb_usage *u = &row->usage;
    mb_pg_batch_add_step(batch, &(struct mb_pg_batch_step){
                                    .customer_id = run->tenant->id,
                                    .run_id = run->id,
                                    .deployment_id = run->deployment->id,
                                    .seq = row->seq,
                                    .kind = (int16_t)row->kind,
                                    .state = (int16_t)row->state,
                                    .completes = row->completes,
                                    .key = MB_STR_OF((const char *)row->key, sizeof(row->key)),
                                    .tool = mb_str_c(row->tool),
                                    .args = text(row->stored_args ? row->stored_args : row->args),
                                    .result = text(row->result),
                                    .error = text(row->error),
                                    .started_us = row->started_us,
                                    .duration_us = row->duration_us,
                                    .cpu_us = u->cpu_us,
                                    .tokens_in = tokens(u->tokens_in),
                                    .tokens_out = tokens(u->tokens_out),
                                    .tokens_cached = tokens(u->tokens_cached),
                                    .tokens_reasoning = tokens(u->tokens_reasoning),
                                    .bytes = u->bytes,
                                    .cost_micros = u->cost_micros,
                                    .price_micros = u->price_micros,
                                    .model = text(u->model),
                                    .provider_request_id = text(u->provider_request_id),
                                });
}

static void add_question(struct mb_pg_batch *batch, const struct mb_run *run,
                         const struct mb_row *row)
{
    char customer[MB_ID_TEXT], id[MB_ID_TEXT];
    struct mb_buf object = {0};
    json_t *q = json_copy(row->question);
    json_object_set_new(q, "customer_id", json_string(mb_id_uuid(run->tenant->id, customer)));
    json_object_set_new(q, "run_id", json_string(mb_id_uuid(run->id, id)));
    if (!json_object_get(q, "seq")) /* a notice is about an earlier one */
        json_object_set_new(q, "seq", json_integer(row->seq));
    mb_json_dump(&object, q);
    json_decref(q);
    mb_pg_batch_add_question(batch, mb_buf_str(&object));
    mb_buf_release(&object);
}

static void add_item(struct mb_pg_batch *batch, const struct mb_flush_item *item)
{
    if (item->insert)
        add_run(batch, item->run, item->is_partial);
    if (item->update)
        add_change(batch, item->run);
    MB_LIST_EACH(it, tmp, &item->rows)
    {
        const struct mb_row *row = MB_LIST_ENTRY(it, struct mb_row, node);
        add_row(batch, item->run, row);
        if (row->question)
            add_question(batch, item->run, row);
        if (row->unborn)
            add_unborn(batch, item->run, row->unborn);
    }
}

/* ---------------------------------------------------------------- sending */

static void on_flushed(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    (void)res;
    struct mb_pg_flush *f = arg;
    struct mb_flush *flush = f->flush;
    f->flush = NULL;
    mb_journal_flushed(f->store->engine, flush, err);
}

void mb_store_pg_flush(struct mb_store *store, struct mb_flush *flush)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    struct mb_pg_flush *f = &s->flushes[flush->slot];
    mb_assert(!f->flush);
    f->flush = flush;
    mb_pg_batch_clear(&f->batch);
    for (size_t i = 0; i < flush->n_items; i++)
        add_item(&f->batch, &flush->items[i]);
    /* Its lane holds nothing but flushes, two at most: it is never full. */
    int rc =
        mb_pg_batch_send(&f->batch, s->pg, s->fence, (int64_t)flush->number, on_flushed, f, NULL);
    mb_assert(rc == 0);
}
