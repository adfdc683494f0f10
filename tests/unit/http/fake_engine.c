#include <stdlib.h>
#include <string.h>

#include "fakes.h"
#include "gate/package.h"

struct mb_err fake_execute_err, fake_refusal;
bool fake_execute_refuses, fake_can_accept = true;
const char *fake_manifest = "{\"name\":\"p\",\"version\":\"1.0.0\",\"summary\":\"s\"}";
struct mb_err fake_check_err;

static struct mb_list runs;
static struct mb_loop *the_loop;

static struct mb_list *all(void)
{
    if (!runs.next)
        mb_list_init(&runs);
    return &runs;
}

/* ---------------------------------------------------------------- runs */

int fake_runs(void)
{
    int n = 0;
    for (struct mb_list *node = all()->next; node != &runs; node = node->next)
        n++;
    return n;
}

struct mb_run *fake_run(void)
{
    return mb_list_is_empty(all()) ? NULL : MB_LIST_ENTRY(runs.prev, struct mb_run, node);
}

static struct mb_follow *next_follower(struct mb_run *run)
{
    struct mb_list *node = mb_list_shift(&run->followers);
    struct mb_follow *follow = node ? MB_LIST_ENTRY(node, struct mb_follow, node) : NULL;
    if (follow)
        follow->run = NULL;
    return follow;
}

static void end(struct mb_run *run)
{
    mb_list_remove(&run->node);
    free(run);
}

void fake_run_accept(struct mb_run *run)
{
    MB_LIST_EACH(node, next, &run->followers)
    {
        struct mb_follow *follow = MB_LIST_ENTRY(node, struct mb_follow, node);
        if (follow->on_accepted)
            follow->on_accepted(follow, run->id);
    }
}

void fake_run_event(struct mb_run *run, enum mb_event_kind kind, int seq, const char *json)
{
    struct mb_run_event event = {.kind = kind, .seq = seq, .json = mb_str_c(json)};
    MB_LIST_EACH(node, next, &run->followers)
    {
        struct mb_follow *follow = MB_LIST_ENTRY(node, struct mb_follow, node);
        if (follow->on_event)
            follow->on_event(follow, &event);
    }
}

void fake_run_done(struct mb_run *run, const char *json)
{
    struct mb_follow *follow;
    while ((follow = next_follower(run)))
        follow->on_done(follow, mb_str_c(json));
    end(run);
}

void fake_run_parked(struct mb_run *run, const char *json)
{
    struct mb_follow *follow;
    while ((follow = next_follower(run)))
        follow->on_parked(follow, mb_str_c(json));
    end(run);
}

void fake_run_lost(struct mb_run *run)
{
    struct mb_follow *follow;
    while ((follow = next_follower(run)))
        follow->on_lost(follow, run->id);
    end(run);
}

void fake_engine_reset(void)
{
    MB_LIST_EACH(node, next, all())
    {
        struct mb_run *run = MB_LIST_ENTRY(node, struct mb_run, node);
        while (next_follower(run))
            ;
        end(run);
    }
    mb_err_clear(&fake_execute_err);
    fake_execute_refuses = false;
    fake_can_accept = true;
}

/* ---------------------------------------------------------------- engine.h */

struct late {
    struct mb_timer timer;
    struct mb_follow *follow;
};

static void on_late(struct mb_timer *timer)
{
    struct late *late = MB_CONTAINER_OF(timer, struct late, timer);
    late->follow->on_refused(late->follow, &fake_refusal);
    free(late);
}

int mb_engine_execute(struct mb_engine *engine, const struct mb_exec_request *req,
                      struct mb_follow *follow, struct mb_err *err)
{
    (void)engine;
    if (fake_execute_err.code) {
        *err = fake_execute_err;
        return -err->code;
    }
    follow->run = NULL;
    follow->run_id = mb_id_nil();
    mb_list_init(&follow->node);
    if (fake_execute_refuses) {
        struct late *late = mb_zalloc(sizeof(*late));
        late->timer.on_due = on_late;
        late->follow = follow;
        mb_timer_arm(&the_loop->timers, &late->timer, the_loop->now_us);
        return 0;
    }
    struct mb_run *run = mb_zalloc(sizeof(*run));
    run->id = mb_id_new();
    run->customer_id = req->customer_id;
    run->deployment_id = req->deployment_id;
    memcpy(run->input, req->input.ptr, MB_MIN(req->input.len, sizeof(run->input) - 1));
    if (req->idempotency_key.len)
        memcpy(run->key, req->idempotency_key.ptr,
               MB_MIN(req->idempotency_key.len, sizeof(run->key) - 1));
    mb_list_init(&run->node);
    mb_list_init(&run->followers);
    mb_list_push(all(), &run->node);
    follow->run = run;
    follow->run_id = run->id;
    mb_list_push(&run->followers, &follow->node);
    return 0;
}

bool mb_engine_follow(struct mb_engine *engine, struct mb_id customer_id, struct mb_id run_id,
                      struct mb_follow *follow)
{
    (void)engine;
    MB_LIST_EACH(node, next, all())
    {
        struct mb_run *run = MB_LIST_ENTRY(node, struct mb_run, node);
        if (!mb_id_eq(run->id, run_id) || !mb_id_eq(run->customer_id, customer_id))
            continue;
        follow->run = run;
        follow->run_id = run_id;
        mb_list_init(&follow->node);
        mb_list_push(&run->followers, &follow->node);
        return true;
    }
    return false;
}

void mb_engine_unfollow(struct mb_follow *follow)
{
    if (follow->run)
        mb_list_remove(&follow->node);
    follow->run = NULL;
}

bool mb_engine_cancel(struct mb_engine *engine, struct mb_id customer_id, struct mb_id run_id)
{
    (void)engine, (void)customer_id;
    MB_LIST_EACH(node, next, all())
    {
        struct mb_run *run = MB_LIST_ENTRY(node, struct mb_run, node);
        if (mb_id_eq(run->id, run_id))
            return run->was_cancelled = true;
    }
    return false;
}

void mb_engine_get_stats(const struct mb_engine *engine, struct mb_engine_stats *stats)
{
    (void)engine;
    *stats = (struct mb_engine_stats){.can_accept = fake_can_accept, .runs_started = 3};
}

/* ---------------------------------------------------------------- gate/package.h */

struct mb_package_check {
    struct mb_timer timer;
    void (*on_done)(void *arg, json_t *manifest, const struct mb_err *err);
    void *arg;
};

static void on_checked(struct mb_timer *timer)
{
    struct mb_package_check *check = MB_CONTAINER_OF(timer, struct mb_package_check, timer);
    json_t *manifest = fake_manifest ? json_loads(fake_manifest, 0, NULL) : NULL;
    check->on_done(check->arg, manifest, manifest ? NULL : &fake_check_err);
    free(check);
}

void fake_gate_init(struct mb_loop *loop)
{
    the_loop = loop;
}

int mb_package_check_start(struct mb_gate *gate, const struct mb_files *files,
                           void (*on_done)(void *arg, json_t *manifest, const struct mb_err *err),
                           void *arg, struct mb_package_check **check, struct mb_err *err)
{
    (void)gate;
    if (!mb_files_get(files, "main.lua"))
        return mb_err_at(err, MB_E_INVALID_PACKAGE, "main.lua", "there is no main.lua");
    *check = mb_zalloc(sizeof(**check));
    (*check)->on_done = on_done;
    (*check)->arg = arg;
    (*check)->timer.on_due = on_checked;
    mb_timer_arm(&the_loop->timers, &(*check)->timer, the_loop->now_us);
    return 0;
}

void mb_package_check_cancel(struct mb_package_check *check)
{
    mb_timer_cancel(&the_loop->timers, &check->timer);
    free(check);
}
