/* run/engine with a real sandbox and the journal in memory: what becomes of a run. The sandbox
 * program is $MOONBASE_SANDBOX_BINARY, else the one of the same build. */
#include "unit/run/host.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/private.h"

/* One run and what its follower heard. */
struct watched {
    struct mb_follow follow;
    struct mb_id customer_id;
    bool is_over, is_parked, is_refused;
    json_t *run;
    struct mb_err err;
    int n_steps, n_emits;
};

static void keep(struct watched *w, struct mb_str json)
{
    w->run = mb_json_parse(json, NULL);
    assert_non_null(w->run);
    w->is_over = true;
}

static void on_done(struct mb_follow *f, struct mb_str json)
{
    keep(MB_CONTAINER_OF(f, struct watched, follow), json);
}

static void on_parked(struct mb_follow *f, struct mb_str json)
{
    struct watched *w = MB_CONTAINER_OF(f, struct watched, follow);
    w->is_parked = true;
    keep(w, json);
}

static void on_lost(struct mb_follow *f, struct mb_id id)
{
    (void)id;
    MB_CONTAINER_OF(f, struct watched, follow)->is_over = true;
}

static void on_refused(struct mb_follow *f, const struct mb_err *err)
{
    struct watched *w = MB_CONTAINER_OF(f, struct watched, follow);
    w->err = *err;
    w->is_over = w->is_refused = true;
}

static void on_event(struct mb_follow *f, const struct mb_run_event *event)
{
    struct watched *w = MB_CONTAINER_OF(f, struct watched, follow);
    w->n_steps += event->kind == MB_EVENT_STEP;
    w->n_emits += event->kind == MB_EVENT_EMIT;
}

static void begin(struct watched *w, struct mb_id customer_id, const char *main_lua,
                  const char *limits, const char *input)
{
    struct mb_err err = {0};
    static const char manifest[] = "{\"name\":\"t\",\"version\":\"1.0.0\",\"tools\":[\"kv.get\","
                                   "\"kv.set\",\"sleep\",\"approve\"]}";
    *w = (struct watched){.customer_id = customer_id};
    w->follow = (struct mb_follow){.on_done = on_done,
                                   .on_parked = on_parked,
                                   .on_lost = on_lost,
                                   .on_refused = on_refused,
                                   .on_event = on_event};
    struct mb_deployment_row row = {
        .customer_id = customer_id, .limits = mb_str_c(limits), .budget_micros = -1};
    deploy_lua(&row, manifest, main_lua);
    const struct mb_exec_request req = {
        .customer_id = customer_id, .deployment_id = row.deployment_id, .input = mb_str_c(input)};
    if (mb_engine_execute(local.engine, &req, &w->follow, &err) < 0)
        fail_msg("%s", err.message);
}

static void execute(struct watched *w, const char *main_lua, const char *limits, const char *input)
{
    begin(w, mb_id_new(), main_lua, limits, input);
    turn_until(&w->is_over);
}

static void expect_output(struct watched *w, const char *canonical)
{
    struct mb_buf text = {0};
    if (!w->run)
        fail_msg("the run has no record");
    if (strcmp(json_string_value(json_object_get(w->run, "status")), "succeeded") != 0)
        fail_msg("%s", json_dumps(w->run, 0));
    mb_json_canonical(&text, json_object_get(w->run, "output"));
    assert_string_equal(mb_buf_cstr(&text), canonical);
    mb_buf_release(&text);
    json_decref(w->run);
}

static void expect_error(struct watched *w, const char *code, const char *file, int line)
{
    json_t *error = json_object_get(w->run, "error");
    if (!json_is_object(error) ||
        strcmp(json_string_value(json_object_get(error, "code")), code) != 0)
        fail_msg("expected %s, got %s", code, json_dumps(w->run, 0));
    if (file) {
        assert_string_equal(json_string_value(json_object_get(error, "file")), file);
        assert_int_equal(json_integer_value(json_object_get(error, "line")), line);
    }
    json_decref(w->run);
}

/* ---------------------------------------------------------------- rules */

static void a_run_returns_its_output(void **state)
{
    (void)state;
    struct watched w;
    execute(&w, "return function(input, ctx) return {twice = input.n * 2} end", "{}", "{\"n\":21}");
    expect_output(&w, "{\"twice\":42}");
}

static void calls_are_answered_and_told(void **state)
{
    (void)state;
    struct watched w;
    execute(&w,
            "local moon = require 'moon'\n"
            "return function(input)\n"
            "  moon.kv.set('a', {x = 1})\n"
            "  moon.emit('half', {done = 50})\n"
            "  return moon.kv.get('a')\n"
            "end",
            "{}", "null");
    assert_int_equal(w.n_steps, 2);
    assert_int_equal(w.n_emits, 1);
    expect_output(&w, "{\"x\":1}");
}

static void an_error_carries_the_packages_file_and_line(void **state)
{
    (void)state;
    struct watched w;
    execute(&w, "return function(input)\n  local x = nil\n  return x.y\nend", "{}", "null");
    expect_error(&w, "agent_error", "main.lua", 3);
}

static void an_error_table_keeps_its_code(void **state)
{
    (void)state;
    struct watched w;
    execute(&w, "return function() error{code = 'no_stock', message = 'sold out'} end", "{}",
            "null");
    expect_error(&w, "no_stock", NULL, 0);
}

static void a_tool_that_is_not_named_is_denied_and_can_be_caught(void **state)
{
    (void)state;
    struct watched w;
    execute(&w,
            "local moon = require 'moon'\n"
            "return function()\n"
            "  local ok, err = pcall(moon.tool, 'file.write', {path = 'x', content = 'y'})\n"
            "  return {ok = ok, code = err.code}\n"
            "end",
            "{}", "null");
    expect_output(&w, "{\"code\":\"tool_denied\",\"ok\":false}");
}

static void a_loop_ends_at_its_cpu_limit_and_pcall_does_not_catch_it(void **state)
{
    (void)state;
    struct watched w;
    execute(&w, "return function() while true do pcall(function() while true do end end) end end",
            "{\"cpu_ms\":100}", "null");
    expect_error(&w, "cpu_limit", "main.lua", 1);
}

static void a_hostile_pattern_is_stopped_by_the_watchdog(void **state)
{
    (void)state;
    struct watched w;
    execute(&w,
            "return function() return string.find(string.rep('a', 40), "
            "string.rep('a?', 40) .. string.rep('a', 40) .. 'b') end",
            "{}", "null");
    expect_error(&w, "cpu_limit", NULL, 0);
}

static void allocating_without_end_ends_at_the_memory_limit(void **state)
{
    (void)state;
    struct watched w;
    execute(&w,
            "return function() local t = {} while true do "
            "pcall(function() t[#t + 1] = string.rep(tostring(#t), 1000) end) end end",
            "{\"cpu_ms\":20000}", "null");
    expect_error(&w, "memory_limit", NULL, 0);
}

static void more_calls_than_allowed_end_the_run(void **state)
{
    (void)state;
    static const char code[] = "local moon = require 'moon'\n"
                               "return function(n) for i = 1, n do moon.kv.get('k' .. i) end end";
    struct watched w;
    execute(&w, code, "{\"steps\":5}", "5");
    expect_output(&w, "null");
    execute(&w, code, "{\"steps\":5}", "6");
    expect_error(&w, "step_limit", NULL, 0);
}

static void more_results_than_can_be_held_are_refused_and_can_be_caught(void **state)
{
    (void)state;
    struct watched w;
    begin(&w, mb_id_new(),
          "local moon = require 'moon'\n"
          "return function()\n"
          "  local ok, err = pcall(moon.kv.set, 'k', 1)\n"
          "  return {ok = ok, code = err.code}\n"
          "end",
          "{}", "null");
    w.follow.run->result_bytes = MB_RUN_RESULT_BYTES; /* as if earlier calls had brought as much */
    turn_until(&w.is_over);
    expect_output(&w, "{\"code\":\"too_large\",\"ok\":false}");
}

static void a_flood_of_events_ends_the_run(void **state)
{
    (void)state;
    struct watched w;
    execute(&w,
            "local moon = require 'moon'\n"
            "return function() for i = 1, 1e9 do moon.emit('x', {i = i}) end end",
            "{\"cpu_ms\":20000}", "null");
    expect_error(&w, "step_limit", NULL, 0);
}

static void who_tells_too_much_waits_and_can_be_cancelled(void **state)
{
    (void)state;
    struct watched w;
    local.engine->config.note_bytes_max = INT64_MAX;
    begin(&w, mb_id_new(),
          "local moon = require 'moon'\n"
          "return function() local s = ('x'):rep(20000) while true do moon.log(s) end end",
          "{\"cpu_ms\":60000}", "null");
    const struct mb_run *run = NULL;
    int64_t paused = 0;
    for (int i = 0; i < 2000 && paused < 3; i++) {
        mb_loop_turn(&platform.loop, 20);
        run = w.follow.run;
        assert_non_null(run);
        struct mb_worker *worker = run->tenant->worker;
        paused += worker && mb_timer_is_armed(&worker->pause);
    }
    assert_int_equal(paused, 3);
    assert_true(mb_engine_cancel(local.engine, w.customer_id, w.follow.run_id));
    turn_until(&w.is_over);
    assert_string_equal(json_string_value(json_object_get(w.run, "status")), "cancelled");
    json_decref(w.run);
}

static void a_run_can_be_cancelled_in_a_tight_loop(void **state)
{
    (void)state;
    struct watched w;
    begin(&w, mb_id_new(), "return function() while true do end end", "{\"cpu_ms\":60000}", "null");
    for (int i = 0; i < 5; i++)
        mb_loop_turn(&platform.loop, 20);
    assert_true(mb_engine_cancel(local.engine, w.customer_id, w.follow.run_id));
    turn_until(&w.is_over);
    assert_string_equal(json_string_value(json_object_get(w.run, "status")), "cancelled");
    json_decref(w.run);
}

static void a_loop_does_not_stop_its_neighbours(void **state)
{
    (void)state;
    struct watched loop, other;
    struct mb_id customer_id = mb_id_new();
    begin(&loop, customer_id, "return function() while true do end end", "{\"cpu_ms\":60000}",
          "null");
    begin(&other, customer_id, "return function() return 1 end", "{}", "null");
    turn_until(&other.is_over);
    assert_false(loop.is_over);
    expect_output(&other, "1");
    mb_engine_cancel(local.engine, customer_id, loop.follow.run_id);
    turn_until(&loop.is_over);
    json_decref(loop.run);
}

static struct mb_worker *worker_of(struct watched *w)
{
    return w->follow.run->tenant->worker;
}

static void a_killed_sandbox_changes_nothing_about_the_outcome(void **state)
{
    (void)state;
    struct watched w;
    begin(&w, mb_id_new(),
          "local moon = require 'moon'\n"
          "return function()\n"
          "  local sum = 0\n"
          "  for i = 1, 5 do moon.kv.set('k', i) sum = sum + moon.kv.get('k') end\n"
          "  moon.sleep(0.3)\n"
          "  return {sum = sum, random = moon.random() < 1, now = moon.now() > 0}\n"
          "end",
          "{}", "null");
    while (w.n_steps < 10)
        mb_loop_turn(&platform.loop, 20);
    pid_t pid = worker_of(&w)->pid;
    kill(pid, SIGKILL);
    turn_until(&w.is_over);
    assert_int_equal(w.n_steps, 11); /* ten were recorded: none of them ran again */
    assert_int_equal(local.engine->stats.sandboxes_lost, 1);
    expect_output(&w, "{\"now\":true,\"random\":true,\"sum\":15}");
}

static void when_several_compute_the_one_at_fault_is_found(void **state)
{
    (void)state;
    struct watched bad, good[3];
    struct mb_id customer_id = mb_id_new();
    static const char stuck[] = "return function() return string.find(string.rep('a', 40), "
                                "string.rep('a?', 40) .. string.rep('a', 40) .. 'b') end";
    static const char busy[] =
        "return function() local n = 0 for i = 1, 3e7 do n = n + i % 3 end return 7 end";
    for (int i = 0; i < 3; i++)
        begin(&good[i], customer_id, busy, "{\"cpu_ms\":20000}", "null");
    begin(&bad, customer_id, stuck, "{}", "null");
    turn_until(&bad.is_over);
    expect_error(&bad, "cpu_limit", NULL, 0);
    for (int i = 0; i < 3; i++) {
        turn_until(&good[i].is_over);
        expect_output(&good[i], "7");
    }
}

static void a_run_that_sleeps_long_is_parked_and_holds_nothing(void **state)
{
    (void)state;
    struct watched w;
    execute(&w, "local moon = require 'moon' return function() moon.sleep(3600) end", "{}", "null");
    assert_true(w.is_parked);
    assert_string_equal(json_string_value(json_object_get(w.run, "wait_reason")), "timer");
    assert_int_equal(local.engine->stats.runs_active, 0);
    json_decref(w.run);
}

static void a_run_that_asks_a_person_is_parked(void **state)
{
    (void)state;
    struct watched w;
    execute(&w,
            "local moon = require 'moon'\n"
            "return function() return moon.approve{title = 'Refund 20 EUR?'} end",
            "{}", "null");
    assert_true(w.is_parked);
    assert_string_equal(json_string_value(json_object_get(w.run, "wait_reason")), "approval");
    json_decref(w.run);
}

static void a_branch_that_computes_is_not_parked_away(void **state)
{
    (void)state;
    struct watched w;
    execute(&w,
            "local moon = require 'moon'\n"
            "return function()\n"
            "  moon.parallel{\n"
            "    function() moon.sleep(3600) end,\n"
            "    function() local n = 0 for i = 1, 2e7 do n = n + i end moon.kv.set('n', n) end,\n"
            "  }\n"
            "end",
            "{\"cpu_ms\":20000}", "null");
    assert_true(w.is_parked);
    assert_int_equal(w.n_steps, 1); /* the other branch came to its end first */
    json_decref(w.run);
}

static void a_thousand_runs_at_once_all_end(void **state)
{
    (void)state;
    enum { N = 1000 };
    struct watched *w = calloc(N, sizeof(*w));
    struct mb_id customer_id = mb_id_new();
    for (int i = 0; i < N; i++)
        begin(&w[i], customer_id,
              "local moon = require 'moon' return function() moon.kv.set('a', 1) return "
              "moon.kv.get('a') end",
              "{}", "null");
    for (int i = 0; i < N; i++) {
        turn_until(&w[i].is_over);
        expect_output(&w[i], "1");
    }
    assert_int_equal(local.engine->stats.runs_active, 0);
    free(w);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, set_up_host, tear_down_host)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(a_run_returns_its_output),
        RULE(calls_are_answered_and_told),
        RULE(an_error_carries_the_packages_file_and_line),
        RULE(an_error_table_keeps_its_code),
        RULE(a_tool_that_is_not_named_is_denied_and_can_be_caught),
        RULE(a_loop_ends_at_its_cpu_limit_and_pcall_does_not_catch_it),
        RULE(a_hostile_pattern_is_stopped_by_the_watchdog),
        RULE(allocating_without_end_ends_at_the_memory_limit),
        RULE(more_calls_than_allowed_end_the_run),
        RULE(more_results_than_can_be_held_are_refused_and_can_be_caught),
        RULE(a_flood_of_events_ends_the_run),
        RULE(who_tells_too_much_waits_and_can_be_cancelled),
        RULE(a_run_can_be_cancelled_in_a_tight_loop),
        RULE(a_loop_does_not_stop_its_neighbours),
        RULE(a_killed_sandbox_changes_nothing_about_the_outcome),
        RULE(when_several_compute_the_one_at_fault_is_found),
        RULE(a_run_that_sleeps_long_is_parked_and_holds_nothing),
        RULE(a_run_that_asks_a_person_is_parked),
        RULE(a_branch_that_computes_is_not_parked_away),
        RULE(a_thousand_runs_at_once_all_end),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
