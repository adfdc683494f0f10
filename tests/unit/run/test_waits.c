/* Waiting, with a clock that the test moves, and child runs, with a store that the test plays. The
 * sandbox is real, the journal in memory. */
#include "unit/run/host.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/private.h"
#include "run/store_mem.h"

enum { DAY_S = 86400, TURNS = 20000 };
#define DAY_US (DAY_S * INT64_C(1000000))

static struct {
    struct mb_follow follow;
    struct mb_deployment_row row;
    bool is_over, is_parked;
    int64_t wake_us;
    json_t *run;
    /* of the run as it was parked */
    uint8_t seed[16];
    int64_t created_us, started_us;
} w;

/* The child that the parent's store has heard of, and how it is. */
static struct {
    struct mb_child_plan plan;
    struct mb_id id;
    char limits[200], input[100];
    int n_made, n_read;
    bool is_over, holds; /* holds: answers are given by the test itself */
    struct mb_timer *held[4];
    int n_held;
    struct mb_str status, output, error;
} child;

static void on_row(void *arg, const struct mb_row *row)
{
    (void)arg;
    if (!row->unborn)
        return;
    child.n_made++;
    child.id = row->unborn->id;
    snprintf(child.limits, sizeof(child.limits), "%s", row->unborn->limits);
    snprintf(child.input, sizeof(child.input), "%s", row->unborn->input);
}

/* Answers come later, as a database's do. */
struct later {
    struct mb_timer timer;
    void (*on_planned)(void *arg, const struct mb_child_plan *plan, const struct mb_err *err);
    void (*on_read)(void *arg, const struct mb_child_state *state, const struct mb_err *err);
    void *arg;
};

static void answer(struct mb_timer *timer)
{
    struct later *l = MB_CONTAINER_OF(timer, struct later, timer);
    struct mb_child_state state = {.is_known = true,
                                   .is_over = child.is_over,
                                   .status = child.status,
                                   .output = child.output,
                                   .error = child.error,
                                   .steps = 3,
                                   .cost_micros = 70,
                                   .budget_micros = 100};
    if (l->on_planned)
        l->on_planned(l->arg, &child.plan, NULL);
    else
        l->on_read(l->arg, &state, NULL);
    free(l);
}

static struct later *later(void *arg)
{
    struct later *l = mb_zalloc(sizeof(*l));
    l->arg = arg;
    l->timer.on_due = answer;
    if (child.holds)
        child.held[child.n_held++] = &l->timer;
    else
        mb_timer_arm(&platform.loop.timers, &l->timer, platform.loop.now_us);
    return l;
}

static int plan_child(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                      struct mb_id deployment_id, struct mb_str name,
                      void (*on_planned)(void *arg, const struct mb_child_plan *plan,
                                         const struct mb_err *err),
                      void *arg, struct mb_err *err)
{
    (void)store, (void)customer_id, (void)parent_id, (void)deployment_id, (void)name, (void)err;
    later(arg)->on_planned = on_planned;
    return 0;
}

static int read_child(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                      struct mb_id child_id,
                      void (*on_read)(void *arg, const struct mb_child_state *state,
                                      const struct mb_err *err),
                      void *arg, struct mb_err *err)
{
    (void)store, (void)customer_id, (void)parent_id, (void)err;
    child.n_read++;
    assert_true(mb_id_eq(child_id, child.id));
    later(arg)->on_read = on_read;
    return 0;
}

static void on_done(struct mb_follow *f, struct mb_str json)
{
    (void)f;
    w.run = mb_json_parse(json, NULL);
    w.is_over = true;
}

static void on_parked(struct mb_follow *f, struct mb_str json)
{
    struct mb_run *run = mb_map_get(&local.engine->runs, f->run_id.bytes, sizeof(f->run_id.bytes));
    assert_non_null(run);
    w.wake_us = run->wake_us;
    w.created_us = run->created_us;
    w.started_us = run->started_us;
    memcpy(w.seed, run->seed, sizeof(w.seed));
    w.is_parked = true;
    on_done(f, json);
}

static void on_lost(struct mb_follow *f, struct mb_id id)
{
    (void)f, (void)id;
    fail_msg("the run was lost");
}

static int setup(void **state)
{
    set_up_host(state);
    mb_store_mem_bind(local.store, local.engine, on_row, NULL);
    memset(&w, 0, sizeof(w));
    memset(&child, 0, sizeof(child));
    return 0;
}

static int teardown(void **state)
{
    mb_clock_real();
    json_decref(w.run);
    return tear_down_host(state);
}

static void begin(const char *main_lua)
{
    struct mb_err err = {0};
    static const char manifest[] =
        "{\"name\":\"t\",\"version\":\"1.0.0\",\"agents\":[\"helper\"],"
        "\"tools\":[\"sleep\",\"approve\",\"agent.run\",\"agent.wait\"]}";
    w.follow = (struct mb_follow){.on_done = on_done, .on_parked = on_parked, .on_lost = on_lost};
    w.row = (struct mb_deployment_row){.customer_id = mb_id_new(), .budget_micros = 1000};
    deploy_lua(&w.row, manifest, main_lua);
    child.plan.deployment_id = w.row.deployment_id; /* of itself: it is never executed */
    const struct mb_exec_request req = {.customer_id = w.row.customer_id,
                                        .deployment_id = w.row.deployment_id,
                                        .input = MB_STR("null")};
    if (mb_engine_execute(local.engine, &req, &w.follow, &err) < 0)
        fail_msg("%s", err.message);
}

/* Turns the loop; a clock that stands still is moved by `step_us` a turn. */
static void turn_until_over(int64_t step_us)
{
    for (int i = 0; !w.is_over; i++) {
        mb_loop_turn(&platform.loop, 5);
        mb_clock_advance(step_us);
        if (i > TURNS)
            fail_msg("nothing came of it");
    }
}

static void stand_still(void)
{
    mb_clock_fake(mb_clock_mono_us(), mb_clock_wall_us());
}

/* The run is claimed again, as a core does when its time has come. */
static void wake(void)
{
    json_t *limits = json_object();
    struct mb_claimed claimed = {.customer_id = w.row.customer_id,
                                 .run_id = w.follow.run_id,
                                 .deployment_id = w.row.deployment_id,
                                 .package_owner = w.row.package_owner,
                                 .package_id = w.row.package_id,
                                 .created_us = w.created_us,
                                 .started_us = w.started_us,
                                 .limits = limits};
    memcpy(claimed.seed, w.seed, sizeof(claimed.seed));
    json_decref(w.run);
    w.run = NULL;
    w.is_over = w.is_parked = false;
    mb_engine_take(local.engine, &claimed);
    json_decref(limits);
    assert_true(mb_engine_follow(local.engine, w.row.customer_id, w.follow.run_id, &w.follow));
}

static void expect_output(const char *canonical)
{
    struct mb_buf text = {0};
    mb_json_canonical(&text, json_object_get(w.run, "output"));
    if (strcmp(mb_buf_cstr(&text), canonical) != 0)
        fail_msg("expected %s, got %s", canonical, json_dumps(w.run, 0));
    mb_buf_release(&text);
}

/* ---------------------------------------------------------------- sleep */

static void a_sleep_of_milliseconds_is_not_parked(void **state)
{
    (void)state;
    begin("local moon = require 'moon'\n"
          "return function() local t = moon.now() moon.sleep(0.005) return moon.now() - t >= 0.005 "
          "end");
    turn_until_over(0);
    assert_false(w.is_parked);
    expect_output("true");
}

static void a_sleep_of_months_is_parked_and_ends_on_its_day(void **state)
{
    (void)state;
    stand_still();
    int64_t began_us = mb_clock_wall_us();
    begin("local moon = require 'moon'\n"
          "return function() local t = moon.now() moon.sleep(90 * 86400)\n"
          "  return math.floor((moon.now() - t) / 86400) end");
    turn_until_over(100);
    assert_true(w.is_parked);
    assert_in_range((uintmax_t)(w.wake_us - began_us), (uintmax_t)(90 * DAY_US),
                    (uintmax_t)(90 * DAY_US + 10 * 1000000));
    mb_clock_advance(45 * DAY_US); /* woken too early, it sleeps on until the same moment */
    int64_t wake_us = w.wake_us;
    wake();
    turn_until_over(100);
    assert_true(w.is_parked);
    assert_int_equal(w.wake_us, wake_us);
    mb_clock_advance(45 * DAY_US);
    wake();
    turn_until_over(100);
    assert_false(w.is_parked);
    expect_output("90");
}

/* ---------------------------------------------------------------- questions */

static void a_question_wakes_for_its_reminder_then_for_its_deadline(void **state)
{
    (void)state;
    stand_still();
    int64_t began_us = mb_clock_wall_us();
    begin("local moon = require 'moon'\n"
          "return function() return moon.approve{title = '?', deadline_s = 3 * 86400,\n"
          "  reminder_s = 86400, on_deadline = 'approve'}.approved end");
    turn_until_over(100);
    assert_in_range((uintmax_t)(w.wake_us - began_us), (uintmax_t)DAY_US,
                    (uintmax_t)(DAY_US + 10 * 1000000));
    mb_clock_advance(DAY_US);
    wake();
    turn_until_over(100);
    assert_true(w.is_parked);
    assert_in_range((uintmax_t)(w.wake_us - began_us), (uintmax_t)(3 * DAY_US),
                    (uintmax_t)(3 * DAY_US + 10 * 1000000));
    mb_clock_advance(2 * DAY_US);
    wake();
    turn_until_over(100);
    expect_output("true");
    assert_false(json_is_true(json_object_get(w.run, "diverged")));
}

static void a_form_that_is_no_schema_is_refused(void **state)
{
    (void)state;
    begin("local moon = require 'moon'\n"
          "return function() local _, err = pcall(moon.approve, {title = '?', form = {type = 5}})\n"
          "  return {err.code, err.pointer} end");
    turn_until_over(0);
    expect_output("[\"invalid_arguments\",\"/form/type\"]");
}

/* ---------------------------------------------------------------- child runs */

static void in_memory_there_are_no_child_runs(void **state)
{
    (void)state;
    begin("local moon = require 'moon'\n"
          "return function() local _, err = pcall(moon.run, 'helper')\n"
          "  return {err.code, err.retryable} end");
    turn_until_over(0);
    expect_output("[\"unavailable\",false]");
}

static void with_children(const char *main_lua)
{
    local.store->plan_child = plan_child;
    local.store->read_child = read_child;
    begin(main_lua);
}

static const char starts[] =
    "local moon = require 'moon'\n"
    "return function()\n"
    "  local output, result = moon.run('helper', {n = 1}, {budget_micros = 100, timeout_s = 60})\n"
    "  return {output = output, cost = result.usage.cost_micros}\n"
    "end";

static void a_child_is_made_with_the_intent_and_its_end_is_heard(void **state)
{
    (void)state;
    with_children(starts);
    while (child.n_made == 0)
        mb_loop_turn(&platform.loop, 5);
    assert_non_null(strstr(child.limits, "\"budget_micros\":100,\"deadline_us\":"));
    assert_string_equal(child.input, "{\"n\":1}");
    assert_int_equal(w.follow.run->held_micros, 100);
    child.is_over = true;
    child.status = MB_STR("succeeded");
    child.output = MB_STR("\"well\"");
    for (int i = 0; i < 5; i++) /* until its intent is known to be durable */
        mb_loop_turn(&platform.loop, 5);
    mb_engine_on_child(local.engine, w.follow.run_id, child.id);
    turn_until_over(0);
    expect_output("{\"cost\":70,\"output\":\"well\"}");
    assert_int_equal(mb_json_int(json_object_get(w.run, "usage"), "children_cost_micros", 0), 70);
    assert_int_equal(child.n_made, 1);
}

static void a_parent_that_is_read_again_finds_the_same_child(void **state)
{
    (void)state;
    config.park_grace_ms = 0;
    with_children(starts);
    local.engine->config.park_grace_us = 1;
    turn_until_over(0);
    assert_true(w.is_parked);
    assert_string_equal(json_string_value(json_object_get(w.run, "wait_reason")), "call");
    struct mb_id first = child.id;
    child.is_over = true;
    child.status = MB_STR("failed");
    child.error =
        MB_STR("{\"code\":\"no_stock\",\"message\":\"sold out\",\"file\":\"x.lua\",\"line\":3}");
    wake();
    turn_until_over(0);
    assert_true(mb_id_eq(child.id, first)); /* read_child checks that it is asked for this one */
    assert_int_equal(child.n_made, 1);
    json_t *error = json_object_get(w.run, "error");
    assert_string_equal(json_string_value(json_object_get(error, "code")), "no_stock");
    char id[MB_ID_TEXT];
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(error, "details"), "run_id")),
        mb_id_format(first, "run", id));
}

static void a_run_that_ends_makes_no_more_children(void **state)
{
    (void)state;
    child.holds = true;
    with_children(starts);
    while (child.n_held < 1)
        mb_loop_turn(&platform.loop, 5);
    assert_true(mb_engine_cancel(local.engine, w.row.customer_id, w.follow.run_id));
    turn_until_over(0);
    answer(child.held[0]); /* finds nobody */
    for (int i = 0; i < 5; i++)
        mb_loop_turn(&platform.loop, 5);
    assert_int_equal(child.n_made, 0);
}

static void limits_of_children_are_errors_of_the_parent(void **state)
{
    (void)state;
    static const char code[] = "local moon = require 'moon'\n"
                               "return function() local _, err = pcall(moon.run, 'helper', nil, "
                               "{budget_micros = 500}) return err.code end";
    child.plan.depth = 8;
    with_children(code);
    turn_until_over(0);
    expect_output("\"child_limit\"");
    child.plan.depth = 0;
    child.plan.open_children = 1000;
    w.is_over = false;
    json_decref(w.run);
    begin(code);
    turn_until_over(0);
    expect_output("\"rate_limited\"");
    child.plan.open_children = 0;
    w.is_over = false;
    json_decref(w.run);
    assert_int_equal(child.n_made, 0);
    begin("local moon = require 'moon'\n"
          "return function() moon.run('helper', nil, {budget_micros = 600, wait = false})\n"
          "  local _, err = pcall(moon.run, 'helper', nil, {budget_micros = 500})\n"
          "  return err.code end");
    turn_until_over(0);
    expect_output("\"budget\"");
    assert_int_equal(child.n_made, 1);
}

int main(void)
{
#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        RULE(a_sleep_of_milliseconds_is_not_parked),
        RULE(a_sleep_of_months_is_parked_and_ends_on_its_day),
        RULE(a_question_wakes_for_its_reminder_then_for_its_deadline),
        RULE(a_form_that_is_no_schema_is_refused),
        RULE(in_memory_there_are_no_child_runs),
        RULE(a_child_is_made_with_the_intent_and_its_end_is_heard),
        RULE(a_parent_that_is_read_again_finds_the_same_child),
        RULE(a_run_that_ends_makes_no_more_children),
        RULE(limits_of_children_are_errors_of_the_parent),
    };
#undef RULE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
