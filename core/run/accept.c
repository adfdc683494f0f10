/* Accepting a run: deployment, input, Idempotency-Key; then it exists. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "run/private.h"

/* Of a run's input: with the largest configuration (256 KiB) it fits into a START frame. */
enum { INPUT_BYTES = 3 * 1024 * 1024 };

/* An execute on its way. The follower may go away meanwhile: then nothing is started. */
struct mb_accept {
    struct mb_engine *engine;
    struct mb_follow *follow; /* NULL = it went away */
    struct mb_id customer_id, deployment_id, run_id;
    struct mb_deployment *deployment;
    char *input, *key, *scope;
    size_t input_len;
};

static void free_accept(struct mb_accept *a)
{
    if (a->follow)
        a->follow->accept = NULL;
    mb_deployment_unref(a->deployment);
    free(a->input);
    free(a->key);
    free(a->scope);
    free(a);
}

static void refuse(struct mb_accept *a, const struct mb_err *err)
{
    struct mb_follow *f = a->follow;
    free_accept(a);
    if (f)
        f->on_refused(f, err);
}

int mb_run_check_input(const struct mb_deployment *d, struct mb_str input, struct mb_err *err)
{
    if (input.len > INPUT_BYTES)
        return mb_err_set(err, MB_E_TOO_LARGE, "the input has %zu bytes; %d are allowed", input.len,
                          (int)INPUT_BYTES);
    if (!d->package->input) {
        if (mb_json_is_valid(input))
            return 0;
        return mb_err_set(err, MB_E_INVALID_JSON, "the input is not valid JSON");
    }
    json_t *value = mb_json_parse(input, err);
    if (!value)
        return -MB_E_INVALID_JSON;
    int rc = mb_schema_check(d->package->input, value, err);
    json_decref(value);
    if (rc < 0)
        err->code = MB_E_INVALID_INPUT;
    return rc;
}

static int check_room(struct mb_engine *e, const struct mb_deployment *d, struct mb_err *err)
{
    if (d->is_deleted)
        return mb_err_set(err, MB_E_NOT_FOUND, "there is no such deployment");
    struct mb_tenant *t =
        mb_map_get(&e->tenants, d->customer_id.bytes, sizeof(d->customer_id.bytes));
    if (t && t->n_runs >= d->customer.runs)
        return mb_err_set(err, MB_E_RATE_LIMITED, "the customer has %d runs open, its limit",
                          t->n_runs);
    return 0;
}

/* The run exists from here on. Takes `input`. */
static void make_run(struct mb_engine *e, struct mb_deployment *d, struct mb_id id, char *input,
                     size_t input_len, struct mb_follow *follow)
{
    struct mb_run *run = mb_run_new(e, d, id);
    run->created_us = mb_clock_wall_us();
    mb_random(run->seed, sizeof(run->seed));
    run->input = input;
    run->input_len = input_len;
    e->stats.runs_started++;
    if (follow) {
        follow->run = run;
        follow->run_id = id;
        mb_list_push(&run->followers, &follow->node);
    }
    mb_journal_touch(run, follow && follow->on_accepted);
    mb_call_begin_run(run);
}

static void on_claimed(void *arg, struct mb_id earlier, const struct mb_err *err)
{
    struct mb_accept *a = arg;
    struct mb_engine *e = a->engine;
    struct mb_follow *f = a->follow;
    if (err) {
        refuse(a, err);
        return;
    }
    if (!f) { /* nobody wants it any more */
        if (mb_id_is_nil(earlier))
            e->store->idempotent_drop(e->store, a->customer_id, a->scope, mb_str_c(a->key),
                                      a->run_id);
        free_accept(a);
        return;
    }
    if (mb_id_is_nil(earlier)) {
        make_run(e, a->deployment, a->run_id, a->input, a->input_len, f);
        a->input = NULL;
        free_accept(a);
        return;
    }
    struct mb_id customer_id = a->customer_id;
    free_accept(a);
    f->run_id = earlier;
    if (mb_engine_follow(e, customer_id, earlier, f))
        return; /* its end is told as that of the first request */
    if (f->on_accepted)
        f->on_accepted(f, earlier);
    else
        f->on_lost(f, earlier);
}

static int claim_key(struct mb_accept *a, struct mb_err *err)
{
    struct mb_store *store = a->engine->store;
    uint8_t sha[MB_SHA256_BYTES];
    char deployment[MB_ID_TEXT], scope[MB_ID_TEXT + 16];
    struct mb_str parts[] = {MB_STR_OF(a->input, a->input_len)};
    mb_sha256_parts(parts, 1, sha);
    int n = snprintf(scope, sizeof(scope), "execute %s",
                     mb_id_format(a->deployment_id, "dep", deployment));
    a->scope = mb_strndup(scope, (size_t)n);
    a->run_id = mb_id_new();
    return store->idempotent(store, a->customer_id, a->scope, mb_str_c(a->key), sha, a->run_id,
                             on_claimed, a, err);
}

static void on_deployment(void *arg, struct mb_deployment *d, const struct mb_err *err)
{
    struct mb_accept *a = arg;
    struct mb_err local;
    if (err) {
        refuse(a, err);
        return;
    }
    a->deployment = d;
    if (!a->follow) {
        free_accept(a);
        return;
    }
    if (check_room(a->engine, d, &local) < 0 ||
        mb_run_check_input(d, MB_STR_OF(a->input, a->input_len), &local) < 0 ||
        (a->key && claim_key(a, &local) < 0)) {
        refuse(a, &local);
        return;
    }
    if (a->key)
        return;
    make_run(a->engine, d, mb_id_new(), a->input, a->input_len, a->follow);
    a->input = NULL;
    free_accept(a);
}

static int check_engine(const struct mb_engine *e, struct mb_err *err)
{
    if (e->stopping)
        return mb_err_set(err, MB_E_UNAVAILABLE, "this host is being stopped");
    if (!e->store->is_up(e->store))
        return mb_err_set(err, MB_E_UNAVAILABLE, "the database is away");
    if (mb_engine_room(e) == 0)
        return mb_err_set(err, MB_E_OVERLOADED, "this core executes %zu runs, its limit",
                          e->stats.runs_active);
    return 0;
}

int mb_engine_execute(struct mb_engine *e, const struct mb_exec_request *req,
                      struct mb_follow *follow, struct mb_err *err)
{
    int rc = check_engine(e, err);
    if (rc < 0)
        return rc;
    mb_list_init(&follow->node);
    follow->run = NULL;
    follow->accept = NULL;
    follow->run_id = mb_id_nil();
    struct mb_deployment *d = mb_catalog_find(e->catalog, req->customer_id, req->deployment_id);
    if (d && !req->idempotency_key.len) { /* the usual way: nothing to wait for */
        rc = check_room(e, d, err);
        if (rc == 0)
            rc = mb_run_check_input(d, req->input, err);
        if (rc == 0)
            make_run(e, d, mb_id_new(), mb_strndup(req->input.ptr, req->input.len), req->input.len,
                     follow);
        mb_deployment_unref(d);
        return rc;
    }
    struct mb_accept *a = mb_zalloc(sizeof(*a));
    *a = (struct mb_accept){.engine = e,
                            .follow = follow,
                            .customer_id = req->customer_id,
                            .deployment_id = req->deployment_id,
                            .deployment = d,
                            .input = mb_strndup(req->input.ptr, req->input.len),
                            .input_len = req->input.len};
    if (req->idempotency_key.len)
        a->key = mb_strndup(req->idempotency_key.ptr, req->idempotency_key.len);
    if (!d) {
        rc = mb_catalog_load(e->catalog, req->customer_id, req->deployment_id, mb_id_nil(),
                             mb_id_nil(), on_deployment, a, err);
    } else {
        rc = check_room(e, d, err);
        if (rc == 0)
            rc = mb_run_check_input(d, req->input, err);
        if (rc == 0)
            rc = claim_key(a, err);
    }
    if (rc < 0) {
        a->follow = NULL;
        free_accept(a);
        return rc;
    }
    follow->accept = a;
    return 0;
}

void mb_engine_unfollow(struct mb_follow *follow)
{
    if (follow->accept)
        follow->accept->follow = NULL;
    follow->accept = NULL;
    if (follow->run)
        mb_list_remove(&follow->node);
    follow->run = NULL;
}
