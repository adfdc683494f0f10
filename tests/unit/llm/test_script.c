/* The scripted model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "llm/llm.h"
#include "llm/script.h"

static struct mb_loop loop;
static struct mb_llm *llm;

struct seen {
    bool done, failed;
    struct mb_err err;
    char json[2048], deltas[64];
    int64_t tokens_in;
    int tries;
};

static void on_done(struct mb_llm_call *call, struct mb_llm_result *r, const struct mb_err *err)
{
    struct seen *s = mb_llm_owner(call);
    s->done = true;
    s->failed = err != NULL;
    if (err)
        s->err = *err;
    s->tries = r->tries;
    s->tokens_in = r->usage.input_tokens;
    snprintf(s->json, sizeof(s->json), "%.*s", MB_STR_ARG(mb_buf_str(&r->json)));
}

static void on_delta(struct mb_llm_call *call, struct mb_str text)
{
    struct seen *s = mb_llm_owner(call);
    snprintf(s->deltas, sizeof(s->deltas), "%.*s", MB_STR_ARG(text));
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void load(const char *script)
{
    char path[64];
    struct mb_err err;
    snprintf(path, sizeof(path), "/tmp/mb-test-script-%d.json", (int)getpid());
    write_file(path, script);
    struct mb_llm_config config = {
        .loop = &loop, .script_file = path, .default_model = "script", .retry = {3, 1, 2, 1000}};
    llm = mb_llm_new(&config, &err);
    unlink(path);
    if (!llm)
        fail_msg("%s", err.message);
}

static int set_up(void **state)
{
    (void)state;
    mb_loop_init(&loop);
    llm = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mb_clock_real();
    mb_llm_free(llm);
    mb_loop_release(&loop);
    return 0;
}

static int start(struct seen *s, enum mb_llm_kind kind, const char *args, bool stream)
{
    struct mb_llm_call *call;
    struct mb_llm_request req = {.kind = kind,
                                 .args = mb_json_parse(mb_str_c(args), &s->err),
                                 .on_done = on_done,
                                 .on_delta = stream ? on_delta : NULL,
                                 .deadline_ms = 5000,
                                 .owner = s};
    assert_non_null(req.args);
    int rc = mb_llm_start(llm, &req, &call, &s->err);
    json_decref(req.args);
    return rc;
}

static struct seen ask(enum mb_llm_kind kind, const char *args)
{
    struct seen s = {0};
    if (start(&s, kind, args, false) < 0) {
        s.failed = true;
        return s;
    }
    for (int i = 0; i < 1000 && !s.done; i++)
        mb_loop_turn(&loop, 5);
    assert_true(s.done);
    return s;
}

#define SAY(text) "{\"prompt\":\"" text "\"}"

static void the_first_entry_that_fits_answers(void **state)
{
    (void)state;
    load("{\"match\": \"REFUND\", \"reply\": \"one\"}\n\n"
         "{\"regex\": \"^a.c$\", \"reply\": \"two\"}\n"
         "{\"system\": \"polite\", \"reply\": \"three\"}\n"
         "{\"model\": \"script/x\", \"reply\": \"four\"}\n"
         "{\"kind\": \"chat\", \"turn\": 1, \"reply\": \"five\"}\n"
         "{\"turn\": 0, \"reply\": \"six\"}\n");
    static const struct {
        const char *args, *text;
    } cases[] = {
        {SAY("a refund please"), "one"},
        {SAY("abc"), "two"},
        {"{\"prompt\":\"x\",\"system\":\"be Polite\"}", "three"},
        {"{\"prompt\":\"x\",\"model\":\"script/x\"}", "four"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"refund\"},{\"role\":\"assistant\","
         "\"content\":\"y\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"z\"}]}]"
         "}",
         "five"},
        {SAY("x"), "six"},
        {SAY("a refund please"), "one"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        char want[64];
        struct seen s = ask(MB_LLM_CHAT, cases[i].args);
        snprintf(want, sizeof(want), ",\"text\":\"%s\"", cases[i].text);
        if (s.failed || !strstr(s.json, want))
            fail_msg("case %zu: %s %s", i, s.json, s.failed ? s.err.message : "");
    }
}

static void fails_when_nothing_fits(void **state)
{
    (void)state;
    load("[{\"match\": \"x\", \"reply\": \"y\"}]");
    struct seen s = ask(MB_LLM_CHAT, SAY("zebra"));
    assert_int_equal(s.err.code, MB_E_MODEL_INVALID_REQUEST);
    assert_non_null(strstr(s.err.message, "zebra"));
}

static void answers_in_every_kind(void **state)
{
    (void)state;
    load("[{\"kind\": \"json\", \"match\": \"v\", \"value\": {\"a\": 1}},"
         "{\"kind\": \"json\", \"match\": \"t\", \"reply\": \"{\\\"a\\\": 2}\"},"
         "{\"kind\": \"json\", \"match\": \"l\", \"value\": [3]},"
         "{\"kind\": \"embed\", \"match\": \"e\", \"vectors\": [[1, 2]]},"
         "{\"kind\": \"embed\"},"
         "{\"tool_calls\": [{\"name\": \"f\", \"arguments\": {\"x\": 1}}],"
         " \"usage\": {\"input_tokens\": 77}}]");
    struct seen s = ask(MB_LLM_JSON, "{\"prompt\":\"v\",\"schema\":{\"type\":\"object\"}}");
    assert_non_null(strstr(s.json, "{\"value\":{\"a\":1}"));
    s = ask(MB_LLM_JSON, "{\"prompt\":\"t\",\"schema\":{\"type\":\"object\"}}");
    assert_non_null(strstr(s.json, "{\"value\":{\"a\":2}"));
    s = ask(MB_LLM_JSON, "{\"prompt\":\"l\",\"schema\":{\"type\":\"array\"}}");
    assert_non_null(strstr(s.json, "{\"value\":[3]"));
    s = ask(MB_LLM_EMBED, "{\"input\":\"e\"}");
    assert_non_null(strstr(s.json, "{\"vectors\":[[1,2]]"));
    s = ask(MB_LLM_EMBED, "{\"input\":[\"a\",\"b\"]}");
    struct seen again = ask(MB_LLM_EMBED, "{\"input\":[\"a\",\"b\"]}");
    assert_string_equal(s.json, again.json);
    s = ask(MB_LLM_CHAT, SAY("z"));
    assert_non_null(strstr(s.json, "\"tool_calls\":[{\"id\":\"call_1\",\"name\":\"f\","
                                   "\"arguments\":{\"x\":1}}],\"finish_reason\":\"tool_calls\""));
    assert_int_equal(s.tokens_in, 77);
}

static void errors_are_retried_as_a_providers(void **state)
{
    (void)state;
    load("[{\"match\": \"busy\", \"times\": 2, \"error\": {\"code\": \"model_overloaded\"}},"
         "{\"match\": \"busy\", \"reply\": \"now\"},"
         "{\"match\": \"no\", \"error\": {\"code\": \"model_refused\", \"message\": \"never\"}}]");
    struct seen s = ask(MB_LLM_CHAT, SAY("busy"));
    assert_false(s.failed);
    assert_int_equal(s.tries, 3);
    s = ask(MB_LLM_CHAT, SAY("no"));
    assert_int_equal(s.err.code, MB_E_MODEL_REFUSED);
    assert_string_equal(s.err.message, "never");
    assert_int_equal(s.tries, 1);
}

static void an_answer_takes_its_delay(void **state)
{
    (void)state;
    load("[{\"match\": \"slow\", \"delay_ms\": 3000, \"reply\": \"s\"},"
         "{\"delay_ms\": 9000, \"reply\": \"too late\"}]");
    struct seen s = {0}, t = {0};
    mb_clock_fake(1000000, 0);
    assert_int_equal(start(&s, MB_LLM_CHAT, SAY("slow"), true), 0);
    assert_int_equal(start(&t, MB_LLM_CHAT, SAY("x"), false), 0);
    mb_clock_advance(2999 * 1000);
    mb_loop_turn(&loop, 0);
    assert_false(s.done);
    mb_clock_advance(1001);
    for (int i = 0; i < 3; i++)
        mb_loop_turn(&loop, 0);
    assert_true(s.done);
    assert_string_equal(s.deltas, "s");
    mb_clock_advance(2000 * 1000);
    for (int i = 0; i < 3; i++)
        mb_loop_turn(&loop, 0);
    assert_int_equal(t.err.code, MB_E_TIMEOUT);
}

static void refuses_scripts_that_are_wrong(void **state)
{
    static const char *const bad[] = {
        "{\"match\": 1",        "[1]",
        "{\"mach\": \"x\"}",    "[{\"error\": {\"code\": \"nonsense\"}}]",
        "{\"regex\": \"(\"}\n", "[{\"reply\": \"x\"}",
        "{\"error\": {}}",
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(bad); i++) {
        struct mb_err err;
        if (mb_llm_script_new(mb_str_c(bad[i]), &err))
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(err.code, MB_E_CONFIG);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_first_entry_that_fits_answers),
        T(fails_when_nothing_fits),
        T(answers_in_every_kind),
        T(errors_are_retried_as_a_providers),
        T(an_answer_takes_its_delay),
        T(refuses_scripts_that_are_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
