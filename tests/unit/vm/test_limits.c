/* Limits that no code of a customer's can get around, and what becomes of its neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "driver.h"

static const struct lua_case cases[] = {
    /* CPU time */
    {"cpu_limit_ends_a_loop", "\nwhile true do end", "!cpu_limit \"line\":2"},
    {"cpu_limit_names_file_and_line", "\n\nwhile true do end",
     "!cpu_limit \"file\":\"main.lua\",\"line\":3"},
    {"cpu_limit_passes_pcall", "while true do pcall(function() while true do end end) end",
     "!cpu_limit"},
    {"cpu_limit_passes_xpcall",
     "local function h() while true do end end while true do xpcall(function() error('x') end, h) "
     "end",
     "!cpu_limit"},
    {"cpu_limit_passes_coroutines",
     "while true do coroutine.wrap(function() pcall(function() while true do end end) end)() end",
     "!cpu_limit"},
    {"cpu_limit_passes_sort",
     "while true do pcall(table.sort, {3, 2, 1}, function() while true do end end) end",
     "!cpu_limit"},
    {"cpu_limit_passes_pcall_in_sort",
     "table.sort({3, 2, 1}, function() while true do pcall(function() while true do end end) end "
     "end)",
     "!cpu_limit"},
    {"cpu_limit_passes_coroutines_in_gsub",
     "(('a'):gsub('.', function() while true do pcall(coroutine.wrap(function() while true do end "
     "end)) end end))()",
     "!cpu_limit"},
    {"cpu_limit_passes_metamethods",
     "local t = setmetatable({}, {__index = function() while true do end end}) pcall(function() "
     "return t.x end) while true do end",
     "!cpu_limit"},
    {"cpu_limit_passes_tostring",
     "local m = {} m.__tostring = function(x) return tostring(x) end "
     "while true do pcall(tostring, setmetatable({}, m)) end",
     "!cpu_limit"},
    {"memory_limit_passes_load", "pcall(load, function() return 'x' end)", "!memory_limit"},
    {"cpu_limit_passes_branches",
     "moon.parallel{function() while true do end end, function() while true do end end}",
     "!cpu_limit"},
    {"cpu_limit_passes_a_for_iterator", "for _ in function() return 1 end do pcall(error) end",
     "!cpu_limit"},
    {"cpu_limit_passes_string_building",
     "while true do local s = '' for i = 1, 1000 do s = s .. i end end", "!cpu_limit"},
    {"cpu_limit_passes_calls", "while true do moon.tool('echo', {}) end", "!cpu_limit"},

    /* memory */
    {"memory_limit_ends_a_growing_table", "local t = {} for i = 1, 1e9 do t[i] = {i} end",
     "!memory_limit"},
    {"memory_limit_ends_a_growing_string", "local s = 'x' while true do s = s .. s end",
     "!memory_limit"},
    {"memory_limit_passes_pcall",
     "while true do pcall(function() local t = {} for i = 1, 1e9 do t[i] = {i} end end) end",
     "!memory_limit"},
    {"memory_limit_passes_pcall_around_a_refusal", "pcall(string.rep, 'x', 1e8) return 'caught'",
     "!memory_limit"},
    {"memory_limit_passes_sort",
     "pcall(table.sort, {3, 2, 1}, function() local t = {} for i = 1, 1e9 do t[i] = {i} end end) "
     "return 'caught'",
     "!memory_limit"},
    {"memory_limit_counts_coroutines",
     "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end", "!memory_limit"},
    {"memory_limit_counts_suspended_coroutines",
     "local t = {} for i = 1, 1e9 do t[i] = coroutine.wrap(coroutine.yield) t[i]() end",
     "!memory_limit"},
    {"memory_limit_counts_closures",
     "local f = nil for i = 1, 1e9 do local g = f f = function() return g end end",
     "!memory_limit"},
    {"memory_limit_counts_branches",
     "local fs = {} for i = 1, 1e7 do fs[i] = function() moon.sleep(1) end end moon.parallel(fs)",
     "!memory_limit"},
    {"memory_limit_counts_globals", "for i = 1, 1e9 do _G['g' .. i] = i end", "!memory_limit"},
    {"memory_limit_counts_modules_loaded",
     "local t = {} for i = 1, 1e9 do t[i] = load('local a = ' .. i .. ' return a') end",
     "!memory_limit"},
    {"memory_limit_counts_decoded_json",
     "local s = '[' .. ('{},'):rep(1e6) .. '0]' return #moon.json.decode(s)", "!memory_limit"},
    {"memory_limit_counts_encoded_json",
     "local t, s = {}, ('x'):rep(1e5) for i = 1, 79 do t[i] = s end local all = {} "
     "for i = 1, 3 do t[80] = i all[i] = moon.json.encode(t) end return #all",
     "!memory_limit"},
    {"garbage_is_not_counted", "for i = 1, 200 do local s = ('x'):rep(1e6) .. i end return 'done'",
     "\"done\""},
    {"garbage_of_small_things_is_not_counted", "for i = 1, 1e6 do local t = {i} end return 'done'",
     "\"done\""},

    /* depth of branches */
    {"branches_are_bounded",
     "local fs = {} for i = 1, 2000 do fs[i] = function() return i end end "
     "return {pcall(moon.parallel, fs, {limit = 2000})}",
     "[false,\"a run may have 1024 branches at a time\"]"},
    {"branches_within_the_limit_all_run",
     "local fs = {} for i = 1, 2000 do fs[i] = function() moon.sleep(0.001) return i end end "
     "local r, s = moon.parallel(fs), 0 for _, v in ipairs(r) do s = s + v end return s",
     "2001000"},

    /* output */
    {"output_of_a_function_is_refused", "return {a = {print}}",
     "!invalid_output a[1] is a function"},
    {"output_of_a_coroutine_is_refused", "return coroutine.create(print)",
     "!invalid_output is a thread"},
    {"output_of_a_cycle_is_refused", "local t = {} t.x = {t} return t",
     "!invalid_output x[1] is a table that contains itself"},
    {"output_that_is_too_deep_is_refused", "local t = {} for i = 1, 100 do t = {t} end return t",
     "!invalid_output nests too deep"},
    {"output_that_is_too_large_is_refused",
     "local t, s = {}, ('x'):rep(1e6) for i = 1, 100 do t[i] = s end return t",
     "!invalid_output is too large"},
    {"output_of_shared_tables_without_end_is_refused",
     "local t = {'leaf'} for i = 1, 50 do t = {t, t} end return t", "!invalid_output is too large"},
    {"output_with_holes_is_refused", "return {1, nil, 3, [7] = 1}", "!invalid_output"},
    {"output_with_mixed_keys_is_refused", "return {1, a = 2}", "!invalid_output mixes"},
    {"output_that_is_not_a_number_is_refused", "return {x = 0/0}",
     "!invalid_output x is not a finite"},
    {"output_with_a_nul_byte_is_refused", "return {'a\\0b'}", "!invalid_output NUL"},
    {"output_ignores_metamethods",
     "return setmetatable({a = 1}, {__index = function() while true do end end, "
     "__pairs = function() while true do end end, __len = function() while true do end end})",
     "{\"a\":1}"},
    {"arguments_that_are_no_json_are_refused", "return moon.tool('echo', {f = print})",
     "!invalid_arguments f is a function"},
    {"arguments_name_the_value_at_fault",
     "local ok, e = pcall(moon.tool, 'echo', {a = {b = {print}}}) return {e.code, e.message}",
     "[\"invalid_arguments\",\"the arguments: a.b[1] is a function\"]"},
    {"arguments_must_be_an_object",
     "local ok, e = pcall(moon.tool, 'echo', {1, 2}) return e.message",
     "\"the arguments must be a table with named fields\""},
};

/* -- neighbours ------------------------------------------------------------------------------- */

static const char LOOPS[] = "return function() while true do end end";
static const char GROWS[] = "return function() local t = {} for i = 1, 1e9 do t[i] = {i} end end";
static const char WORKS[] =
    "local moon = require 'moon' return function(input) local s = 0 for i = 1, 50 do "
    "s = s + moon.tool('echo', {i = i}).i end return s end";

static struct driver *three_packages(void)
{
    struct driver *d = driver_new(MB_VM_AGENT, 16 * 1024 * 1024);
    driver_package(d, 1, "main.lua", LOOPS, NULL);
    driver_package(d, 2, "main.lua", GROWS, NULL);
    driver_package(d, 3, "main.lua", WORKS, NULL);
    return d;
}

static void a_loop_does_not_stop_its_neighbours(void **state)
{
    (void)state;
    struct driver *d = three_packages();
    driver_start(d, 1, 1, 1, 300000, "{}");
    for (uint32_t i = 2; i < 12; i++)
        driver_start(d, i, 3, 1, 300000, "{}");
    assert_true(driver_turn(d));
    assert_non_null(strstr(d->runs[1].json, "cpu_limit"));
    for (uint32_t i = 2; i < 12; i++)
        assert_string_equal(d->runs[i].json, "1275");
    assert_in_range(d->runs[1].end.cpu_us, 300000, 360000);
    driver_free(d);
}

static void a_run_out_of_memory_leaves_the_others_going(void **state)
{
    (void)state;
    struct driver *d = three_packages();
    for (uint32_t i = 1; i < 20; i++)
        driver_start(d, i, i % 4 == 0 ? 2 : 3, 1, 2000000, "{}");
    assert_true(driver_turn(d));
    for (uint32_t i = 1; i < 20; i++) {
        if (i % 4 == 0)
            assert_non_null(strstr(d->runs[i].json, "memory_limit"));
        else
            assert_string_equal(d->runs[i].json, "1275");
    }
    assert_true(d->vm->heap.used < 4 * 1024 * 1024);
    driver_free(d);
}

static void thousands_of_runs_leave_nothing_behind(void **state)
{
    (void)state;
    struct driver *d = three_packages();
    size_t after_first = 0;
    for (int i = 0; i < 3000; i++) {
        driver_start(d, 1 + (uint32_t)i % 50, 3, 1, 2000000, "{\"input\":[1,2,3]}");
        if (i % 50 == 49)
            assert_true(driver_turn(d));
        if (i == 99) {
            mb_vm_collect(d->vm);
            after_first = d->vm->heap.used;
        }
    }
    mb_vm_collect(d->vm);
    assert_int_equal(d->vm->n_runs, 0);
    assert_true(d->vm->heap.used < after_first + 4096);
    driver_free(d);
}

/* STOP is read between slices, and the loop gives up its slice: here by the driver's turn. */
static void stop_ends_a_loop(void **state)
{
    (void)state;
    struct driver *d = three_packages();
    driver_start(d, 1, 1, 1, UINT64_MAX / 2, "{}");
    assert_true(d->vm && !d->runs[1].over);
    driver_send(d, MB_MSG_STOP, 1, 0, NULL, 0, "");
    assert_true(driver_turn(d));
    assert_true(d->runs[1].stopped);
    assert_int_equal(d->runs[1].stopped_step, 0);
    assert_int_equal(d->vm->n_runs, 0);
    driver_free(d);
}

static void stop_of_an_idle_run_only_if_idle(void **state)
{
    (void)state;
    struct driver *d = three_packages();
    d->hold = true;
    driver_start(d, 1, 3, 1, 2000000, "{}");
    driver_start(d, 2, 3, 1, 2000000, "{}");
    assert_true(driver_turn(d)); /* both wait for their first call */
    driver_release(d);           /* answers are on their way */
    driver_send(d, MB_MSG_STOP, 1, 1, NULL, 0, "");
    assert_true(driver_turn(d));
    assert_int_equal(d->runs[1].stopped_step, 1);
    driver_send(d, MB_MSG_STOP, 2, 1, NULL, 0, "");
    assert_true(driver_turn(d));
    assert_int_equal(d->runs[2].stopped_step, 0);
    assert_int_equal(d->vm->n_runs, 1);
    driver_send(d, MB_MSG_STOP, 5, 0, NULL, 0, ""); /* no such run: answered all the same */
    assert_true(driver_turn(d));
    assert_true(d->runs[5].stopped);
    driver_free(d);
}

static void a_run_tells_whether_it_computes_and_stays(void **state)
{
    (void)state;
    struct driver *d = three_packages();
    d->hold = true;
    driver_start(d, 1, 3, 1, 2000000, "{}");
    assert_true(driver_turn(d)); /* it waits for its first call */
    driver_send(d, MB_MSG_STOP, 1, 2, NULL, 0, "");
    assert_true(driver_turn(d));
    assert_int_equal(d->runs[1].stopped_step, 2);
    driver_release(d); /* the answer is on its way */
    driver_send(d, MB_MSG_STOP, 1, 2, NULL, 0, "");
    assert_true(driver_turn(d));
    assert_int_equal(d->runs[1].stopped_step, 1);
    assert_int_equal(d->vm->n_runs, 1);
    driver_send(d, MB_MSG_STOP, 5, 2, NULL, 0, ""); /* no such run: answered all the same */
    assert_true(driver_turn(d));
    assert_int_equal(d->runs[5].stopped_step, 2);
    driver_free(d);
}

static void pong_tells_how_many_could_go_on(void **state)
{
    (void)state;
    struct driver *d = three_packages();
    driver_send(d, MB_MSG_PING, 0, 9, NULL, 0, "");
    assert_true(driver_turn(d));
    assert_int_equal(d->n_pongs, 1);
    assert_int_equal(d->pong_computing, 0);
    for (uint32_t i = 1; i <= 3; i++)
        driver_start(d, i, 3, 1, 2000000, "{}");
    driver_send(d, MB_MSG_PING, 0, 10, NULL, 0, "");
    assert_true(driver_turn(d));
    assert_int_equal(d->pong_computing, 3);
    driver_free(d);
}

static void frames_that_make_no_sense_break_off(void **state)
{
    (void)state;
    static const struct {
        enum mb_msg_type type;
        uint32_t run;
        const char *payload;
    } rows[] = {
        {MB_MSG_FORK, 0, "{}"},
        {MB_MSG_RESULT, 0, ""},
        {MB_MSG_START, 1, "short"},
        {MB_MSG_ANSWER, 1, "short"},
        {MB_MSG_START, UINT32_MAX, "0123456789012345678901234567890123456789"},
        {MB_MSG_READY, 0, ""},
    };
    for (size_t i = 0; i < MB_LEN(rows); i++) {
        struct driver *d = driver_new(MB_VM_AGENT, 16 * 1024 * 1024);
        driver_send(d, rows[i].type, rows[i].run, 0, NULL, 0, rows[i].payload);
        assert_false(driver_turn(d));
        driver_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_does_not_stop_its_neighbours),
        cmocka_unit_test(a_run_out_of_memory_leaves_the_others_going),
        cmocka_unit_test(thousands_of_runs_leave_nothing_behind),
        cmocka_unit_test(stop_ends_a_loop),
        cmocka_unit_test(stop_of_an_idle_run_only_if_idle),
        cmocka_unit_test(a_run_tells_whether_it_computes_and_stays),
        cmocka_unit_test(pong_tells_how_many_could_go_on),
        cmocka_unit_test(frames_that_make_no_sense_break_off),
    };
    int failed = cmocka_run_group_tests_name("neighbours", tests, NULL, NULL);
    return failed + run_lua_cases("limits", cases, MB_LEN(cases));
}
