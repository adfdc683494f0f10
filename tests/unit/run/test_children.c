/* run/child and run/child_money with a real sandbox, the journal in memory, and a store whose
 * answers about child runs, and whose news of a parking, come when the test says so. */
#include "unit/run/host.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/private.h"

#define KIT "local moon = require 'moon'\n"
static const char manifest[] = "{\"name\":\"t\",\"version\":\"1.0.0\",\"agents\":[\"child\"],"
                               "\"tools\":[\"agent.run\",\"agent.wait\",\"sleep\"]}";

/* ---------------------------------------------------------------- the store */

static struct mb_deployment_row parent, child;

typedef void on_planned_fn(void *arg, const struct mb_child_plan *plan, const struct mb_err *err);
typedef void on_read_fn(void *arg, const struct mb_child_state *state, const struct mb_err *err);

struct planned {
    struct mb_timer timer;
    on_planned_fn *on_planned;
    void *arg;
};

static void tell_plan(struct mb_timer *timer)
{
    struct planned *p = MB_CONTAINER_OF(timer, struct planned, timer);
    const struct mb_child_plan plan = {.deployment_id = child.deployment_id};
    p->on_planned(p->arg, &plan, NULL);
    free(p);
}

static int plan_child(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                      struct mb_id deployment_id, struct mb_str name, on_planned_fn *on_planned,
                      void *arg, struct mb_err *err)
{
    (void)store, (void)customer_id, (void)parent_id, (void)deployment_id, (void)name, (void)err;
    struct planned *p = mb_zalloc(sizeof(*p));
    *p = (struct planned){.timer = {.on_due = tell_plan}, .on_planned = on_planned, .arg = arg};
    mb_timer_arm(&platform.loop.timers, &p->timer, platform.loop.now_us);
    return 0;
}

/* The one question about a child that is open. */
static struct {
    bool is_open;
    int n; /* so far */
    on_read_fn *on_read;
    void *arg;
} asked;

static int read_child(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                      struct mb_id child_id, on_read_fn *on_read, void *arg, struct mb_err *err)
{
    (void)store, (void)customer_id, (void)parent_id, (void)child_id, (void)err;
    assert_false(asked.is_open);
    asked.is_open = true;
    asked.n++;
    asked.on_read = on_read;
    asked.arg = arg;
    return 0;
}

static void answer(const struct mb_child_state *state, const struct mb_err *err)
{
    assert_true(asked.is_open);
    asked.is_open = false;
    asked.on_read(asked.arg, state, err);
}

static const struct mb_child_state goes_on = {.is_known = true, .budget_micros = -1};
static const struct mb_child_state is_done = {.is_known = true,
                                              .is_over = true,
                                              .status = {"succeeded", 9},
                                              .output = {"\"yes\"", 5},
                                              .cost_micros = 300,
                                              .budget_micros = -1};

static void (*real_flush)(struct mb_store *store, struct mb_flush *flush);
static bool holds_parkings;
static bool is_held; /* held_flush */
static struct mb_flush *held_flush;

static bool parks_a_run(const struct mb_flush *flush)
{
    bool parks = false;
    for (size_t i = 0; i < flush->n_items; i++)
        parks |= flush->items[i].run && flush->items[i].run->status == MB_RUN_WAITING;
    return parks;
}

static void flush(struct mb_store *store, struct mb_flush *batch)
{
    if (!holds_parkings || !parks_a_run(batch)) {
        real_flush(store, batch);
        return;
    }
    assert_false(is_held);
    held_flush = batch;
    is_held = true;
}

static void let_it_be_heard(void)
{
    holds_parkings = is_held = false;
    real_flush(local.store, held_flush);
}

/* The first time it may park without looking how its child is: that child's end would wake it. */
static void turn_until_held(void)
{
    int64_t until = mb_clock_mono_us() + 30 * 1000000LL;
    while (!is_held && mb_clock_mono_us() < until) {
        if (asked.is_open)
            answer(&goes_on, NULL);
        mb_loop_turn(&platform.loop, 100);
    }
    assert_true(is_held);
}

static int set_up(void **state)
{
    set_up_host(state);
    memset(&asked, 0, sizeof(asked));
    holds_parkings = is_held = false;
    real_flush = local.store->flush;
    local.store->flush = flush;
    local.store->plan_child = plan_child;
    local.store->read_child = read_child;
    local.engine->config.park_grace_us = 0;
    return 0;
}

/* ---------------------------------------------------------------- a parent */

static struct {
    struct mb_follow follow;
    bool is_over, is_parked;
    json_t *run;
} told;

static void keep(struct mb_follow *follow, struct mb_str json)
{
    (void)follow;
    json_decref(told.run);
    told.run = mb_json_parse(json, NULL);
    told.is_over = true;
}

static void on_parked(struct mb_follow *follow, struct mb_str json)
{
    keep(follow, json);
    told.is_over = false;
    told.is_parked = true;
}

static void on_lost(struct mb_follow *follow, struct mb_id run_id)
{
    (void)follow, (void)run_id;
    fail_msg("the run was lost");
}

static void on_refused(struct mb_follow *follow, const struct mb_err *err)
{
    (void)follow;
    fail_msg("%s", err->message);
}

static void begin(const char *main_lua, int64_t budget_micros)
{
    struct mb_err err = {0};
    parent = (struct mb_deployment_row){.customer_id = mb_id_new(), .budget_micros = budget_micros};
    child = (struct mb_deployment_row){.customer_id = parent.customer_id, .budget_micros = -1};
    deploy_lua(&parent, manifest, main_lua);
    deploy_lua(&child, manifest, "return function() end");
    memset(&told, 0, sizeof(told));
    told.follow = (struct mb_follow){
        .on_done = keep, .on_parked = on_parked, .on_lost = on_lost, .on_refused = on_refused};
    const struct mb_exec_request req = {.customer_id = parent.customer_id,
                                        .deployment_id = parent.deployment_id,
                                        .input = MB_STR("null")};
    if (mb_engine_execute(local.engine, &req, &told.follow, &err) < 0)
        fail_msg("%s", err.message);
}

/* As when something woke the run: this core has claimed it. */
static void claim(void)
{
    json_t *limits = json_object();
    const struct mb_claimed claimed = {.customer_id = parent.customer_id,
                                       .run_id = told.follow.run_id,
                                       .deployment_id = parent.deployment_id,
                                       .package_owner = parent.package_owner,
                                       .package_id = parent.package_id,
                                       .created_us = mb_clock_wall_us(),
                                       .started_us = mb_clock_wall_us(),
                                       .limits = limits};
    mb_engine_take(local.engine, &claimed);
    json_decref(limits);
}

static void follow_again(void)
{
    told.is_parked = false;
    assert_true(
        mb_engine_follow(local.engine, parent.customer_id, told.follow.run_id, &told.follow));
}

/* All that is going to happen without an answer has happened. */
static void turn_idle(void)
{
    for (int i = 0; i < 20; i++)
        mb_loop_turn(&platform.loop, 10);
}

static void expect_output(const char *canonical)
{
    struct mb_buf text = {0};
    turn_until(&told.is_over);
    mb_json_canonical(&text, json_object_get(told.run, "output"));
    assert_string_equal(mb_buf_cstr(&text), canonical);
    mb_buf_release(&text);
    json_decref(told.run);
}

/* ---------------------------------------------------------------- parking and waking */

static void a_run_that_is_claimed_before_its_parking_is_heard_of_goes_on(void **state)
{
    (void)state;
    holds_parkings = true;
    begin(KIT "return function() moon.sleep(3600) end", -1);
    turn_until(&is_held);
    claim(); /* its old self is still here */
    let_it_be_heard();
    turn_until(&told.is_parked);
    assert_true(mb_engine_has_run(local.engine, told.follow.run_id));
    follow_again();
    turn_until(&told.is_parked); /* it has come to its wait once more */
    assert_int_equal(local.engine->stats.runs_parked, 2);
    assert_int_equal(local.engine->stats.runs_active, 0);
    json_decref(told.run);
}

static void a_parent_whose_child_ended_while_it_was_being_parked_hears_of_it(void **state)
{
    (void)state;
    holds_parkings = true;
    begin(KIT "return function() return (moon.run('child')) end", -1);
    turn_until_held();
    claim(); /* the child's end woke it */
    let_it_be_heard();
    turn_until(&told.is_parked);
    follow_again();
    turn_until(&asked.is_open);
    answer(&is_done, NULL);
    expect_output("\"yes\"");
}

static void a_parent_does_not_park_before_it_has_seen_how_its_child_is(void **state)
{
    (void)state;
    local.engine->config.park_grace_us = 200000; /* after which it looks */
    begin(KIT "return function() return (moon.run('child')) end", -1);
    for (int lives = 0; lives < 2; lives++) {
        turn_until(&asked.is_open);
        turn_idle();
        assert_int_equal(local.engine->stats.runs_parked, lives);
        if (lives == 1)
            break;
        answer(&goes_on, NULL);
        turn_until(&told.is_parked);
        local.engine->config.park_grace_us = 0; /* one that was read again looks at once */
        claim();
        follow_again();
    }
    answer(&is_done, NULL);
    expect_output("\"yes\"");
}

/* ---------------------------------------------------------------- money */

static const char two_children[] =
    KIT "return function()\n"
        "  moon.run('child', 1, {wait = false})\n"
        "  local ok, value = pcall(moon.run, 'child', 2, {wait = false, budget_micros = 600})\n"
        "  return ok and value.budget_micros or value.code\n"
        "end";

static void what_a_child_that_is_over_did_not_need_is_there_for_the_next(void **state)
{
    (void)state;
    begin(two_children, 1000);
    turn_until(&asked.is_open);
    answer(&is_done, NULL);
    expect_output("600");
    assert_int_equal(asked.n, 1);
}

static void what_an_open_child_holds_is_not(void **state)
{
    (void)state;
    begin(two_children, 1000);
    turn_until(&asked.is_open);
    answer(&goes_on, NULL);
    expect_output("\"budget\"");
}

static void a_store_that_cannot_say_is_asked_again(void **state)
{
    (void)state;
    struct mb_err err;
    mb_err_set(&err, MB_E_DATABASE, "it is away");
    begin(two_children, 1000);
    turn_until(&asked.is_open);
    answer(&goes_on, &err);
    turn_until(&asked.is_open);
    answer(&is_done, NULL);
    expect_output("600");
}

static void a_run_that_is_cancelled_while_it_looks_back_is_gone(void **state)
{
    (void)state;
    begin(two_children, 1000);
    turn_until(&asked.is_open);
    assert_true(mb_engine_cancel(local.engine, parent.customer_id, told.follow.run_id));
    turn_until(&told.is_over);
    assert_int_equal(local.engine->stats.runs_active, 0);
    answer(&is_done, NULL); /* nobody is there */
    json_decref(told.run);
}

static void a_child_that_was_anothers_holds_nothing(void **state)
{
    (void)state;
    static const struct mb_child_state unknown;
    begin(two_children, 600);
    turn_until(&asked.is_open);
    answer(&unknown, NULL);
    expect_output("600");
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down_host)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(a_run_that_is_claimed_before_its_parking_is_heard_of_goes_on),
        RULE(a_parent_whose_child_ended_while_it_was_being_parked_hears_of_it),
        RULE(a_parent_does_not_park_before_it_has_seen_how_its_child_is),
        RULE(what_a_child_that_is_over_did_not_need_is_there_for_the_next),
        RULE(what_an_open_child_holds_is_not),
        RULE(a_store_that_cannot_say_is_asked_again),
        RULE(a_run_that_is_cancelled_while_it_looks_back_is_gone),
        RULE(a_child_that_was_anothers_holds_nothing),
    };
    return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
