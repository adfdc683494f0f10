/* Both wire formats: what is written for a question, and what is read from an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "llm/anthropic.h"
#include "llm/sse.h"
#include "llm/wire.h"
#include "unit/parse.h"

static struct mb_llm_models models;

static const char MODELS[] =
    "{\"providers\": {"
    "\"o\": {\"kind\": \"openai\", \"base_url\": \"http://x\","
    " \"max_tokens_field\": \"max_completion_tokens\"},"
    "\"v\": {\"kind\": \"openai\", \"base_url\": \"http://x\"},"
    "\"a\": {\"kind\": \"anthropic\", \"base_url\": \"http://x\"},"
    "\"b\": {\"kind\": \"anthropic\", \"base_url\": \"http://x\", \"version\": \"2023-06-01\"}},"
    "\"models\": {\"thinker\": {\"provider\": \"o\", \"sampling\": false}}}";

static int set_up(void **state)
{
    struct mb_err err;
    (void)state;
    return mb_llm_models_load(&models, MB_STR(MODELS), &err);
}

static int tear_down(void **state)
{
    (void)state;
    mb_llm_models_release(&models);
    return 0;
}

static struct mb_llm_ask ask_for(struct mb_llm_target *target, const char *model,
                                 enum mb_llm_kind kind, const json_t *args)
{
    struct mb_err err;
    if (mb_llm_models_find(&models, mb_str_c(model), target, &err) < 0)
        fail_msg("%s", err.message);
    return (struct mb_llm_ask){
        .kind = kind, .args = args, .target = target, .schema = mb_json_get(args, "schema")};
}

struct build_case {
    const char *model;
    enum mb_llm_kind kind;
    const char *args, *body;
    bool is_stream;
};

#define OBJECT "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":1}}}"
#define TOOLS                                                                                      \
    "\"tools\":[{\"name\":\"look\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}},"   \
    "{\"name\":\"go\"}]"
#define TALK                                                                                       \
    "\"system\":\"S\",\"messages\":[{\"role\":\"system\",\"content\":\"T\"},"                      \
    "{\"role\":\"user\",\"content\":\"hi \\u00e9\\n\"},"                                           \
    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["                                    \
    "{\"id\":\"c1\",\"name\":\"look\",\"arguments\":{\"q\":1}},"                                   \
    "{\"id\":\"c2\",\"name\":\"go\",\"arguments\":[]}]},"                                          \
    "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"found\"},"                           \
    "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"\"},"                                \
    "{\"role\":\"assistant\",\"content\":\"so\"},"                                                 \
    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"see\"},"                        \
    "{\"type\":\"image\",\"url\":\"https://x/y.png\"},"                                            \
    "{\"type\":\"image\",\"url\":\"data:image/png;base64,AAAA\"}]}],\"prompt\":\"P\""

static const struct build_case builds[] = {
    {"o/m", MB_LLM_CHAT, "{\"prompt\":\"hi\"}",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
     "\"max_completion_tokens\":4096}",
     false},
    {"v/m", MB_LLM_CHAT,
     "{\"prompt\":\"hi\",\"max_tokens\":9,\"temperature\":0.5,\"top_p\":1,\"stop\":[\"x\"],"
     "\"effort\":\"low\"}",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":9,"
     "\"temperature\":0.5,\"top_p\":1,\"stop\":[\"x\"],\"reasoning_effort\":\"low\","
     "\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
     true},
    {"thinker", MB_LLM_CHAT, "{\"prompt\":\"hi\",\"temperature\":0.5}",
     "{\"model\":\"thinker\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
     "\"max_completion_tokens\":4096}",
     false},
    {"v/m", MB_LLM_CHAT, "{" TALK "," TOOLS ",\"tool_choice\":{\"name\":\"go\"}}",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"},"
     "{\"role\":\"system\",\"content\":\"T\"},{\"role\":\"user\",\"content\":\"hi \\u00e9\\n\"},"
     "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
     "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"look\","
     "\"arguments\":\"{\\\"q\\\":1}\"}},"
     "{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"go\",\"arguments\":\"{}\"}}]},"
     "{\"role\":\"tool\",\"content\":\"found\",\"tool_call_id\":\"c1\"},"
     "{\"role\":\"tool\",\"content\":\"\",\"tool_call_id\":\"c2\"},"
     "{\"role\":\"assistant\",\"content\":\"so\"},"
     "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"see\"},"
     "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y.png\"}},"
     "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]},"
     "{\"role\":\"user\",\"content\":\"P\"}],"
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\",\"description\":\"d\","
     "\"parameters\":{\"type\":\"object\"}}},{\"type\":\"function\",\"function\":{\"name\":\"go\"}}"
     "],"
     "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"go\"}},\"max_tokens\":4096}",
     false},
    {"v/m", MB_LLM_JSON, "{\"prompt\":\"hi\",\"schema\":" OBJECT "}",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":4096,"
     "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\","
     "\"schema\":" OBJECT "}}}",
     false},
    {"v/m", MB_LLM_EMBED, "{\"input\":[\"a\",\"b\"],\"dimensions\":3}",
     "{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"dimensions\":3}", false},
    {"a/m", MB_LLM_CHAT,
     "{\"prompt\":\"hi\",\"temperature\":0.5,\"top_p\":1,\"stop\":[\"x\"],\"effort\":\"minimal\"}",
     "{\"model\":\"m\",\"max_tokens\":4096,\"stop_sequences\":[\"x\"],"
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}],"
     "\"output_config\":{\"effort\":\"low\"},\"stream\":true}",
     true},
    {"b/m", MB_LLM_CHAT, "{\"prompt\":\"hi\",\"temperature\":0.5}",
     "{\"model\":\"m\",\"max_tokens\":4096,\"temperature\":0.5,"
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}]}",
     false},
    {"a/m", MB_LLM_CHAT, "{" TALK "," TOOLS ",\"tool_choice\":\"required\"}",
     "{\"model\":\"m\",\"max_tokens\":4096,\"system\":[{\"type\":\"text\",\"text\":\"S\"},"
     "{\"type\":\"text\",\"text\":\"T\"}],\"messages\":["
     "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi \\u00e9\\n\"}]},"
     "{\"role\":\"assistant\",\"content\":["
     "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"look\",\"input\":{\"q\":1}},"
     "{\"type\":\"tool_use\",\"id\":\"c2\",\"name\":\"go\",\"input\":{}}]},"
     "{\"role\":\"user\",\"content\":["
     "{\"type\":\"tool_result\",\"tool_use_id\":\"c1\",\"content\":\"found\"},"
     "{\"type\":\"tool_result\",\"tool_use_id\":\"c2\",\"content\":\"\"}]},"
     "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"so\"}]},"
     "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"see\"},"
     "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x/y.png\"}},"
     "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
     "\"data\":\"AAAA\"}},{\"type\":\"text\",\"text\":\"P\"}]}],"
     "\"tools\":[{\"name\":\"look\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}},"
     "{\"name\":\"go\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],"
     "\"tool_choice\":{\"type\":\"any\"}}",
     false},
    {"b/m", MB_LLM_JSON, "{\"prompt\":\"hi\",\"schema\":" OBJECT ",\"name\":\"n\"}",
     "{\"model\":\"m\",\"max_tokens\":4096,"
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}],"
     "\"tools\":[{\"name\":\"n\",\"description\":\"Gives the answer.\",\"input_schema\":" OBJECT
     "}],\"tool_choice\":{\"type\":\"tool\",\"disable_parallel_tool_use\":true,\"name\":\"n\"}}",
     false},
    {"a/m", MB_LLM_JSON, "{\"prompt\":\"hi\",\"schema\":" OBJECT "}",
     "{\"model\":\"m\",\"max_tokens\":4096,"
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}],"
     "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\","
     "\"properties\":{\"n\":{\"type\":\"integer\"}},\"additionalProperties\":false}}}}",
     false},
    /* A chat whose answer in text is to fit a schema. */
    {"v/m", MB_LLM_CHAT, "{\"prompt\":\"hi\",\"schema\":" OBJECT "}",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":4096,"
     "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\","
     "\"schema\":" OBJECT "}}}",
     false},
    {"a/m", MB_LLM_CHAT, "{\"prompt\":\"hi\",\"schema\":" OBJECT ",\"tools\":[{\"name\":\"go\"}]}",
     "{\"model\":\"m\",\"max_tokens\":4096,"
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}],"
     "\"tools\":[{\"name\":\"go\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],"
     "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\","
     "\"properties\":{\"n\":{\"type\":\"integer\"}},\"additionalProperties\":false}}}}",
     false},
    {"b/m", MB_LLM_CHAT, "{\"prompt\":\"hi\",\"schema\":{\"type\":\"object\"}}",
     "{\"model\":\"m\",\"max_tokens\":4096,\"system\":[{\"type\":\"text\",\"text\":"
     "\"The JSON Schema of the answer: {\\\"type\\\":\\\"object\\\"}\"}],"
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}]}",
     false},
};

static void writes_what_each_provider_expects(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(builds); i++) {
        json_t *args = parse(builds[i].args), *want = parse(builds[i].body);
        struct mb_llm_target target;
        struct mb_llm_ask ask = ask_for(&target, builds[i].model, builds[i].kind, args);
        struct mb_buf body = {0};
        struct mb_err err;
        ask.is_stream = builds[i].is_stream;
        assert_int_equal(target.provider->wire->build(&ask, &body, &err), 0);
        json_t *have = parse(mb_buf_cstr(&body));
        if (!mb_json_eq(have, want))
            fail_msg("case %zu: %s", i, mb_buf_cstr(&body));
        json_decref(have);
        json_decref(want);
        json_decref(args);
        mb_buf_release(&body);
    }
}

static void a_complaint_is_told_after_the_bad_answer(void **state)
{
    static const char *const names[] = {"v/m", "a/m"};
    (void)state;
    json_t *args = parse("{\"prompt\":\"hi\",\"schema\":{\"type\":\"object\"}}");
    for (size_t i = 0; i < MB_LEN(names); i++) {
        struct mb_llm_target target;
        struct mb_llm_ask ask = ask_for(&target, names[i], MB_LLM_JSON, args);
        struct mb_buf body = {0};
        struct mb_err err;
        ask.bad_answer = MB_STR("BAD");
        ask.complaint = MB_STR("WRONG");
        assert_int_equal(target.provider->wire->build(&ask, &body, &err), 0);
        const char *text = mb_buf_cstr(&body);
        assert_true(strstr(text, "assistant") > strstr(text, "hi"));
        assert_true(strstr(text, "BAD") > strstr(text, "assistant"));
        assert_true(strstr(text, "WRONG") > strstr(text, "BAD"));
        mb_buf_release(&body);
    }
    json_decref(args);
}

/* What an answer gives: the result text, or the code. */
struct read_case {
    const char *model;
    enum mb_llm_kind kind;
    const char *answer;
    const char *result; /* NULL = fails */
    int code;
};

#define USAGE(in, out, cached, reasoning)                                                          \
    "\"usage\":{\"input_tokens\":" in ",\"output_tokens\":" out ",\"cached_tokens\":" cached       \
    ",\"reasoning_tokens\":" reasoning "}"

static const struct read_case reads[] = {
    {"o/m", MB_LLM_CHAT,
     "{\"id\":\"x\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\","
     "\"message\":{\"role\":\"assistant\",\"content\":\"a \\u00e9 \\\"q\\\"\",\"refusal\":null}}],"
     "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"total_tokens\":14,"
     "\"prompt_tokens_details\":{\"cached_tokens\":4},"
     "\"completion_tokens_details\":{\"reasoning_tokens\":2}}}",
     "{\"text\":\"a \\u00e9 \\\"q\\\"\",\"tool_calls\":[],\"finish_reason\":\"stop\","
     "\"model\":\"m-1\"," USAGE("9", "5", "4", "2") "}",
     0},
    {"o/m", MB_LLM_CHAT,
     "{\"choices\":[{\"finish_reason\":\"tool_calls\",\"message\":{\"content\":null,\"tool_calls\":"
     "["
     "{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\" "
     "{\\\"a\\\":1}\"}},"
     "{\"id\":\"2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}},"
     "{\"id\":\"3\",\"type\":\"function\",\"function\":{\"name\":\"h\",\"arguments\":\"{oops\"}}]}}"
     "]}",
     "{\"text\":\"\",\"tool_calls\":[{\"id\":\"1\",\"name\":\"f\",\"arguments\":{\"a\":1}},"
     "{\"id\":\"2\",\"name\":\"g\",\"arguments\":{}},"
     "{\"id\":\"3\",\"name\":\"h\",\"arguments\":null,\"arguments_text\":\"{oops\"}],"
     "\"finish_reason\":\"tool_calls\",\"model\":\"m\"," USAGE("0", "0", "0", "0") "}",
     0},
    {"o/m", MB_LLM_CHAT, "{\"choices\":[]}", NULL, MB_E_UPSTREAM_GARBAGE},
    {"o/m", MB_LLM_CHAT, "{\"choices\":[{\"message\":\"text\"}]}", NULL, MB_E_UPSTREAM_GARBAGE},
    {"o/m", MB_LLM_CHAT, "[1]", NULL, MB_E_UPSTREAM_GARBAGE},
    {"o/m", MB_LLM_CHAT, "{\"error\":{\"message\":\"down\",\"type\":\"server_error\"}}", NULL,
     MB_E_UPSTREAM_ERROR},
    {"o/m", MB_LLM_EMBED,
     "{\"model\":\"e\",\"data\":[{\"index\":1,\"embedding\":[3,4.5]},"
     "{\"index\":0,\"embedding\":[1,2]}],\"usage\":{\"prompt_tokens\":6,\"total_tokens\":6}}",
     "{\"vectors\":[[1,2],[3,4.5]],\"model\":\"e\"," USAGE("6", "0", "0", "0") "}", 0},
    {"o/m", MB_LLM_EMBED, "{\"data\":[{\"index\":0,\"embedding\":[1]}]}", NULL,
     MB_E_UPSTREAM_GARBAGE},
    {"o/m", MB_LLM_EMBED,
     "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}]}", NULL,
     MB_E_UPSTREAM_GARBAGE},
    {"o/m", MB_LLM_EMBED, "{\"data\":[{\"embedding\":[\"x\"]},{\"embedding\":[1]}]}", NULL,
     MB_E_UPSTREAM_GARBAGE},
    {"a/m", MB_LLM_CHAT,
     "{\"id\":\"msg\",\"type\":\"message\",\"model\":\"m-2\",\"stop_reason\":\"max_tokens\","
     "\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"},{\"type\":\"text\",\"text\":\"a\"},"
     "{\"type\":\"text\",\"text\":\"b\"}],\"usage\":{\"input_tokens\":3,\"output_tokens\":7,"
     "\"cache_read_input_tokens\":4,\"cache_creation_input_tokens\":5,"
     "\"output_tokens_details\":{\"thinking_tokens\":6}}}",
     "{\"text\":\"ab\",\"tool_calls\":[],\"finish_reason\":\"length\",\"model\":\"m-2\"," USAGE(
         "12", "7", "4", "6") "}",
     0},
    {"a/m", MB_LLM_CHAT,
     "{\"stop_reason\":\"tool_use\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\","
     "\"name\":\"f\",\"input\":{\"a\":[1]}}],\"usage\":{\"input_tokens\":1,\"output_tokens\":null}"
     "}",
     "{\"text\":\"\",\"tool_calls\":[{\"id\":\"t\",\"name\":\"f\",\"arguments\":{\"a\":[1]}}],"
     "\"finish_reason\":\"tool_calls\",\"model\":\"m\"," USAGE("1", "0", "0", "0") "}",
     0},
    {"a/m", MB_LLM_CHAT, "{\"type\":\"message\"}", NULL, MB_E_UPSTREAM_GARBAGE},
    {"a/m", MB_LLM_CHAT,
     "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}", NULL,
     MB_E_MODEL_OVERLOADED},
};

static void result_text(const struct mb_llm_ask *ask, struct mb_llm_answer *answer,
                        struct mb_buf *out)
{
    if (ask->kind == MB_LLM_EMBED)
        mb_llm_answer_embed(answer, ask->target->upstream, out);
    else
        mb_llm_answer_chat(answer, ask->target->upstream, out);
}

static void drop_null_arguments(json_t *result)
{
    size_t k;
    json_t *call;
    json_array_foreach(json_object_get(result, "tool_calls"), k, call)
    {
        if (json_is_null(json_object_get(call, "arguments")))
            json_object_del(call, "arguments");
    }
}

/* Takes out what the table does not repeat: the message, which says what the rest says. */
static void check_message(json_t *have, size_t i)
{
    json_t *message = json_object_get(have, "message"),
           *calls = json_object_get(have, "tool_calls");
    struct mb_buf own = {0}, canonical = {0};
    if (message) {
        struct mb_str text = mb_json_str(have, "text");
        bool has_content = mb_json_get(message, "content") != NULL;
        assert_true(mb_str_is(mb_json_str(message, "role"), "assistant"));
        assert_true(mb_str_eq(mb_json_str(message, "content"), text));
        assert_true(has_content == (text.len > 0 || json_array_size(calls) == 0));
        mb_json_dump(&own, message);
        mb_json_canonical(&canonical, message);
        assert_string_equal(mb_buf_cstr(&own), mb_buf_cstr(&canonical));
        drop_null_arguments(have);
        if (json_array_size(calls) && !mb_json_eq(json_object_get(message, "tool_calls"), calls))
            fail_msg("case %zu: %s", i, mb_buf_cstr(&own));
    }
    mb_buf_release(&own);
    mb_buf_release(&canonical);
    assert_int_equal(json_object_del(have, "cost_micros"), 0);
    json_object_del(have, "message");
}

static void check_result(const char *text, const char *expected, size_t i)
{
    json_t *have = parse(text), *want = parse(expected);
    check_message(have, i);
    drop_null_arguments(want);
    if (!mb_json_eq(have, want))
        fail_msg("case %zu: %s", i, text);
    json_decref(have);
    json_decref(want);
}

static void reads_what_each_provider_answers(void **state)
{
    (void)state;
    json_t *args = parse("{\"input\":[\"a\",\"b\"]}");
    for (size_t i = 0; i < MB_LEN(reads); i++) {
        struct mb_llm_target target;
        struct mb_llm_ask ask = ask_for(&target, reads[i].model, reads[i].kind, args);
        struct mb_llm_answer answer = {0};
        struct mb_buf text = {0};
        struct mb_err err;
        json_t *root = parse(reads[i].answer);
        int rc = target.provider->wire->read(&ask, root, &answer, &err);
        if (rc != -reads[i].code)
            fail_msg("case %zu: %s", i, rc ? err.message : "no error");
        if (rc == 0) {
            result_text(&ask, &answer, &text);
            check_result(mb_buf_cstr(&text), reads[i].result, i);
        }
        mb_buf_release(&text);
        mb_llm_answer_release(&answer);
        json_decref(root);
    }
    json_decref(args);
}

static void every_stop_reason_has_its_meaning(void **state)
{
    static const struct {
        const char *model, *reason, *finish;
        bool refused;
    } cases[] = {
        {"a/m", "end_turn", "stop", false},
        {"a/m", "max_tokens", "length", false},
        {"a/m", "stop_sequence", "stop", false},
        {"a/m", "tool_use", "tool_calls", false},
        {"a/m", "pause_turn", "stop", false},
        {"a/m", "refusal", "stop", true},
        {"a/m", "model_context_window_exceeded", "length", false},
        {"a/m", "something_new", "stop", false},
        {"o/m", "stop", "stop", false},
        {"o/m", "length", "length", false},
        {"o/m", "tool_calls", "tool_calls", false},
        {"o/m", "content_filter", "stop", true},
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_llm_target target;
        struct mb_llm_ask ask = ask_for(&target, cases[i].model, MB_LLM_CHAT, NULL);
        struct mb_llm_answer answer = {0};
        struct mb_err err;
        char text[300];
        snprintf(text, sizeof(text),
                 "{\"stop_reason\":\"%s\",\"content\":[],\"choices\":[{\"finish_reason\":\"%s\","
                 "\"message\":{\"content\":\"x\"}}]}",
                 cases[i].reason, cases[i].reason);
        json_t *root = parse(text);
        assert_int_equal(target.provider->wire->read(&ask, root, &answer, &err), 0);
        assert_string_equal(answer.finish, cases[i].finish);
        assert_int_equal(answer.is_refused, cases[i].refused);
        mb_llm_answer_release(&answer);
        json_decref(root);
    }
}

static void errors_have_their_codes(void **state)
{
    static const struct {
        const char *model;
        int status;
        const char *body; /* NULL = no JSON */
        int code;
        bool retryable;
    } cases[] = {
        {"o/m", 400, "{\"error\":{\"message\":\"m\",\"type\":\"invalid_request_error\"}}",
         MB_E_MODEL_INVALID_REQUEST, false},
        {"o/m", 401, "{\"error\":{\"code\":\"invalid_api_key\",\"message\":\"sk-12**\"}}",
         MB_E_MODEL_AUTH, false},
        {"o/m", 403, NULL, MB_E_MODEL_AUTH, false},
        {"o/m", 404, "{}", MB_E_MODEL_INVALID_REQUEST, false},
        {"o/m", 408, NULL, MB_E_TIMEOUT, true},
        {"o/m", 409, NULL, MB_E_UPSTREAM_ERROR, true},
        {"o/m", 418, NULL, MB_E_UPSTREAM_ERROR, false},
        {"o/m", 429, "{\"error\":{\"code\":\"rate_limit_exceeded\"}}", MB_E_MODEL_RATE_LIMITED,
         true},
        {"o/m", 429, "{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"pay\"}}",
         MB_E_MODEL_RATE_LIMITED, false},
        {"o/m", 500, "{\"error\":[]}", MB_E_UPSTREAM_ERROR, true},
        {"o/m", 503, NULL, MB_E_MODEL_OVERLOADED, true},
        {"o/m", 400, "{\"error\":{\"code\":\"content_filter\",\"message\":\"no\"}}",
         MB_E_MODEL_REFUSED, false},
        {"a/m", 529, NULL, MB_E_MODEL_OVERLOADED, true},
        {"a/m", 500, "{\"error\":{\"type\":\"api_error\"}}", MB_E_UPSTREAM_ERROR, true},
        {"a/m", 529, "{\"error\":{\"type\":\"overloaded_error\"}}", MB_E_MODEL_OVERLOADED, true},
        {"a/m", 429, "{\"error\":{\"type\":\"rate_limit_error\"}}", MB_E_MODEL_RATE_LIMITED, true},
        {"a/m", 402, "{\"error\":{\"type\":\"billing_error\"}}", MB_E_MODEL_AUTH, false},
        {"a/m", 504, "{\"error\":{\"type\":\"timeout_error\"}}", MB_E_TIMEOUT, true},
        {"a/m", 413, "{\"error\":{\"type\":\"request_too_large\"}}", MB_E_MODEL_INVALID_REQUEST,
         false},
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_llm_target target;
        struct mb_err err;
        (void)ask_for(&target, cases[i].model, MB_LLM_CHAT, NULL);
        json_t *root = cases[i].body ? parse(cases[i].body) : NULL;
        mb_err_clear(&err);
        target.provider->wire->read_error(cases[i].status, root, &err);
        if (err.code != cases[i].code || mb_err_retryable(&err) != cases[i].retryable)
            fail_msg("case %zu: %s %s", i, mb_err_wire(&err), err.message);
        assert_null(strstr(err.message, "sk-"));
        json_decref(root);
    }
}

/* Streams. */

struct reader {
    struct mb_llm_ask ask;
    struct mb_llm_answer answer;
    bool is_over;
};

static int on_event(void *arg, const char *name, struct mb_str data, struct mb_err *err)
{
    struct reader *r = arg;
    int rc = r->ask.target->provider->wire->read_event(&r->ask, name, data, &r->answer, err);
    r->is_over = r->is_over || rc == MB_LLM_EVENT_END;
    return rc;
}

static const struct {
    const char *model, *stream, *result;
    int code;
} streams[] = {
    {"o/m",
     "data: {\"id\":\"i\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":"
     "\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n"
     "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n"
     "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\n"
     "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
     "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n"
     "data: [DONE]\n\n",
     "{\"text\":\"Hello\",\"tool_calls\":[],\"finish_reason\":\"stop\",\"model\":\"m-1\"," USAGE(
         "3", "2", "0", "0") "}",
     MB_LLM_EVENT_END},
    {"o/m",
     "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":"
     "{\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"}}]}}]}\n\n"
     "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
     "\":1}\"}}]}}]}\n\n"
     "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":"
     "{\"name\":\"g\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n",
     "{\"text\":\"\",\"tool_calls\":[{\"id\":\"a\",\"name\":\"f\",\"arguments\":{\"x\":1}},"
     "{\"id\":\"b\",\"name\":\"g\",\"arguments\":{}}],\"finish_reason\":\"tool_calls\","
     "\"model\":\"m\"," USAGE("0", "0", "0", "0") "}",
     MB_LLM_EVENT_END},
    {"o/m", "data: {\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}\n\n", NULL,
     -MB_E_UPSTREAM_ERROR},
    {"o/m", "data: {oops\n\n", NULL, -MB_E_UPSTREAM_GARBAGE},
    {"o/m", "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":5}]}}]}\n\n", NULL,
     -MB_E_UPSTREAM_GARBAGE},
    {"o/m", "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":-1}]}}]}\n\n", NULL,
     -MB_E_UPSTREAM_GARBAGE},
    {"a/m",
     "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"i\","
     "\"model\":\"m-2\",\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":4,"
     "\"output_tokens\":1}}}\n\n"
     "event: ping\ndata: {\"type\":\"ping\"}\n\n"
     "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
     "\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n"
     "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
     "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n"
     "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
     "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,"
     "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
     "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
     "{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n"
     "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n"
     "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":2,"
     "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}\n\n"
     "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":"
     "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"x\\\":\"}}\n\n"
     "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":"
     "{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}}\n\n"
     "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":2}\n\n"
     "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
     "\"tool_use\"},\"usage\":{\"input_tokens\":null,\"output_tokens\":9,"
     "\"output_tokens_details\":{\"thinking_tokens\":5}}}\n\n"
     "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
     "{\"text\":\"Hi\",\"tool_calls\":[{\"id\":\"t\",\"name\":\"f\",\"arguments\":{\"x\":1}}],"
     "\"finish_reason\":\"tool_calls\",\"model\":\"m-2\"," USAGE("7", "9", "4", "5") "}",
     MB_LLM_EVENT_END},
    {"a/m",
     "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
     "\"message\":\"busy\"}}\n\n",
     NULL, -MB_E_MODEL_OVERLOADED},
    {"a/m",
     "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"input_json_delta\","
     "\"partial_json\":\"{\"}}\n\n",
     NULL, -MB_E_UPSTREAM_GARBAGE},
    {"a/m", "data: nothing\n\n", NULL, -MB_E_UPSTREAM_GARBAGE},
};

static void streams_come_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(streams); i++) {
        struct mb_llm_target target;
        struct reader r = {.ask = ask_for(&target, streams[i].model, MB_LLM_CHAT, NULL)};
        struct mb_sse sse = {0};
        struct mb_buf text = {0};
        struct mb_err err;
        int rc = mb_sse_push(&sse, mb_str_c(streams[i].stream), on_event, &r, &err);
        if (rc != streams[i].code)
            fail_msg("case %zu: %s", i, rc < 0 ? err.message : "no error");
        if (streams[i].result) {
            assert_true(r.is_over);
            mb_llm_answer_chat(&r.answer, target.upstream, &text);
            check_result(mb_buf_cstr(&text), streams[i].result, i);
        }
        mb_buf_release(&text);
        mb_sse_release(&sse);
        mb_llm_answer_release(&r.answer);
    }
}

static void schemas_are_narrowed_where_they_can_be(void **state)
{
    static const struct {
        const char *schema, *narrowed; /* NULL = not */
    } cases[] = {
        {OBJECT, "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},"
                 "\"additionalProperties\":false}"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"minItems\":1,"
         "\"items\":{\"enum\":[\"x\"]}},\"b\":{\"oneOf\":[{\"type\":\"string\",\"maxLength\":3},"
         "{\"type\":\"null\"}]}},\"required\":[\"a\"]}",
         "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"enum\":"
         "[\"x\"]}},\"b\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}},"
         "\"required\":[\"a\"],\"additionalProperties\":false}"},
        {"{\"type\":\"object\"}", NULL},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\"}}}", NULL},
        {"{\"type\":\"object\",\"properties\":{\"a\":{}},\"additionalProperties\":true}", NULL},
        {"{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/a\"}}}", NULL},
        {"{\"type\":\"object\",\"properties\":{\"a\":true}}", NULL},
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        json_t *schema = parse(cases[i].schema);
        json_t *have = mb_llm_anthropic_schema(schema);
        json_t *want = cases[i].narrowed ? parse(cases[i].narrowed) : NULL;
        if (!have != !want || (have && !mb_json_eq(have, want)))
            fail_msg("case %zu", i);
        json_decref(schema);
        json_decref(have);
        json_decref(want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_each_provider_expects),
        cmocka_unit_test(a_complaint_is_told_after_the_bad_answer),
        cmocka_unit_test(reads_what_each_provider_answers),
        cmocka_unit_test(every_stop_reason_has_its_meaning),
        cmocka_unit_test(errors_have_their_codes),
        cmocka_unit_test(streams_come_together),
        cmocka_unit_test(schemas_are_narrowed_where_they_can_be),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
