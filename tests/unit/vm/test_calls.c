/* Calls, branches, errors, modules, determinism: what a run's code can rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "driver.h"

static const struct lua_case cases[] = {
    /* input and output */
    {"nulls_in_objects_are_absent", "return {input.no == nil, moon.json.null == nil}",
     "[true,false]"},
    {"empty_lists_stay_lists", "return input", "{\"list\":[],\"n\":3}"},
    {"no_output_is_null", "return", "null"},
    {"context_has_the_rest", "return {run_id = ctx.run_id, input = ctx.input == nil}",
     "{\"input\":true,\"run_id\":\"run_1\"}"},
    {"keys_are_sorted", "return {b = 1, a = {z = 1, y = 2}, aa = 3, A = 4}",
     "{\"A\":4,\"a\":{\"y\":2,\"z\":1},\"aa\":3,\"b\":1}"},
    {"integers_have_no_fraction", "return {1, -0, 2^53, 1e15, 0.1, 1/3, 1e300, 2^60, -5}",
     "[1,0,9007199254740992,1000000000000000,0.1,0.3333333333333333,1e+300,1.152921504606847e+18,"
     "-5]"},
    {"arrays_can_be_marked", "return {a = moon.json.array{}, b = moon.json.array{1}, c = {}}",
     "{\"a\":[],\"b\":[1],\"c\":{}}"},
    {"json_text_there_and_back",
     "local t = '{\"a\":[1,[],{\"b\":[]}],\"c\":[null,\"[]\",\" [ ] \"],\"d\":{}}' "
     "return {moon.json.encode(moon.json.decode(t)) == t, moon.json.encode(moon.json.decode('[ "
     "]'))}",
     "[true,\"[]\"]"},
    {"json_text_that_is_wrong_is_told",
     "local v, e = moon.json.decode('{\"a\":') return {v == nil, type(e), "
     "(moon.json.decode('[1,]')) == nil, (moon.json.decode('')) == nil, "
     "(moon.json.decode('NaN')) == nil, (moon.json.decode(('['):rep(100) .. (']'):rep(100))) == "
     "nil}",
     "[true,\"string\",true,true,true,true]"},
    {"json_null_in_a_list_is_kept", "return moon.json.decode('[null,{\"x\":null}]')", "[null,{}]"},
    {"json_strings_with_escapes", "return moon.json.decode('\"\\\\u00e4\\\\n\\\\\"\"') .. '\\1'",
     "\"\xC3\xA4\\n\\\"\\u0001\""},

    /* calls */
    {"a_call_answers", "return moon.tool('echo', {a = {1, 2}, b = 'x'})",
     "{\"a\":[1,2],\"b\":\"x\"}"},
    {"tools_by_path",
     "return {moon.tools.echo{v = 1}.v, pcall(moon.tools.a.b, {}), type(moon.tools.x.y.z)}",
     "[1,true,\"table\"]"},
    {"a_call_may_answer_null", "return {moon.tool('null') == nil, 1}", "[true,1]"},
    {"a_large_answer_arrives", "return #moon.tool('big')", "20001"},
    {"a_failed_call_raises_its_error",
     "local ok, e = pcall(moon.tool, 'fail', {code = 'c', message = 'm', retryable = true, details "
     "= "
     "{x = 1}}) return {ok, e.code, e.message, e.retryable, e.details.x}",
     "[false,\"c\",\"m\",true,1]"},
    {"an_uncaught_failed_call_fails_the_run",
     "\n moon.tool('fail', {code = 'odd.code', message = 'm'})",
     "!odd.code \"file\":\"main.lua\",\"line\":2"},
    {"names_of_tools_are_checked",
     "return {pcall(moon.tool, 'a b'), (pcall(moon.tool, '')), (pcall(moon.tool, ('x'):rep(65))), "
     "(pcall(moon.tool, 'a\\0b')), (pcall(moon.tool))}",
     "[false,false,false,false,false]"},
    {"unknown_options_are_refused", "return (pcall(moon.tool, 'echo', {}, {retry = 1}))", "false"},
    {"retries_are_made_when_it_may_help",
     "local ok, e = pcall(moon.tool, 'fail', {code = 'c', retryable = true}, {retries = 2, "
     "backoff_s = 10}) return {e.code, moon.now() > 1700000030, moon.now() < 1700000031}",
     "[\"c\",true,true]"},
    {"no_retries_when_it_cannot_help",
     "pcall(moon.tool, 'fail', {code = 'c'}, {retries = 2, backoff_s = 10}) "
     "return moon.now() < 1700000001",
     "true"},

    /* errors of the agent's own */
    {"an_error_text_has_file_and_line", "\n\nerror('broken')",
     "!agent_error \"message\":\"broken\",\"retryable\":false,\"file\":\"main.lua\",\"line\":3"},
    {"an_error_table_has_its_code",
     "\nlocal function f() error({code = 'no_stock', message = 'none left', retryable = true, "
     "details = {sku = 'a'}}) end\nf()",
     "!no_stock \"message\":\"none left\",\"retryable\":true,\"details\":{\"sku\":\"a\"},"
     "\"file\":\"main.lua\",\"line\":2"},
    {"a_runtime_error_has_file_and_line", "\nlocal x = nil\nreturn x.y",
     "!agent_error attempt to index local 'x' (a nil value)\",\"retryable\":false,"
     "\"file\":\"main.lua\",\"line\":3"},
    {"an_error_has_a_short_trace",
     "\nlocal function inner() error('x') end\nlocal function outer() inner() return 1 "
     "end\nouter()",
     "!agent_error \"traceback\":[\"main.lua:2 in inner\",\"main.lua:3 in outer\",\"main.lua:4\"]"},
    {"an_error_in_a_coroutine_has_its_own_place",
     "\ncoroutine.wrap(function()\nerror({code = 'c'}) end)()", "!c \"line\":3"},
    {"an_error_in_a_branch_has_its_own_place",
     "\nmoon.parallel{function() moon.sleep(1)\nerror({code = 'c'}) end}", "!c \"line\":3"},
    {"an_error_of_a_wrong_code_is_an_agent_error", "error({code = 'Bad Code!', message = 'm'})",
     "!agent_error \"message\":\"m\""},
    {"an_error_without_a_value", "error()", "!agent_error error value is a nil"},
    {"an_error_with_details_that_are_no_json", "error({code = 'c', details = {print}})", "!c"},
    {"an_error_whose_tostring_loops",
     "error(setmetatable({}, {__tostring = function() while true do end end, __index = function() "
     "while true do end end}))",
     "!agent_error"},
    {"an_error_with_a_huge_message_is_cut", "error(('x'):rep(1e6), 0)", "!agent_error xxx"},
    {"an_error_with_bytes_that_are_no_text", "error('a\\0b\\255c', 0)", "!agent_error \"a?b?c\""},

    /* branches */
    {"parallel_gathers_by_index",
     "return moon.parallel{function() moon.sleep(3) return 'a' end, function() return 'b' end, "
     "function() moon.sleep(1) return 'c' end}",
     "[\"a\",\"b\",\"c\"]"},
    {"parallel_gathers_by_name",
     "return moon.parallel{x = function() return moon.tool('echo', {v = 1}).v end, y = function() "
     "return 2 end}",
     "{\"x\":1,\"y\":2}"},
    {"parallel_starts_in_order",
     "local t = {} local function b(i) return function() t[#t + 1] = i moon.sleep(1) end end "
     "moon.parallel({b(1), b(2), b(3), b(4)}, {limit = 2}) return t",
     "[1,2,3,4]"},
    {"parallel_of_nothing", "return {moon.parallel{}, #moon.map({}, print)}", "[{},0]"},
    {"parallel_nests",
     "return moon.map({1, 2, 3}, function(x) return moon.map({10, 20}, function(y) moon.sleep(x) "
     "return x * y end) end)",
     "[[10,20],[20,40],[30,60]]"},
    {"parallel_raises_the_first_error_by_index",
     "local done = 0 local ok, e = pcall(moon.parallel, {function() moon.sleep(1) done = done + 1 "
     "end, function() moon.sleep(1) error('two', 0) end, function() error('three', 0) end}) "
     "return {e, done}",
     "[\"two\",1]"},
    {"parallel_starts_no_more_after_an_error",
     "local n = 0 pcall(moon.map, {1, 2, 3, 4, 5, 6}, function(i) n = n + 1 if i == 2 then "
     "error('x') "
     "end moon.sleep(1) end, {limit = 2}) return n",
     "2"},
    {"parallel_checks_its_arguments",
     "return {(pcall(moon.parallel, 1)), (pcall(moon.parallel, {1})), (pcall(moon.map, {}, nil)), "
     "(pcall(moon.parallel, {}, {limit = 0})), (pcall(moon.race, {}))}",
     "[false,false,false,false,false]"},
    {"race_gives_the_first",
     "return {moon.race{function() moon.sleep(1) return 'a' end, function() return 'b' end}}",
     "[\"b\",2]"},
    {"race_passes_over_failures",
     "return {moon.race{function() error('x') end, function() moon.sleep(1) return 'b' end}}",
     "[\"b\",2]"},
    {"race_of_failures_fails",
     "return {pcall(moon.race, {function() moon.sleep(1) error('a', 0) end, function() "
     "error('b', 0) end})}",
     "[false,\"b\"]"},
    {"race_leaves_the_losers",
     "local r = moon.race{function() moon.tool('never') return 1 end, function() return 2 end} "
     "return {r, moon.tool('echo', {v = 3}).v}",
     "[2,3]"},
    {"branches_in_a_coroutine",
     "return coroutine.wrap(function() local r = moon.parallel{function() moon.sleep(1) return 1 "
     "end, "
     "function() return 2 end} coroutine.yield(r) end)()",
     "[1,2]"},

    /* clock and chance */
    {"the_clock_is_the_runs",
     "local a = os.time() moon.sleep(90) return {a, os.time() - a, os.clock(), "
     "os.date('!%H:%M:%S'), "
     "os.date('*t').year}",
     "[1700000000,90,90.001,\"22:14:50\",2023]"},
    {"the_clock_stands_without_calls",
     "local a = moon.now() for i = 1, 1e6 do end return moon.now() == a and os.clock() == 0",
     "true"},
    {"dates_of_times",
     "return {os.time{year = 2024, month = 2, day = 29, hour = 0}, os.date('!%Y-%m-%dT%H:%M:%SZ', "
     "0), os.date('%d%%', 0), (pcall(os.time, {year = 2024})), os.difftime(5, 3)}",
     "[1709164800,\"1970-01-01T00:00:00Z\",\"01%\",false,2]"},
    {"random_is_in_its_range",
     "for i = 1, 1000 do local a, b, c = math.random(), math.random(6), math.random(-3, 3) "
     "if a < 0 or a >= 1 or b < 1 or b > 6 or c < -3 or c > 3 or c % 1 ~= 0 then return {a, b, c} "
     "end end return (pcall(math.random, 0))",
     "false"},
    {"random_can_be_seeded",
     "math.randomseed(1) local a = math.random(1e6) math.randomseed(1) return math.random(1e6) == "
     "a",
     "true"},
    {"uuid_is_version_4",
     "local u = moon.uuid() return {#u, u:match('^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$') == u, "
     "u ~= moon.uuid()}",
     "[36,true,true]"},

    /* modules */
    {"modules_of_the_kit",
     "return {require('moon') == moon, require('moon.text') == moon.text, (pcall(require, "
     "'moon.none')), (pcall(require, 'none')), (pcall(require, '../x')), (pcall(require, 1))}",
     "[true,true,false,false,false,false]"},
    {"prompts_of_the_package", "return (pcall(moon.prompt, 'none'))", "false"},
};

static const char *run_again(struct driver *d, const char *source, uint8_t seed, char **out)
{
    driver_package(d, 2, "main.lua", source, NULL);
    driver_start(d, 2, 2, seed, 2000000, "{\"input\":{}}");
    assert_true(driver_turn(d));
    while (!d->runs[2].over) {
        driver_release(d);
        assert_true(driver_turn(d));
    }
    *out = mb_strdup(d->runs[2].json);
    return *out;
}

static const char CHANCE[] =
    "local moon = require 'moon' return function() local t = {moon.uuid(), math.random(), "
    "moon.random(1, 1e9), tostring({})} local r = moon.map({1, 2, 3, 4}, function(i) "
    "moon.tool('echo', {i = i}) return {moon.uuid(), math.random()} end) return {t, r, "
    "moon.uuid()} "
    "end";

static void the_same_seed_gives_the_same_run(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_AGENT, 16 << 20), *e = driver_new(MB_VM_AGENT, 16 << 20);
    char *a, *b, *c;
    run_again(d, CHANCE, 1, &a);
    run_again(e, CHANCE, 1, &b);
    run_again(e, CHANCE, 2, &c);
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    free(a);
    free(b);
    free(c);
    driver_free(d);
    driver_free(e);
}

static void the_order_of_answers_changes_nothing(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_AGENT, 16 << 20);
    char *a, *b;
    d->hold = true;
    run_again(d, CHANCE, 1, &a);
    d->reversed = true;
    run_again(d, CHANCE, 1, &b);
    assert_string_equal(a, b);
    free(a);
    free(b);
    driver_free(d);
}

static void runs_do_not_see_each_other(void **state)
{
    (void)state;
    static const char source[] =
        "local moon = require 'moon' local util = require 'util' local top = 0 "
        "return function() top = top + 1 count = (count or 0) + 1 util.n = util.n + 1 "
        "local before = {string.mine, moon.text.mine, table.mine, moon.mine, rawget(math, 'mine'), "
        "coroutine.mine, moon.json.mine, moon.log.mine} "
        "string.mine = 1 moon.text.mine = 1 rawset(table, 'mine', 1) moon.mine = 1 "
        "table.insert(math, 1) math.mine = 1 coroutine.mine = 1 moon.json.mine = 1 moon.log.mine = "
        "1 "
        "string.upper = nil pcall(function() input.list.x = 1 end) moon.json.array().x = 1 "
        "pcall(setmetatable, string, {__index = {mine = 1}}) "
        "return {top, count, util.n, #before, ('a'):upper()} end";
    struct driver *d = driver_new(MB_VM_AGENT, 16 << 20);
    driver_package(d, 1, "main.lua", source, "util.lua", "return {n = 0}", NULL);
    for (uint32_t i = 1; i < 20; i++)
        driver_start(d, i, 1, 1, 2000000, "{\"input\":{}}");
    assert_true(driver_turn(d));
    for (uint32_t i = 1; i < 20; i++)
        assert_string_equal(d->runs[i].json, "[1,1,1,0,\"A\"]");
    driver_free(d);
}

static void packages_have_files_of_their_own(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_AGENT, 16 << 20);
    driver_package(
        d, 1, "main.lua",
        "local a, b = require 'lib.a', require 'lib.a' local moon = require 'moon' "
        "return function(input) return {a.name, a == b, (pcall(require, 'broken')), "
        "select(2, pcall(require, 'broken2')), (pcall(require, 'prompts.hello')), "
        "moon.prompt('hello', input)} end",
        "lib/a.lua", "local name = ... return {name = name}", "broken.lua", "x =", "broken2.lua",
        "\n\nx =", "prompts/hello.md",
        "Hello {{who.name | upper}}, {{none}}{{n}} {{l | join:\"+\"}} {{m | default: \"x\"}}!",
        NULL);
    driver_start(d, 1, 1, 1, 2000000,
                 "{\"input\":{\"who\":{\"name\":\"ann\"},\"n\":2,\"l\":[1,2]}}");
    assert_true(driver_turn(d));
    assert_string_equal(d->runs[1].json,
                        "[\"lib.a\",true,false,\"broken2.lua:3: unexpected symbol near '<eof>'\","
                        "false,\"Hello ANN, 2 1+2 x!\"]");
    driver_free(d);
}

static void a_package_that_is_wrong_is_told_by_its_run(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text, *expect;
    } rows[] = {
        {"main.lua", "return {", "\"file\":\"main.lua\",\"line\":1"},
        {"main.lua", "\n\nlocal x = = 1", "\"file\":\"main.lua\",\"line\":3"},
        {"main.lua", "\x1bLJ\x02", "compiled code is not accepted"},
        {"main.lua", "return 5", "invalid_package"},
        {"main.lua", "end return function() while true do end", "'<eof>' expected near 'end'"},
        {"main.lua", "error('at the top')", "at the top"},
        {"main.lua", "", "main.lua must return a function, not a nil"},
        {"main.lua", "#!/usr/bin/lua\nreturn 1", "\"line\":1"},
        {"other.lua", "return 5", "the package has no main.lua"},
    };
    struct driver *d = driver_new(MB_VM_AGENT, 16 << 20);
    for (size_t i = 0; i < MB_LEN(rows); i++) {
        driver_package(d, 1, rows[i].path, rows[i].text, NULL);
        driver_start(d, 1, 1, 1, 2000000, "{\"input\":{}}");
        assert_true(driver_turn(d));
        if (d->runs[1].ok || !strstr(d->runs[1].json, rows[i].expect))
            fail_msg("%s: %s", rows[i].text, d->runs[1].json);
    }
    driver_send(d, MB_MSG_DROP, 1, 0, NULL, 0, "");
    driver_start(d, 1, 1, 1, 2000000, "{\"input\":{}}");
    assert_true(driver_turn(d));
    assert_non_null(strstr(d->runs[1].json, "there is no package in slot 1"));
    driver_free(d);
}

static void options_go_beside_the_arguments(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_AGENT, 16 << 20);
    const struct outcome *o = driver_run(
        d,
        "local moon = require 'moon' return function() moon.tool('echo', {b = 1, a = 2}) "
        "moon.tool('echo', nil, {timeout_ms = 5, retries = 1}) moon.tool('echo', {}, {retries = "
        "1}) "
        "moon.llm.chat{prompt = 'hi'} moon.llm.chat('hi') moon.memory.search('kb', 'q', {limit = "
        "3}) "
        "moon.kv.set('k', {1}) moon.approve{title = 't'} moon.ask('why?') end",
        NULL);
    assert_string_equal(o->calls, "echo {\"args\":{\"a\":2,\"b\":1}}\n"
                                  "echo {\"args\":{},\"opts\":{\"timeout_ms\":5}}\n"
                                  "echo {\"args\":{}}\n"
                                  "llm.chat {\"args\":{\"prompt\":\"hi\"}}\n"
                                  "llm.chat {\"args\":{\"prompt\":\"hi\"}}\n"
                                  "memory.search {\"args\":{\"collection\":\"kb\",\"limit\":3,"
                                  "\"query\":\"q\"}}\n"
                                  "kv.set {\"args\":{\"key\":\"k\",\"value\":[1]}}\n"
                                  "approve {\"args\":{\"title\":\"t\"}}\n"
                                  "ask {\"args\":{\"form\":{\"type\":\"string\"},"
                                  "\"title\":\"why?\"}}\n");
    driver_free(d);
}

static void logs_and_events_are_told(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_AGENT, 16 << 20);
    const struct outcome *o = driver_run(
        d,
        "local moon = require 'moon' return function() print('a', 1, nil) moon.log('plain') "
        "moon.log('warn', 'text') moon.log.error('bad', {}) moon.log.debug('x\\255y') "
        "moon.emit('progress', {done = 1}) moon.emit('note') "
        "return {(pcall(moon.emit, 'x', {print})), (pcall(moon.emit)), "
        "(pcall(moon.emit, 'x', ('x'):rep(1e5)))} end",
        NULL);
    assert_string_equal(o->log, "1 a\t1\tnil\n1 plain\n2 text\n3 bad\ttable: 0x00000001\n0 x?y\n");
    assert_string_equal(o->events, "{\"data\":{\"done\":1},\"name\":\"progress\"}\n"
                                   "{\"name\":\"note\"}\n");
    assert_string_equal(o->json, "[false,false,false]");
    driver_free(d);
}

static void a_flood_waits_for_room(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_AGENT, 16 << 20);
    driver_package(d, 1, "main.lua",
                   "local moon = require 'moon' return function() local s = ('x'):rep(50000) "
                   "for i = 1, 200 do moon.emit('e', s) end return 'through' end",
                   NULL);
    driver_start(d, 1, 1, 1, 2000000, "{\"input\":{}}");
    assert_true(driver_turn(d));
    assert_true(d->vm->link.out.cap <= 1024 * 1024);
    assert_string_equal(d->runs[1].json, "\"through\"");
    driver_free(d);
}

static void answers_nobody_waits_for_are_passed_over(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_AGENT, 16 << 20);
    struct mb_msg_answer head = {.clock_us = 1, .ok = 1};
    d->hold = true;
    driver_package(d, 1, "main.lua",
                   "return function() return require('moon').tool('echo', {a = 1}) end", NULL);
    driver_start(d, 1, 1, 1, 2000000, "{\"input\":{}}");
    assert_true(driver_turn(d));
    driver_send(d, MB_MSG_ANSWER, 1, 2, &head, sizeof(head), "1");
    driver_send(d, MB_MSG_ANSWER, 9, 1, &head, sizeof(head), "1");
    driver_release(d);
    driver_send(d, MB_MSG_ANSWER, 1, 1, &head, sizeof(head), "1");
    assert_true(driver_turn(d));
    assert_string_equal(d->runs[1].json, "{\"a\":1}");
    driver_free(d);
}

static void a_toolbox_runs_jobs_and_tools(void **state)
{
    (void)state;
    struct driver *d = driver_new(MB_VM_TOOLBOX, 64 << 20);
    driver_start(d, 1, 0, 1, 2000000,
                 "{\"input\":{\"job\":\"inspect\",\"input\":{\"files\":{\"main.lua\":\"return 1\","
                 "\"b.lua\":\"x = = 2\",\"c.lua\":\"\\u001bLJ\",\"d.md\":\"x = =\","
                 "\"e.lua\":\"\\n\\nend\"}}}}");
    driver_start(
        d, 2, 0, 1, 2000000,
        "{\"input\":{\"job\":\"inspect\",\"input\":{\"files\":{\"main.lua\":\"return 1\"}}}}");
    driver_start(d, 3, 0, 1, 2000000, "{\"input\":{\"job\":\"none\"}}");
    driver_start(d, 4, 0, 1, 2000000, "{\"input\":{\"job\":\"../host/boot\"}}");
    driver_package(d, 7, "main.lua",
                   "local host = require 'host' return function(args, ctx) "
                   "return {host.http{url = 'u'}, host.call('kv.get', {key = args.k})} end",
                   NULL);
    driver_start(d, 5, 7, 1, 2000000, "{\"input\":{\"k\":\"x\"}}");
    assert_true(driver_turn(d));
    assert_string_equal(
        d->runs[1].json,
        "{\"errors\":[{\"file\":\"b.lua\",\"line\":1,\"message\":\"unexpected symbol "
        "near '='\"},{\"file\":\"c.lua\",\"line\":1,\"message\":\"compiled code is not "
        "accepted\"},{\"file\":\"e.lua\",\"line\":3,\"message\":\"'<eof>' expected "
        "near 'end'\"}]}");
    assert_string_equal(d->runs[2].json, "{\"ok\":true}");
    assert_non_null(strstr(d->runs[3].json, "there is no such job"));
    assert_non_null(strstr(d->runs[4].json, "there is no such job"));
    assert_string_equal(d->runs[5].json, "[{\"url\":\"u\"},{\"key\":\"x\"}]");
    assert_string_equal(d->runs[5].calls,
                        "http {\"args\":{\"url\":\"u\"}}\nkv.get {\"args\":{\"key\":\"x\"}}\n");
    driver_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_run),
        cmocka_unit_test(the_order_of_answers_changes_nothing),
        cmocka_unit_test(runs_do_not_see_each_other),
        cmocka_unit_test(packages_have_files_of_their_own),
        cmocka_unit_test(a_package_that_is_wrong_is_told_by_its_run),
        cmocka_unit_test(options_go_beside_the_arguments),
        cmocka_unit_test(logs_and_events_are_told),
        cmocka_unit_test(a_flood_waits_for_room),
        cmocka_unit_test(answers_nobody_waits_for_are_passed_over),
        cmocka_unit_test(a_toolbox_runs_jobs_and_tools),
    };
    int failed = cmocka_run_group_tests_name("runs", tests, NULL, NULL);
    return failed + run_lua_cases("calls", cases, MB_LEN(cases));
}
