/* A customer's coroutines under preemption and host waits: DESIGN section 2, "User coroutines". */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "driver.h"

/* Long enough to be preempted several times: about 60 ms. */
#define BURN                                                                                       \
    "local function burn(x) local s = 0 for i = 1, 600000 do s = s + i % 7 end return x end "

static const struct lua_case cases[] = {
    /* the plain contract of Lua 5.1 */
    {"resume_and_yield_pass_values",
     "local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) return c * 2, "
     "'end' "
     "end) return {{coroutine.resume(co, 1, 2)}, {coroutine.resume(co, 10)}, "
     "coroutine.status(co)}",
     "[[true,3],[true,20,\"end\"],\"dead\"]"},
    {"no_values_are_no_values",
     "local co = coroutine.create(function() coroutine.yield() end) "
     "return {select('#', coroutine.resume(co)), select('#', coroutine.resume(co))}",
     "[1,1]"},
    {"nil_values_are_values",
     "local co = coroutine.create(function() coroutine.yield(nil, nil) return nil end) "
     "return {select('#', coroutine.resume(co)), select('#', coroutine.resume(co))}",
     "[3,2]"},
    {"resume_of_the_dead_is_an_error",
     "local co = coroutine.create(function() end) coroutine.resume(co) "
     "return {coroutine.resume(co)}",
     "[false,\"cannot resume dead coroutine\"]"},
    {"resume_of_oneself_is_an_error",
     "local co co = coroutine.create(function() return coroutine.resume(co) end) "
     "return {coroutine.resume(co)}",
     "[true,false,\"cannot resume non-suspended coroutine\"]"},
    {"resume_of_the_resumer_is_an_error",
     "local a a = coroutine.create(function() local b = coroutine.create(function() "
     "return coroutine.resume(a) end) return coroutine.resume(b) end) "
     "return {coroutine.resume(a)}",
     "[true,true,false,\"cannot resume non-suspended coroutine\"]"},
    {"errors_come_back_from_resume",
     "return {coroutine.resume(coroutine.create(function() error({code = 'x'}) end))}",
     "[false,{\"code\":\"x\"}]"},
    {"errors_come_out_of_wrap", "return {pcall(coroutine.wrap(function() error('x', 0) end))}",
     "[false,\"x\"]"},
    {"yield_outside_is_an_error", "return {pcall(coroutine.yield, 1)}",
     "[false,\"attempt to yield from outside a coroutine\"]"},
    {"yield_across_sort_is_an_error",
     "local co = coroutine.create(function() table.sort({3, 2, 1}, function() coroutine.yield() "
     "end) "
     "end) return (coroutine.resume(co))",
     "false"},
    {"yield_passes_pcall",
     "local co = coroutine.wrap(function() local ok, v = pcall(function() return "
     "coroutine.yield(1) "
     "end) return v end) return {co(), co('back')}",
     "[1,\"back\"]"},
    {"status_is_told",
     "local a, b local seen = {} a = coroutine.create(function() seen[1] = coroutine.status(a) "
     "b = coroutine.create(function() seen[2] = coroutine.status(a) seen[3] = coroutine.status(b) "
     "end) coroutine.resume(b) coroutine.yield() end) coroutine.resume(a) "
     "seen[4] = coroutine.status(a) seen[5] = coroutine.status(b) return seen",
     "[\"running\",\"normal\",\"running\",\"suspended\",\"dead\"]"},
    {"running_is_nil_in_the_runs_own",
     "local co = coroutine.wrap(function() return coroutine.running() end) "
     "return {coroutine.running() == nil, type(co()), coroutine.isyieldable(), "
     "coroutine.wrap(coroutine.isyieldable)()}",
     "[true,\"thread\",false,true]"},
    {"arguments_are_checked",
     "return {(pcall(coroutine.create, 1)), (pcall(coroutine.wrap)), (pcall(coroutine.resume, 1)), "
     "(pcall(coroutine.status, {}))}",
     "[false,false,false,false]"},

    /* preemption */
    {"preemption_is_not_seen_by_the_resumer",
     BURN "local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(burn(i)) end end) "
          "local t = {} for v in co do t[#t + 1] = v end return t",
     "[1,2,3]"},
    {"preemption_passes_nested_wraps",
     BURN "local function nest(n) if n == 0 then return burn('deep') end "
          "return coroutine.wrap(nest)(n - 1) end return nest(20)",
     "\"deep\""},
    {"preemption_passes_pcall_and_metamethods",
     BURN "local t = setmetatable({}, {__index = function(_, k) return burn(k) end, "
          "__add = function(a, b) return burn(7) end, __call = function(_, x) return burn(x) end, "
          "__concat = function() return burn('c') end, __lt = function() return burn(true) end}) "
          "local co = coroutine.wrap(function() local ok, v = pcall(function() return t.a end) "
          "coroutine.yield(v) coroutine.yield(t + t) coroutine.yield(t(5)) coroutine.yield(t .. t) "
          "coroutine.yield(t < t) end) return {co(), co(), co(), co(), co()}",
     "[\"a\",7,5,\"c\",true]"},
    {"preemption_in_sort_and_gsub_waits",
     BURN "local t = {3, 1, 2} table.sort(t, function(a, b) burn() return a < b end) "
          "return {t, (('abc'):gsub('.', function(c) return burn(c) .. c end))}",
     "[[1,2,3],\"aabbcc\"]"},
    {"preemption_in_a_coroutine_in_gsub_waits",
     BURN "return (('abc'):gsub('.', function(c) return coroutine.wrap(function() "
          "coroutine.yield(burn(c)) end)() end))",
     "\"abc\""},
    {"preemption_passes_errors",
     BURN "return {pcall(coroutine.wrap(function() burn() error({code = 'late'}) end))}",
     "[false,{\"code\":\"late\"}]"},
    {"preemption_passes_xpcall_handlers",
     BURN
     "return {xpcall(function() burn() error('x', 0) end, function(e) return burn(e .. '!') end)}",
     "[false,\"x!\"]"},

    /* host waits */
    {"a_wait_is_not_seen_by_the_resumer",
     "local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(moon.tool('echo', {i = "
     "i}).i) end end) local t = {} for v in co do t[#t + 1] = v end return t",
     "[1,2,3]"},
    {"a_wait_passes_nested_coroutines",
     "local function nest(n) if n == 0 then return moon.tool('echo', {v = 'deep'}).v end "
     "return coroutine.wrap(nest)(n - 1) end return nest(20)",
     "\"deep\""},
    {"a_wait_passes_pcall_and_metamethods",
     "local t = setmetatable({}, {__index = function(_, k) return moon.tool('echo', {k = k}).k "
     "end}) "
     "return {pcall(function() return t.a .. t.b end)}",
     "[true,\"ab\"]"},
    {"a_wait_in_sort_is_a_clear_error",
     "return {pcall(table.sort, {3, 2, 1}, function(a, b) moon.tool('echo', {}) end)}",
     "[false,\"a call of a tool is not possible inside a function that table.sort or string.gsub "
     "calls\"]"},
    {"a_wait_in_a_coroutine_in_gsub_is_a_clear_error_and_no_call",
     "local ok, e = pcall(string.gsub, 'a', 'a', function() coroutine.wrap(function() "
     "moon.tool('never', {}) end)() end) return e",
     "\"a call of a tool is not possible inside a function that table.sort or string.gsub calls\""},
    {"a_failed_call_is_raised_in_the_coroutine",
     "return {coroutine.wrap(function() local ok, e = pcall(moon.tool, 'fail', {code = 'c', "
     "message = "
     "'m'}) coroutine.yield(e.code) end)()}",
     "[\"c\"]"},
    {"a_waiting_coroutine_cannot_be_resumed_by_a_branch",
     "local co = coroutine.create(function() return moon.tool('echo', {v = 1}).v end) "
     "return moon.parallel{function() return select(2, coroutine.resume(co)) end, "
     "function() return {coroutine.status(co), coroutine.resume(co)} end}",
     "[1,[\"normal\",false,\"cannot resume non-suspended coroutine\"]]"},
    {"a_coroutine_may_move_between_branches",
     "local co = coroutine.wrap(function() for i = 1, 4 do coroutine.yield(moon.tool('echo', {i = "
     "i}).i) end end) local r = moon.map({1, 2, 3, 4}, function() return co() end, {limit = 1}) "
     "return r",
     "[1,2,3,4]"},
    {"waits_and_preemption_mix",
     BURN "local function work(n) return coroutine.wrap(function() local s = 0 for i = 1, 3 do "
          "s = s + burn(moon.tool('echo', {n = n}).n) coroutine.yield(s) end end) end "
          "return moon.map({1, 2, 3}, function(n) local w, v = work(n) for i = 1, 3 do v = w() end "
          "return v end)",
     "[3,6,9]"},
};

int main(void)
{
    return run_lua_cases("coroutines", cases, MB_LEN(cases));
}
