/* run/side with a real sandbox: runs that are not for keeping. The sandbox program is
 * $MOONBASE_SANDBOX_BINARY, else the one of the same build. */
#include "unit/run/host.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/private.h"

static struct mb_side *side;

static void open_side(int64_t runs, int64_t customer_runs, int64_t queue, int64_t deadline_us)
{
    const struct mb_engine_config engine = mb_engine_settings(&config);
    const struct mb_side_config settings = {
        .runs = runs,
        .customer_runs = customer_runs,
        .queue = queue,
        .customer_queue = queue,
        .bytes = 1000,
        .deadline_us = deadline_us,
    };
    side = mb_side_new(&platform.loop, &platform.gate, platform.zygote, local.catalog, &engine,
                       &settings);
}

static int close_side(void **state)
{
    (void)state;
    mb_side_free(side);
    side = NULL;
    return 0;
}

/* ---------------------------------------------------------------- one job */

struct job {
    struct mb_side_run *run;
    struct mb_side_policy policy;
    int n_asked, n_begun, n_notes;
    bool is_over;
    struct mb_err err;
    char status[16];
    json_t *output, *error, *calls, *notes;
};

/* Answers each call with its number and its tool. */
static enum mb_side_verdict on_call(void *arg, const struct mb_side_call *call,
                                    struct mb_side_answer *answer)
{
    struct job *j = arg;
    struct mb_buf text = {0};
    j->n_asked++;
    if (mb_str_is(call->tool, "kv.set") && j->policy.may_execute)
        return MB_SIDE_EXECUTE;
    answer->is_error = mb_str_is(call->tool, "file.write");
    if (answer->is_error)
        mb_buf_add_c(&text, "{\"code\":\"disk_full\",\"message\":\"no room\"}");
    else
        mb_buf_addf(&text, "{\"value\":{\"number\":%d,\"tool\":\"%.*s\",\"known\":%s}}",
                    call->number, MB_STR_ARG(call->tool), call->known ? "true" : "false");
    answer->text = mb_buf_take(&text, &answer->len);
    answer->clock_us = 5000000;
    return MB_SIDE_ANSWER;
}

static void on_note(void *arg, bool is_emit, const uint8_t *key)
{
    struct job *j = arg;
    (void)is_emit, (void)key;
    j->n_notes++;
}

static void on_begin(void *arg)
{
    struct job *j = arg;
    j->n_begun++;
}

static json_t *kept(const json_t *value)
{
    return value ? json_deep_copy(value) : NULL;
}

static void on_done(void *arg, const struct mb_side_result *result, const struct mb_err *err)
{
    struct job *j = arg;
    assert_false(j->is_over);
    j->is_over = true;
    if (err) {
        j->err = *err;
        return;
    }
    snprintf(j->status, sizeof(j->status), "%.*s", MB_STR_ARG(result->status));
    j->output = kept(result->output);
    j->error = kept(result->error);
    j->calls = kept(result->calls);
    j->notes = kept(result->notes);
}

static struct mb_deployment *deploy(struct mb_id customer_id, const char *main_lua)
{
    static const char manifest[] =
        "{\"name\":\"t\",\"version\":\"1.0.0\",\"tools\":[\"kv.get\",\"kv.set\",\"approve\"],"
        "\"pricing\":{\"per_run_micros\":5}}";
    struct mb_deployment_row row = {.customer_id = customer_id, .budget_micros = -1};
    deploy_lua(&row, manifest, main_lua);
    struct mb_deployment *d = mb_catalog_find(local.catalog, customer_id, row.deployment_id);
    assert_non_null(d);
    return d;
}

static int start(struct job *j, struct mb_id customer_id, const char *main_lua, bool executes,
                 bool keeps, struct mb_err *err)
{
    static const uint8_t seed[16] = {7};
    struct mb_deployment *d = deploy(customer_id, main_lua);
    *j = (struct job){0};
    j->policy = (struct mb_side_policy){.on_call = on_call,
                                        .on_note = on_note,
                                        .on_begin = on_begin,
                                        .arg = j,
                                        .may_execute = executes};
    const struct mb_side_job job = {.deployment = d,
                                    .input = MB_STR("{\"n\":2}"),
                                    .policy = &j->policy,
                                    .seed = seed,
                                    .clock_us = 1000000,
                                    .keeps = keeps};
    int rc = mb_side_start(side, &job, on_done, j, &j->run, err);
    mb_deployment_unref(d);
    return rc;
}

static void begin(struct job *j, const char *main_lua, bool executes, bool keeps)
{
    struct mb_err err = {0};
    if (start(j, mb_id_new(), main_lua, executes, keeps, &err) < 0)
        fail_msg("%s", err.message);
}

static void expect_output(const struct job *j, const char *canonical)
{
    struct mb_buf text = {0};
    if (strcmp(j->status, "succeeded") != 0)
        fail_msg("%s: %s", j->status, j->error ? json_dumps(j->error, 0) : j->err.message);
    mb_json_canonical(&text, j->output);
    assert_string_equal(mb_buf_cstr(&text), canonical);
    mb_buf_release(&text);
}

static void forget(struct job *j)
{
    json_decref(j->output);
    json_decref(j->error);
    json_decref(j->calls);
    json_decref(j->notes);
}

/* ---------------------------------------------------------------- rules */

static const char calls_lua[] =
    "local moon = require 'moon'\n"
    "return function(input)\n"
    "  local at = moon.now()\n"
    "  local one = moon.kv.get('a')\n"
    "  local ok, err = pcall(moon.tool, 'file.write', {path = 'x'})\n"
    "  moon.emit('half', {n = input.n})\n"
    "  return {one = one, code = err.code, at = at, later = moon.now()}\n"
    "end";

static void calls_are_answered_by_the_policy_and_not_by_the_gate(void **state)
{
    (void)state;
    open_side(2, 2, 2, 10000000);
    struct job j;
    begin(&j, calls_lua, false, false);
    turn_until(&j.is_over);
    expect_output(&j, "{\"at\":1,\"code\":\"disk_full\",\"later\":5,"
                      "\"one\":{\"known\":true,\"number\":1,\"tool\":\"kv.get\"}}");
    assert_int_equal(j.n_asked, 2);
    assert_int_equal(j.n_begun, 1);
    assert_int_equal(j.n_notes, 1);
    assert_null(j.calls);
    assert_int_equal(local.engine->stats.runs_started, 0);
    forget(&j);
}

static void nothing_is_charged_and_nothing_left_behind(void **state)
{
    (void)state;
    open_side(2, 2, 2, 10000000);
    struct job j;
    begin(&j, "return function() return 1 end", false, true);
    turn_until(&j.is_over);
    expect_output(&j, "1");
    assert_int_equal(json_array_size(j.calls), 0); /* not even the price of the run */
    struct mb_side_stats stats;
    mb_side_get_stats(side, &stats);
    assert_int_equal(stats.under_way, 0);
    assert_int_equal(stats.done, 1);
    forget(&j);
}

static void a_job_that_keeps_them_tells_its_calls_and_notes(void **state)
{
    (void)state;
    open_side(2, 2, 2, 10000000);
    struct job j;
    begin(&j, calls_lua, false, true);
    turn_until(&j.is_over);
    assert_string_equal(j.status, "succeeded");
    assert_int_equal(json_array_size(j.calls), 2);
    const json_t *first = json_array_get(j.calls, 0), *second = json_array_get(j.calls, 1);
    assert_string_equal(json_string_value(json_object_get(first, "tool")), "kv.get");
    assert_int_equal(mb_json_int(mb_json_get(mb_json_get(first, "result"), "value"), "number", 0),
                     1);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(second, "error"), "code")), "disk_full");
    assert_int_equal(json_array_size(j.notes), 1);
    forget(&j);
}

static void what_the_policy_lets_through_is_executed(void **state)
{
    (void)state;
    open_side(2, 2, 2, 10000000);
    struct job j;
    begin(&j,
          "local moon = require 'moon'\n"
          "return function() moon.kv.set('k', 7) return moon.kv.get('k').tool end",
          true, true);
    turn_until(&j.is_over);
    expect_output(&j, "\"kv.get\""); /* that one was answered */
    assert_int_equal(json_array_size(j.calls), 2);
    forget(&j);
}

static void a_sandbox_that_goes_is_replaced_and_the_run_begins_anew(void **state)
{
    (void)state;
    open_side(2, 2, 2, 10000000);
    struct job j;
    struct mb_err err = {0};
    struct mb_id customer = mb_id_new();
    int rc = start(&j, customer,
                   "local moon = require 'moon'\n"
                   "return function()\n"
                   "  local sum = 0\n"
                   "  for i = 1, 900 do sum = sum + moon.kv.get('k' .. i).number end\n"
                   "  return sum\n"
                   "end",
                   false, false, &err);
    assert_int_equal(rc, 0);
    while (j.n_asked < 5)
        mb_loop_turn(&platform.loop, 20);
    const struct mb_tenant *t =
        mb_map_get(&side->engine->tenants, customer.bytes, sizeof(customer.bytes));
    kill(t->worker->pid, SIGKILL);
    turn_until(&j.is_over);
    assert_int_equal(j.n_begun, 2);
    expect_output(&j, "405450");
    forget(&j);
}

static void places_are_bounded_and_then_the_queue(void **state)
{
    (void)state;
    static const char loop[] = "return function() while true do end end";
    open_side(2, 1, 1, 10000000);
    struct job a, b, c, d;
    struct mb_err err = {0};
    struct mb_id customer = mb_id_new();
    struct mb_side_stats stats;
    assert_int_equal(start(&a, customer, loop, false, false, &err), 0);
    assert_int_equal(start(&b, customer, loop, false, false, &err), 0); /* waits for the first */
    assert_int_equal(start(&c, mb_id_new(), loop, false, false, &err), -MB_E_OVERLOADED);
    mb_side_cancel(b.run);
    assert_int_equal(start(&c, mb_id_new(), "return function() return 3 end", false, false, &err),
                     0);
    assert_int_equal(start(&d, customer, "return function() return 4 end", false, false, &err), 0);
    turn_until(&c.is_over);
    expect_output(&c, "3");
    assert_false(d.is_over);
    mb_side_cancel(a.run);
    turn_until(&d.is_over);
    expect_output(&d, "4");
    assert_false(a.is_over || b.is_over); /* who cancelled is not called back */
    mb_side_get_stats(side, &stats);
    assert_int_equal(stats.under_way + stats.queued, 0);
    assert_int_equal(stats.refused, 1);
    forget(&c);
    forget(&d);
}

static void a_customer_fills_only_its_share_of_the_queue(void **state)
{
    (void)state;
    static const char loop[] = "return function() while true do end end";
    open_side(2, 1, 4, 10000000);
    side->config.customer_queue = 2;
    struct job mine[4], theirs;
    struct mb_err err = {0};
    struct mb_id customer = mb_id_new();
    for (int i = 0; i < 3; i++) /* one begins, two wait */
        assert_int_equal(start(&mine[i], customer, loop, false, false, &err), 0);
    assert_int_equal(start(&mine[3], customer, loop, false, false, &err), -MB_E_OVERLOADED);
    assert_string_equal(err.message, "2 replays and simulations wait already");
    assert_int_equal(
        start(&theirs, mb_id_new(), "return function() return 5 end", false, false, &err), 0);
    turn_until(&theirs.is_over);
    expect_output(&theirs, "5");
    for (int i = 0; i < 3; i++)
        mb_side_cancel(mine[i].run);
    forget(&theirs);
}

static void what_jobs_hold_is_bounded_for_each_of_all_and_together(void **state)
{
    (void)state;
    open_side(1, 1, 1, 10000000); /* 1000 bytes of all, 500 of a customer, 250 of a job */
    struct mb_side_hold holds[5] = {0};
    struct mb_id mine = mb_id_new();
    struct mb_err err = {0};
    assert_int_equal(mb_side_hold(side, &holds[0], mine, 251, &err), -MB_E_TOO_LARGE);
    assert_int_equal(mb_side_hold(side, &holds[0], mine, 250, &err), 0);
    assert_int_equal(mb_side_hold(side, &holds[1], mine, 250, &err), 0);
    assert_int_equal(mb_side_hold(side, &holds[2], mine, 1, &err), -MB_E_OVERLOADED);
    for (int i = 2; i < 4; i++)
        assert_int_equal(mb_side_hold(side, &holds[i], mb_id_new(), 250, &err), 0);
    assert_int_equal(mb_side_hold(side, &holds[4], mb_id_new(), 1, &err), -MB_E_OVERLOADED);
    mb_side_let_go(&holds[0]);
    mb_side_let_go(&holds[0]); /* holds nothing */
    assert_int_equal(mb_side_hold(side, &holds[4], mine, 250, &err), 0);
    for (int i = 1; i < 5; i++)
        mb_side_let_go(&holds[i]);
}

static void a_deadline_ends_what_runs_and_what_waits(void **state)
{
    (void)state;
    static const char loop[] = "return function() while true do end end";
    open_side(1, 1, 4, 100000);
    struct job a, b;
    begin(&a, loop, false, false);
    begin(&b, loop, false, false);
    turn_until(&a.is_over);
    turn_until(&b.is_over);
    assert_int_equal(a.err.code, MB_E_TIMEOUT);
    assert_int_equal(b.err.code, MB_E_TIMEOUT);
}

static void an_executed_wait_ends_as_waiting(void **state)
{
    (void)state;
    open_side(1, 1, 1, 10000000);
    struct job j;
    struct mb_deployment *d =
        deploy(mb_id_new(), "local moon = require 'moon'\n"
                            "return function() return moon.approve{title = 'Go?'} end");
    j = (struct job){0};
    struct mb_err err;
    const struct mb_side_job job = {
        .deployment = d, .input = MB_STR("null"), .gate = &platform.gate, .keeps = true};
    int rc = mb_side_start(side, &job, on_done, &j, &j.run, &err);
    assert_int_equal(rc, 0);
    mb_deployment_unref(d);
    turn_until(&j.is_over);
    assert_string_equal(j.status, "waiting");
    forget(&j);
}

static void simulations_and_canaries_are_counted_while_they_last(void **state)
{
    (void)state;
    static const char loop[] = "return function() while true do end end";
    open_side(2, 2, 1, 10000000);
    struct job replay, simulation = {0};
    struct mb_err err;
    struct mb_side_stats stats;
    begin(&replay, loop, false, false);
    struct mb_deployment *d = deploy(mb_id_new(), loop);
    const struct mb_side_job job = {
        .deployment = d, .input = MB_STR("null"), .gate = &platform.gate};
    int rc = mb_side_start(side, &job, on_done, &simulation, &simulation.run, &err);
    assert_int_equal(rc, 0);
    mb_deployment_unref(d);
    mb_side_count_canary(side, 1);
    int64_t until = mb_clock_mono_us() + 30 * 1000000LL;
    do {
        mb_loop_turn(&platform.loop, 20);
        mb_side_get_stats(side, &stats);
    } while (stats.under_way < 2 && mb_clock_mono_us() < until);
    assert_int_equal(stats.under_way, 2);
    assert_int_equal(stats.simulations, 1);
    assert_int_equal(stats.canaries, 1);
    mb_side_cancel(simulation.run);
    mb_side_count_canary(side, -1);
    mb_side_get_stats(side, &stats);
    assert_int_equal(stats.under_way, 1);
    assert_int_equal(stats.simulations, 0);
    assert_int_equal(stats.canaries, 0);
    mb_side_cancel(replay.run);
}

static void a_host_that_is_stopped_takes_no_more(void **state)
{
    (void)state;
    open_side(1, 1, 1, 10000000);
    struct job j;
    struct mb_err err = {0};
    mb_side_drain(side);
    assert_int_equal(start(&j, mb_id_new(), "return function() end", false, false, &err),
                     -MB_E_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(calls_are_answered_by_the_policy_and_not_by_the_gate, close_side),
        cmocka_unit_test_teardown(nothing_is_charged_and_nothing_left_behind, close_side),
        cmocka_unit_test_teardown(a_job_that_keeps_them_tells_its_calls_and_notes, close_side),
        cmocka_unit_test_teardown(what_the_policy_lets_through_is_executed, close_side),
        cmocka_unit_test_teardown(a_sandbox_that_goes_is_replaced_and_the_run_begins_anew,
                                  close_side),
        cmocka_unit_test_teardown(places_are_bounded_and_then_the_queue, close_side),
        cmocka_unit_test_teardown(what_jobs_hold_is_bounded_for_each_of_all_and_together,
                                  close_side),
        cmocka_unit_test_teardown(a_customer_fills_only_its_share_of_the_queue, close_side),
        cmocka_unit_test_teardown(a_deadline_ends_what_runs_and_what_waits, close_side),
        cmocka_unit_test_teardown(an_executed_wait_ends_as_waiting, close_side),
        cmocka_unit_test_teardown(simulations_and_canaries_are_counted_while_they_last, close_side),
        cmocka_unit_test_teardown(a_host_that_is_stopped_takes_no_more, close_side),
    };
    return cmocka_run_group_tests(tests, set_up_host, tear_down_host);
}
