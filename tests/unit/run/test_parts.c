/* run/parts: what the journal keeps of a conversation, and that it can be read again. The journal
 * is an array of rows; each call is written as the engine does it. */
#include "run/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "run/parts_private.h"

enum { ROWS = 1500 };

struct row {
    char *whole; /* canonical; NULL = not a question to a model */
    char *kept;  /* NULL = the whole */
    char *answer;
    bool is_error;
};

struct journal {
    struct mb_parts *parts;
    struct row rows[ROWS];
    int n;
    json_t *repeats;
};

static struct journal j;

static int setup(void **state)
{
    (void)state;
    j = (struct journal){.parts = mb_parts_new(), .repeats = json_pack("[ss]", "system", "tools")};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < j.n; i++) {
        free(j.rows[i].whole);
        free(j.rows[i].kept);
        free(j.rows[i].answer);
    }
    mb_parts_free(j.parts);
    json_decref(j.repeats);
    return 0;
}

static struct mb_parts_rules rules(void)
{
    return (struct mb_parts_rules){MB_STR("messages"), j.repeats};
}

static char *canonical(const json_t *value)
{
    struct mb_buf text = {0};
    mb_json_canonical(&text, value);
    return mb_buf_take(&text, NULL);
}

/* Single quotes stand for double ones. */
static json_t *parse(const char *text)
{
    char *copy = mb_strdup(text);
    for (char *p = copy; (p = strchr(p, '\''));)
        *p = '"';
    json_t *value = mb_json_parse(mb_str_c(copy), NULL);
    assert_non_null(value);
    free(copy);
    return value;
}

static bool find(void *arg, int seq, struct mb_parts_row *row)
{
    const struct journal *journal = arg;
    if (seq < 1 || seq > journal->n)
        return false;
    const struct row *r = &journal->rows[seq - 1];
    *row = (struct mb_parts_row){mb_str_c(r->kept ? r->kept : r->whole), mb_str_c(r->answer),
                                 r->is_error};
    return true;
}

static void can_be_read(int seq)
{
    const struct row *r = &j.rows[seq - 1];
    json_t *read = mb_parts_read(mb_str_c(r->kept ? r->kept : r->whole), seq, find, &j, SIZE_MAX);
    char *text = canonical(read);
    assert_string_equal(text, r->whole);
    free(text);
    json_decref(read);
}

/* A question (taken) and its answer. Returns its seq. */
static int ask(json_t *args, const char *answer)
{
    const struct mb_parts_rules conversation = rules();
    struct row *r = &j.rows[j.n++];
    assert_true(j.n < ROWS);
    r->whole = canonical(args);
    r->kept = mb_parts_write(j.parts, &conversation, j.n, mb_str_c(r->whole));
    r->answer = mb_strdup(answer);
    mb_parts_note_answer(j.parts, j.n, mb_str_c(answer));
    can_be_read(j.n);
    json_decref(args);
    return j.n;
}

static int result(const char *text, bool is_error)
{
    struct row *r = &j.rows[j.n++];
    r->answer = mb_strdup(text);
    r->is_error = is_error;
    mb_parts_note_result(j.parts, j.n, mb_str_c(text));
    return j.n;
}

static const char *kept(int seq)
{
    return j.rows[seq - 1].kept;
}

/* The question with these messages, and what is kept of it; the answer is about `n`. */
#define LONG          "a text that is longer than the forty bytes of a reference: "
#define USER(n)       "{'content':'" LONG #n "','role':'user'}"
#define ASSISTANT(n)  "{'content':'" LONG "answer " #n "','role':'assistant'}"
#define ANSWER(n)     "{\"message\":{\"role\":\"assistant\",\"content\":\"" LONG "answer " #n "\"}}"
#define ASK(messages) "{'messages':[" messages "]}"

static void is_kept(int seq, const char *expected)
{
    if (!expected) {
        assert_null(kept(seq));
        return;
    }
    assert_non_null(kept(seq));
    json_t *value = parse(expected);
    char *text = canonical(value);
    json_t *was = mb_json_parse(mb_str_c(kept(seq)), NULL);
    char *got = canonical(was);
    assert_string_equal(got, text);
    free(got);
    free(text);
    json_decref(was);
    json_decref(value);
}

static void keeps_what_is_new(void **state)
{
    (void)state;
    is_kept(ask(parse(ASK(USER(1))), ANSWER(1)), NULL);
    is_kept(ask(parse(ASK(USER(1) "," ASSISTANT(1) "," USER(2))), ANSWER(2)),
            "[{'messages':{'$list':[{'$messages':1,'n':1},{'$message':1}," USER(2) "]}}]");
    is_kept(ask(parse(ASK(USER(1) "," ASSISTANT(1) "," USER(2) "," ASSISTANT(2) "," USER(3))),
                ANSWER(3)),
            "[{'messages':{'$list':[{'$messages':2,'n':3},{'$message':2}," USER(3) "]}}]");
    /* asked again: the steps that had the messages first are named */
    is_kept(ask(parse(ASK(USER(1) "," ASSISTANT(1) "," USER(2))), ANSWER(2)),
            "[{'messages':{'$list':[{'$messages':2,'n':3}]}}]");
    is_kept(ask(parse(ASK(USER(1) "," ASSISTANT(1) "," USER(4))), ANSWER(4)),
            "[{'messages':{'$list':[{'$messages':2,'n':2}," USER(4) "]}}]");
}

static void refers_to_results_by_the_text_that_a_model_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *content; /* as the message has it, as JSON */
        bool is_error;
        const char *name;
    } cases[] = {
        {"{\"rows\":[1,2,3],\"text\":\"" LONG "\"}", NULL, false, "$result"},
        {"\"" LONG "with \\\"quotes\\\"\\n\"", "\"" LONG "with \\\"quotes\\\"\\n\"", false,
         "$result"},
        {"{\"code\":\"timeout\",\"message\":\"" LONG "\"}", NULL, true, "$result"},
        {"{\"a\":null,\"b\":[null,{\"c\":null,\"d\":\"" LONG "\"}]}",
         "\"{\\\"b\\\":[null,{\\\"d\\\":\\\"" LONG "\\\"}]}\"", false, "$stripped"},
        {"[null,\"" LONG "\"]", NULL, false, "$result"},
        {"{\"n\":1}", NULL, false, NULL}, /* shorter than a reference */
        /* not in order, so what a reader makes of it would not be the same */
        {"{\"b\":null,\"a\":\"" LONG "\"}", "\"{\\\"a\\\":\\\"" LONG "\\\"}\"", false, NULL},
    };
    ask(parse(ASK(USER(1))), ANSWER(1));
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        int seq = result(cases[i].text, cases[i].is_error);
        json_t *content = cases[i].content ? json_loads(cases[i].content, JSON_DECODE_ANY, NULL)
                                           : json_string(cases[i].text);
        json_t *told = json_pack("{s:[{s:o, s:s, s:i}]}", "messages", "content", content, "role",
                                 "tool", "id", (int)i);
        int asked = ask(told, ANSWER(2));
        char expected[100];
        snprintf(expected, sizeof(expected),
                 "[{'messages':{'$list':[{'content':{'%s':%d},'role':'tool','id':%zu}]}}]",
                 cases[i].name ? cases[i].name : "", seq, i);
        is_kept(asked, cases[i].name ? expected : NULL);
    }
}

static void finds_messages_again_after_the_first_ones_were_dropped(void **state)
{
    (void)state;
    ask(parse(ASK(USER(1) "," USER(2))), ANSWER(1));
    ask(parse(ASK(USER(1) "," USER(2) "," ASSISTANT(1) "," USER(3))), ANSWER(2));
    is_kept(ask(parse(ASK(USER(2) "," ASSISTANT(1) "," USER(3) "," ASSISTANT(2))), ANSWER(3)),
            "[{'messages':{'$list':[{'$messages':1,'from':1,'n':1},{'$message':1},"
            "{'$messages':2,'from':3,'n':1},{'$message':2}]}}]");
    /* and from there on it is a conversation like any other */
    is_kept(ask(parse(ASK(USER(2) "," ASSISTANT(1) "," USER(3) "," ASSISTANT(2) "," ASSISTANT(3))),
                ANSWER(4)),
            "[{'messages':{'$list':[{'$messages':3,'n':4},{'$message':3}]}}]");
}

static void keeps_a_summary_in_the_place_of_what_it_sums_up(void **state)
{
    (void)state;
    ask(parse(ASK(USER(1))), ANSWER(1));
    ask(parse(ASK(USER(1) "," ASSISTANT(1) "," USER(2))), ANSWER(2));
    is_kept(ask(parse(ASK(USER(summary) "," ASSISTANT(2) "," USER(3))), ANSWER(3)),
            "[{'messages':{'$list':[" USER(summary) ",{'$message':2}," USER(3) "]}}]");
}

static void keeps_parallel_calls_in_the_order_of_the_messages(void **state)
{
    (void)state;
    ask(parse(ASK(USER(1))), ANSWER(1));
    int second = result("{\"b\":\"" LONG "b\"}", false);
    int first = result("{\"a\":\"" LONG "a\"}", false);
    assert_true(second < first);
    ask(parse(ASK(USER(1) "," ASSISTANT(
            1) ",{'content':'{\\'a\\':\\'" LONG "a\\'}','role':'tool','tool_call_id':'1'}"
               ",{'content':'{\\'b\\':\\'" LONG "b\\'}','role':'tool','tool_call_id':'2'}")),
        ANSWER(2));
    is_kept(4, "[{'messages':{'$list':[{'$messages':1,'n':1},{'$message':1},"
               "{'content':{'$result':3},'role':'tool','tool_call_id':'1'},"
               "{'content':{'$result':2},'role':'tool','tool_call_id':'2'}]}}]");
}

static void names_the_first_of_those_that_are_the_same(void **state)
{
    (void)state;
    ask(parse(ASK(USER(1))), ANSWER(1));
    result("\"" LONG "\"", false);
    result("\"" LONG "\"", false);
    is_kept(ask(parse(ASK("{'content':'" LONG "','role':'tool'}")), ANSWER(1)),
            "[{'messages':{'$list':[{'content':{'$result':2},'role':'tool'}]}}]");
    is_kept(ask(parse(ASK(USER(9) "," ASSISTANT(1))), ANSWER(1)),
            "[{'messages':{'$list':[" USER(9) ",{'$message':1}]}}]");
}

static void escapes_what_looks_like_a_reference(void **state)
{
    (void)state;
    ask(parse(ASK(USER(1) "," USER(2) "," USER(3))), ANSWER(1));
    is_kept(ask(parse("{'messages':[" USER(1) "," USER(2) "," USER(
                    3) ",{'$message':1},"
                       "{'content':{'$result':1}},{'content':{'x':1}},{'content':'costs $5'},"
                       "{'a':{'$value':1}},'$same',7,[{'$message':1}],{'$value':{'$value':2}}],"
                       "'response':{'$ref':'#','type':'object'},'system':{'$same':1},'tools':"
                       "[{'$same':1}],'x':{'$list':[1]}}"),
                ANSWER(2)),
            "[{'messages':{'$list':[{'$messages':1,'n':3},{'$value':{'$message':1}},"
            "{'$value':{'content':{'$result':1}}},{'content':{'x':1}},{'content':'costs $5'},"
            "{'a':{'$value':1}},'$same',7,[{'$message':1}],{'$value':{'$value':{'$value':2}}}]},"
            "'response':{'$value':{'$ref':'#','type':'object'}},'system':{'$value':{'$same':1}},"
            "'tools':[{'$same':1}],'x':{'$value':{'$list':[1]}}}]");
}

static void keeps_repeated_members_once(void **state)
{
    (void)state;
#define TOOLS "[{'name':'" LONG "','parameters':{'type':'object'}}]"
    ask(parse("{'system':'" LONG "','tools':" TOOLS ",'prompt':'" LONG "'}"), ANSWER(1));
    is_kept(ask(parse("{'system':'" LONG "','tools':" TOOLS ",'prompt':'" LONG "'}"), ANSWER(1)),
            "[{'system':{'$same':1},'tools':{'$same':1},'prompt':'" LONG "'}]");
    is_kept(ask(parse("{'system':'" LONG "2','tools':" TOOLS ",'messages':'none'}"), ANSWER(1)),
            "[{'system':'" LONG "2','tools':{'$same':1},'messages':'none'}]");
    is_kept(ask(parse("{'system':'short','tools':[]}"), ANSWER(1)), NULL);
    is_kept(ask(parse("{'system':'short','tools':[]}"), ANSWER(1)), NULL);
}

static void leaves_odd_arguments_as_they_are(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "{}",
        "{'messages':{}}",
        "{'messages':[]}",
        "{'messages':{'$list':[{'$messages':1,'n':9}]}}",
        "{'messages':[[],{},1,null,true,'',{'content':null},{'content':[]}]}",
        "{'':{'':1}}",
    };
    ask(parse(ASK(USER(1))), ANSWER(1));
    for (int twice = 0; twice < 2; twice++)
        for (size_t i = 0; i < MB_LEN(odd); i++)
            ask(parse(odd[i]), i % 2 ? "not json" : "{\"message\":7}");
    json_t *many = json_array();
    for (int i = 0; i < 5000; i++)
        json_array_append_new(many, json_string("so many"));
    is_kept(ask(json_pack("{s:o}", "messages", many), ANSWER(1)), NULL);
}

static void is_built_again_from_the_calls_of_a_replay(void **state)
{
    (void)state;
    ask(parse(ASK(USER(1))), ANSWER(1));
    result("{\"a\":\"" LONG "a\"}", false);
    ask(parse(ASK(USER(1) "," ASSISTANT(1))), ANSWER(2));
    ask(parse(ASK(USER(1) "," ASSISTANT(1) "," USER(2))), ANSWER(3));
    const struct mb_parts_rules conversation = rules();
    static const int order[] = {4, 3, 2, 1}; /* a replay need not ask in the order of the journal */
    mb_parts_free(j.parts);
    j.parts = mb_parts_new();
    for (size_t i = 0; i < MB_LEN(order); i++) {
        const struct row *r = &j.rows[order[i] - 1];
        if (r->whole) {
            free(mb_parts_write(j.parts, &conversation, order[i], mb_str_c(r->whole)));
            mb_parts_note_answer(j.parts, order[i], mb_str_c(r->answer));
        } else {
            mb_parts_note_result(j.parts, order[i], mb_str_c(r->answer));
        }
    }
    is_kept(ask(parse(ASK(USER(1) "," ASSISTANT(1) "," USER(2) "," ASSISTANT(
                    3) ",{'content':'{\\'a\\':\\'" LONG "a\\'}','role':'tool'}")),
                ANSWER(4)),
            "[{'messages':{'$list':[{'$messages':4,'n':3},{'$message':4},"
            "{'content':{'$result':2},'role':'tool'}]}}]");
    is_kept(ask(parse(ASK(USER(1) "," ASSISTANT(1))), ANSWER(2)),
            "[{'messages':{'$list':[{'$messages':4,'n':2}]}}]");
}

/* ---------------------------------------------------------------- reading what nobody wrote */

static void says_what_is_missing(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[{'a':{'$same':9}}]", "{'a':{'$missing':9}}"},
        {"[{'a':{'$same':1}}]", "{'a':{'$missing':1}}"},
        {"[{'m':{'$list':[{'$messages':1,'n':3}]}}]", "{'m':[{'$missing':1}]}"},
        {"[{'m':{'$list':[{'$messages':1,'from':9,'n':1}]}}]", "{'m':[{'$missing':1}]}"},
        {"[{'m':{'$list':[{'$message':1},{'$message':5},{'$message':-1},{'$message':'x'}]}}]",
         "{'m':[{'$missing':1},{'$missing':5},{'$missing':-1},{'$missing':0}]}"},
        {"[{'m':{'$list':[{'content':{'$result':5}},{'content':{'$stripped':{}}}]}}]",
         "{'m':[{'content':{'$missing':5}},{'content':{'$missing':0}}]}"},
        {"[{'m':{'$list':7}}]", "{'m':[{'$missing':2}]}"},
        {"[]", "{}"},
        {"[1]", "{}"},
    };
    result("\"an answer\"", false); /* has neither arguments nor a message */
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        json_t *args = parse(cases[i][0]), *expected = parse(cases[i][1]);
        char *text = canonical(args);
        json_t *whole = mb_parts_read(mb_str_c(text), 2, find, &j, SIZE_MAX);
        char *got = canonical(whole), *wanted = canonical(expected);
        assert_string_equal(got, wanted);
        free(got);
        free(wanted);
        free(text);
        json_decref(args);
        json_decref(expected);
        json_decref(whole);
    }
}

static void gives_up_when_it_is_to_read_too_much(void **state)
{
    (void)state;
    ask(parse(ASK(USER(1))), ANSWER(1));
    int seq = ask(parse(ASK(USER(1) "," ASSISTANT(1))), ANSWER(2));
    struct mb_str text = mb_str_c(kept(seq));
    size_t needed = 2 * text.len + strlen(j.rows[0].whole) + strlen(j.rows[0].answer);
    assert_null(mb_parts_read(text, seq, find, &j, needed - 1));
    json_t *whole = mb_parts_read(text, seq, find, &j, needed);
    assert_non_null(whole);
    json_decref(whole);
}

/* ---------------------------------------------------------------- any conversation */

static uint32_t seed;

static uint32_t upto(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static json_t *random_text(void)
{
    static const char *const words[] = {"$", "\"$message\"", "{\"a\":1}", "\n", "\\",
                                        "é", LONG,           "null",      "x",  LONG LONG};
    struct mb_buf text = {0};
    for (uint32_t n = upto(4); n > 0; n--)
        mb_buf_add_c(&text, words[upto(MB_LEN(words))]);
    json_t *string = json_stringn(mb_buf_str(&text).ptr, mb_buf_len(&text));
    mb_buf_release(&text);
    return string;
}

static json_t *random_value(int depth)
{
    static const char *const keys[] = {"a",        "content", "$value",   "$same",     "$list",
                                       "messages", "$result", "$message", "$messages", "n"};
    json_t *value;
    switch (depth ? upto(8) : upto(5)) {
    case 0:
        return json_null();
    case 1:
        return json_integer((json_int_t)upto(30));
    case 2:
        return json_real(upto(100) / 8.0);
    case 3:
    case 4:
        return random_text();
    case 5:
        value = json_array();
        for (uint32_t n = upto(4); n > 0; n--)
            json_array_append_new(value, random_value(depth - 1));
        return value;
    default:
        value = json_object();
        for (uint32_t n = upto(4); n > 0; n--)
            json_object_set_new(value, keys[upto(MB_LEN(keys))], random_value(depth - 1));
        return value;
    }
}

/* A message: new, an earlier answer, a result as a model is told of it, anything. */
static json_t *random_message(void)
{
    int seq = j.n ? 1 + (int)upto((uint32_t)j.n) : 0;
    const struct row *r = seq ? &j.rows[seq - 1] : NULL;
    json_t *answer = r ? mb_json_parse(mb_str_c(r->answer), NULL) : NULL;
    json_t *message = json_incref(mb_json_get(answer, "message"));
    if (!message && answer && upto(4)) {
        if (upto(2))
            mb_json_drop_nulls(answer);
        char *text = canonical(answer);
        json_t *content = json_is_string(answer) ? json_incref(answer) : json_string(text);
        message = json_pack("{s:s, s:o}", "role", "tool", "content", content);
        free(text);
    }
    json_decref(answer);
    if (!message)
        message = upto(8) ? json_pack("{s:s, s:o}", "role", "user", "content", random_text())
                          : random_value(3);
    return message;
}

/* Adds to the conversation, drops from it, or begins anew; as a question. */
static json_t *next_question(json_t *messages)
{
    uint32_t what = upto(12);
    if (what == 0)
        json_array_clear(messages);
    for (uint32_t n = what == 1 ? upto(5) : 0; n > 0; n--)
        json_array_remove(messages, 0);
    if (what == 2 && json_array_size(messages))
        json_array_set_new(messages, upto((uint32_t)json_array_size(messages)), random_message());
    for (uint32_t n = upto(4); n > 0; n--)
        json_array_append_new(messages, random_message());
    json_t *args = json_pack("{s:O}", "messages", messages);
    if (upto(2))
        json_object_set_new(args, "system", upto(4) ? json_string(LONG) : random_value(2));
    if (upto(3) == 0)
        json_object_set_new(args, "schema", random_value(3));
    return args;
}

static void any_conversation_is_read_as_it_was_said(void **state)
{
    (void)state;
    size_t whole = 0, bytes = 0;
    for (seed = 1; seed < 60; seed++) {
        uint32_t began = seed;
        setup(NULL);
        json_t *messages = json_array();
        for (int i = 0; i < 40; i++) {
            json_t *answer =
                upto(2) ? json_pack("{s:o}", "message", random_value(2)) : random_value(3);
            char *text = canonical(answer);
            json_decref(answer);
            if (upto(2)) {
                int seq = ask(next_question(messages), text);
                whole += strlen(j.rows[seq - 1].whole);
                bytes += strlen(kept(seq) ? kept(seq) : j.rows[seq - 1].whole);
            } else {
                result(text, false);
            }
            free(text);
        }
        json_decref(messages);
        teardown(NULL);
        seed = began;
    }
    j = (struct journal){0};
    assert_true(bytes < whole / 2);
}

static void remembers_the_newest_of_many(void **state)
{
    (void)state;
    struct mb_parts *parts = mb_parts_new();
    struct mb_parts_place place;
    char text[32];
    for (int i = 1; i <= 20000; i++) {
        snprintf(text, sizeof(text), "%d", i);
        mb_parts_put(parts, MB_PARTS_SAID, mb_parts_hash_of(mb_str_c(text), MB_STR("")),
                     (struct mb_parts_place){i, 3});
        assert_true(mb_parts_get(parts, MB_PARTS_SAID, mb_parts_hash_of(MB_STR("1"), MB_STR("")),
                                 &place)); /* what is used stays */
        assert_int_equal(place.seq, 1);
    }
    int known = 0;
    for (int i = 1; i <= 20000; i++) {
        snprintf(text, sizeof(text), "%d", i);
        struct mb_parts_hash hash = mb_parts_hash_of(mb_str_c(text), MB_STR(""));
        assert_false(mb_parts_get(parts, MB_PARTS_RESULT, hash, &place));
        bool is_known = i > 19000 && mb_parts_get(parts, MB_PARTS_SAID, hash, &place);
        known += is_known;
        assert_true(!is_known || (place.seq == i && place.at == 3));
    }
    assert_true(known > 990);
    mb_parts_free(parts);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(keeps_what_is_new),
        TEST(refers_to_results_by_the_text_that_a_model_is_told),
        TEST(finds_messages_again_after_the_first_ones_were_dropped),
        TEST(keeps_a_summary_in_the_place_of_what_it_sums_up),
        TEST(keeps_parallel_calls_in_the_order_of_the_messages),
        TEST(names_the_first_of_those_that_are_the_same),
        TEST(escapes_what_looks_like_a_reference),
        TEST(keeps_repeated_members_once),
        TEST(leaves_odd_arguments_as_they_are),
        TEST(is_built_again_from_the_calls_of_a_replay),
        TEST(says_what_is_missing),
        TEST(gives_up_when_it_is_to_read_too_much),
        cmocka_unit_test(any_conversation_is_read_as_it_was_said),
        cmocka_unit_test(remembers_the_newest_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
