/* gate/simulate: who answers a call that is not really made, and what is noted of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gate/simulate.h"
#include "io/loop.h"
#include "unit/parse.h"

static struct mb_loop loop;
static struct mb_gate real;
static struct mb_grant grant;
static json_t *manifest;

static int setup(void **state)
{
    (void)state;
    struct mb_err err;
    mb_loop_init(&loop);
    mb_tools_init(&real.tools);
    json_t *tool = parse("{\"name\":\"http.get\",\"kind\":\"io\",\"price_micros\":7,\"args\":{}}");
    if (mb_tools_add_core(&real.tools, &err) < 0 || mb_tools_add(&real.tools, tool, NULL, &err) < 0)
        fail_msg("%s", err.message);
    json_decref(tool);
    real.loop = &loop;
    manifest = parse("{\"name\":\"a_b\",\"tools\":[\"http.get\",\"kv.get\",\"sleep\"],"
                     "\"hosts\":[\"api.example.com:443\",\"*.idle.example\"],"
                     "\"secrets\":[\"KEY\",{\"name\":\"SPARE\"}],"
                     "\"pricing\":{\"per_run_micros\":100}}");
    grant.hosts = json_incref(json_object_get(manifest, "hosts"));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(grant.hosts);
    json_decref(manifest);
    mb_tools_release(&real.tools);
    mb_loop_release(&loop);
    return 0;
}

static struct mb_simulator *make(const char *answers, const char *decisions)
{
    struct mb_err err;
    json_t *given = parse(answers), *rules = parse(decisions);
    const struct mb_simulator_config config = {
        .gate = &real, .manifest = manifest, .seed = 1, .answers = given, .decisions = rules};
    struct mb_simulator *sim = mb_simulator_new(&config, &err);
    json_decref(given);
    json_decref(rules);
    assert_non_null(sim);
    return sim;
}

/* A call and what came of it. */
struct outcome {
    struct mb_gate_call call;
    bool is_done;
    char text[512];
    struct mb_usage usage;
    int code;
};

static void on_done(struct mb_gate_call *call, struct mb_str result, const struct mb_usage *usage,
                    const struct mb_err *err)
{
    struct outcome *o = MB_CONTAINER_OF(call, struct outcome, call);
    o->is_done = true;
    o->usage = *usage;
    o->code = err ? err->code : 0;
    snprintf(o->text, sizeof(o->text), "%.*s",
             MB_STR_ARG(err ? mb_str_c(mb_err_wire(err)) : result));
}

static int start(struct mb_simulator *sim, struct outcome *o, const char *tool, const char *args)
{
    struct mb_err err = {0};
    struct mb_gate *gate = mb_simulator_gate(sim);
    *o = (struct outcome){.call = {.gate = gate,
                                   .tool = mb_tools_get(&gate->tools, mb_str_c(tool)),
                                   .grant = &grant,
                                   .args = parse(args),
                                   .on_done = on_done}};
    int rc = mb_gate_start(&o->call, &err);
    o->code = err.code;
    return rc;
}

/* Calls, and waits for the answer. */
static void ask(struct mb_simulator *sim, struct outcome *o, const char *tool, const char *args)
{
    if (start(sim, o, tool, args) == 0)
        while (!o->is_done)
            mb_loop_turn(&loop, -1);
    json_decref(o->call.args);
    assert_null(o->call.note);
}

static void gives_answers_in_turn_and_only_for_their_arguments(void **state)
{
    (void)state;
    struct outcome o;
    struct mb_simulator *sim = make("{\"kv.get\":[{\"args\":{\"key\":\"b\"},\"result\":{\"n\":1}},"
                                    "{\"n\":2},{\"error\":{\"code\":\"too_odd\"}}]}",
                                    NULL);
    static const char *const want[] = {"{\"n\":2}", "{\"n\":1}", "too_odd"};
    static const char *const args[] = {"{\"key\":\"a\"}", "{\"key\":\"b\"}", "{\"key\":\"b\"}"};
    for (size_t i = 0; i < MB_LEN(want); i++) {
        ask(sim, &o, "kv.get", args[i]);
        assert_string_equal(o.text, want[i]);
        assert_string_equal(o.usage.source, "answers");
    }
    ask(sim, &o, "kv.get", "{\"key\":\"b\"}"); /* used up: the usual source */
    assert_string_equal(o.usage.source, "memory");
    mb_simulator_free(sim);
}

static void completes_what_is_given_for_models(void **state)
{
    (void)state;
    static const struct {
        const char *tool, *answer, *want;
    } cases[] = {
        {"llm.json", "{\"a\":1}", "{\"value\":{\"a\":1}"},
        {"llm.chat", "\"hello\"", "{\"text\":\"hello\""},
        {"llm.chat", "{\"tool_calls\":[{\"id\":\"1\"}]}", "{\"tool_calls\":[{\"id\":\"1\"}]"},
        {"llm.embed", "[[1]]", "{\"vectors\":[[1]]"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct outcome o;
        char answers[128];
        snprintf(answers, sizeof(answers), "{\"%s\":[%s]}", cases[i].tool, cases[i].answer);
        struct mb_simulator *sim = make(answers, NULL);
        ask(sim, &o, cases[i].tool, "{\"model\":\"m\"}");
        assert_memory_equal(o.text, cases[i].want, strlen(cases[i].want));
        assert_non_null(strstr(o.text, "\"usage\":{"));
        mb_simulator_free(sim);
    }
}

static void lets_the_clock_jump_and_rules_decide(void **state)
{
    (void)state;
    static const struct {
        const char *tool, *args, *want;
        int64_t passed_us;
    } cases[] = {
        {"sleep", "{\"seconds\":90}", "{\"slept\":true}", 90000000},
        {"approve", "{\"title\":\"Pay 5?\"}",
         "{\"approved\":true,\"by\":\"simulator\",\"comment\":null,\"data\":null}", 0},
        {"approve", "{\"title\":\"DELETE all?\"}",
         "{\"approved\":false,\"by\":\"kim\",\"comment\":\"no\",\"data\":null}", 0},
        {"approve", "{\"title\":\"late\",\"deadline_s\":2,\"on_deadline\":\"approve\"}",
         "{\"approved\":true,\"by\":\"deadline\",\"comment\":null,\"data\":null}", 2000000},
        {"approve", "{\"title\":\"late\",\"on_deadline\":\"fail\"}", "timeout", 0},
        {"ask", "{\"title\":\"late\",\"form\":true,\"default\":3}",
         "{\"approved\":true,\"by\":\"deadline\",\"data\":3}", 0},
        {"ask", "{\"title\":\"which\",\"form\":{}}",
         "{\"approved\":true,\"by\":\"simulator\",\"comment\":null,\"data\":7}", 0},
    };
    struct mb_simulator *sim = make(
        NULL, "[{\"title\":\"delete\",\"decide\":\"reject\",\"by\":\"kim\",\"comment\":\"no\"},"
              "{\"title\":\"late\",\"decide\":\"deadline\"},"
              "{\"tool\":\"ask\",\"decide\":\"approve\",\"data\":7}]");
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct outcome o;
        ask(sim, &o, cases[i].tool, cases[i].args);
        assert_string_equal(o.text, cases[i].want);
        assert_int_equal(o.usage.passed_us, cases[i].passed_us);
        assert_string_equal(o.usage.source, i ? "rule" : "clock");
    }
    mb_simulator_free(sim);
}

static void refuses_what_the_package_does_not_name(void **state)
{
    (void)state;
    struct outcome o;
    struct mb_simulator *sim = make("{\"http.get\":[1,2]}", NULL);
    ask(sim, &o, "http.get",
        "{\"url\":\"https://api.example.com/x\",\"auth\":{\"secret\":\"KEY\"}}");
    assert_string_equal(o.text, "1");
    ask(sim, &o, "http.get", "{\"url\":\"https://evil.example/x\"}");
    assert_int_equal(o.code, MB_E_EGRESS_DENIED);
    ask(sim, &o, "http.get", "{\"url\":\"https://api.example.com/\",\"auth\":{\"secret\":\"NO\"}}");
    assert_int_equal(o.code, MB_E_NOT_FOUND);
    json_t *step = parse("{\"tool\":\"kv.set\",\"error\":{\"code\":\"tool_denied\"}}");
    mb_simulator_see_step(sim, step);
    json_decref(step);
    json_t *permissions = mb_simulator_permissions(sim);
    json_t *want = parse(
        "{\"tools\":{\"used\":[\"http.get\"],\"unused\":[\"kv.get\",\"sleep\"],"
        "\"denied\":[\"kv.set\"]},\"models\":{\"used\":[],\"unused\":[],\"denied\":[]},"
        "\"hosts\":{\"used\":[\"api.example.com\"],\"unused\":[\"*.idle.example\"],"
        "\"denied\":[\"evil.example\"]},\"secrets\":{\"used\":[\"KEY\"],\"unused\":[\"SPARE\"],"
        "\"denied\":[\"NO\"]},\"collections\":{\"used\":[]}}");
    assert_true(mb_json_eq(permissions, want));
    json_t *cost = mb_simulator_cost(sim);
    assert_int_equal(mb_json_int(cost, "likely_micros", 0), 107);
    json_decref(cost);
    json_decref(permissions);
    json_decref(want);
    mb_simulator_free(sim);
}

static void forgets_a_call_that_is_cancelled(void **state)
{
    (void)state;
    struct outcome o;
    struct mb_simulator *sim = make(NULL, NULL);
    assert_int_equal(start(sim, &o, "sleep", "{\"seconds\":1}"), 0);
    mb_gate_cancel(&o.call);
    mb_loop_turn(&loop, 0);
    assert_false(o.is_done);
    assert_null(o.call.note);
    json_decref(o.call.args);
    mb_simulator_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_answers_in_turn_and_only_for_their_arguments),
        cmocka_unit_test(completes_what_is_given_for_models),
        cmocka_unit_test(lets_the_clock_jump_and_rules_decide),
        cmocka_unit_test(refuses_what_the_package_does_not_name),
        cmocka_unit_test(forgets_a_call_that_is_cancelled),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
