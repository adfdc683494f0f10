/* run/match: which recorded answer a call of a replay gets. */
#include "run/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"

/* A record of calls given as "tool:args", a letter each; the answer is the number of the call. */
struct fixture {
    struct mb_record record;
    struct mb_match *match;
    const struct mb_side_policy *policy;
    int asked[256]; /* how often by content: its occurrence */
    char last[16];  /* the last answer, or the code of the error */
};

static void make_key(uint8_t key[MB_KEY_BYTES], char tool, char args, int occurrence)
{
    uint8_t hash[MB_SHA256_BYTES];
    char content[2] = {tool, args};
    mb_sha256(MB_STR_OF(content, 2), hash);
    memcpy(key, hash, MB_KEY_HASH_BYTES);
    key[MB_KEY_HASH_BYTES] = 0;
    key[MB_KEY_HASH_BYTES + 1] = (uint8_t)occurrence;
}

static char *args_text(char args)
{
    char *text = mb_strdup("{\"x\":\"?\"}");
    *strchr(text, '?') = args;
    return text;
}

static void record(struct fixture *f, const char *calls)
{
    *f = (struct fixture){0};
    struct mb_record *r = &f->record;
    int seen[256] = {0}, numbers[256] = {0};
    r->calls = mb_zalloc(strlen(calls) * sizeof(r->calls[0]));
    for (const char *c = calls; *c; c += 3) {
        struct mb_record_call *call = &r->calls[r->n_calls++];
        char tool[2] = {c[0], 0}, answer[2] = {(char)('0' + r->n_calls), 0};
        make_key(call->key, c[0], c[2], seen[(uint8_t)(c[0] ^ (c[2] << 1))]++);
        call->seq = (int)r->n_calls;
        call->number = ++numbers[(uint8_t)c[0]];
        call->tool = mb_strdup(tool);
        call->args = args_text(c[2]);
        call->args_len = strlen(call->args);
        call->answer = mb_strdup(answer);
        call->answer_len = 1;
        call->price_micros = 10;
        call->ended_us = call->seq * 1000;
        if (!c[3])
            break;
        c++;
    }
    f->match = mb_match_new(r);
    f->policy = mb_match_policy(f->match);
    f->policy->on_begin(f->policy->arg);
}

static const char *ask(struct fixture *f, char tool, char args)
{
    uint8_t key[MB_KEY_BYTES];
    make_key(key, tool, args, f->asked[(uint8_t)(tool ^ (args << 1))]++);
    char *text = args_text(args);
    json_t *json = mb_json_parse(mb_str_c(text), NULL);
    struct mb_side_answer a = {0};
    struct mb_side_call call = {
        .tool = MB_STR_OF(&tool, 1), .args = json, .args_text = mb_str_c(text), .key = key};
    if (f->policy->on_call(f->policy->arg, &call, &a) == MB_SIDE_LATER) {
        call.turn_us = a.clock_us; /* nothing else goes on: a run without branches */
        assert_int_equal(f->policy->on_call(f->policy->arg, &call, &a), MB_SIDE_ANSWER);
    }
    json_t *answer = mb_json_parse(MB_STR_OF(a.text, a.len), NULL);
    snprintf(f->last, sizeof(f->last), "%.*s", (int)a.len, a.text);
    if (a.is_error)
        snprintf(f->last, sizeof(f->last), "%s",
                 json_string_value(json_object_get(answer, "code")));
    json_decref(answer);
    json_decref(json);
    free(a.text);
    free(text);
    return f->last;
}

static void expect(struct fixture *f, int same, int changed, int fresh, int gone)
{
    struct mb_match_counts n;
    mb_match_count(f->match, &n);
    assert_int_equal(n.same, same);
    assert_int_equal(n.changed, changed);
    assert_int_equal(n.fresh, fresh);
    assert_int_equal(n.gone, gone);
    assert_int_equal(n.price_micros, 10 * (same + changed));
}

static void forget(struct fixture *f)
{
    mb_match_free(f->match);
    for (size_t i = 0; i < f->record.n_calls; i++) {
        free(f->record.calls[i].tool);
        free(f->record.calls[i].args);
        free(f->record.calls[i].answer);
    }
    free(f->record.calls);
}

static void the_same_content_gets_its_own_answer_in_any_order(void **state)
{
    (void)state;
    struct fixture f;
    record(&f, "t:a t:b u:a t:a");
    assert_string_equal(ask(&f, 'u', 'a'), "3");
    assert_string_equal(ask(&f, 't', 'b'), "2");
    assert_string_equal(ask(&f, 't', 'a'), "1");
    assert_string_equal(ask(&f, 't', 'a'), "4");
    expect(&f, 4, 0, 0, 0);
    forget(&f);
}

static void other_arguments_get_the_answer_of_the_same_number(void **state)
{
    (void)state;
    struct fixture f;
    record(&f, "t:a u:a t:b t:c");
    assert_string_equal(ask(&f, 't', 'a'), "1");
    assert_string_equal(ask(&f, 't', 'x'), "3"); /* the second of its tool */
    assert_string_equal(ask(&f, 't', 'c'), "4");
    expect(&f, 2, 1, 0, 1);
    json_t *changed = mb_match_changed(f.match), *gone = mb_match_gone(f.match);
    struct mb_buf text = {0};
    mb_json_canonical(&text, changed);
    assert_string_equal(mb_buf_cstr(&text),
                        "[{\"changes\":[{\"now\":\"x\",\"op\":\"replace\",\"path\":\"/x\","
                        "\"was\":\"b\"}],\"seq\":3,\"tool\":\"t\"}]");
    mb_buf_clear(&text);
    mb_json_canonical(&text, gone);
    assert_string_equal(mb_buf_cstr(&text), "[{\"args\":{\"x\":\"a\"},\"seq\":2,\"tool\":\"u\"}]");
    mb_buf_release(&text);
    json_decref(changed);
    json_decref(gone);
    forget(&f);
}

static void else_of_the_first_that_nobody_asked_for(void **state)
{
    (void)state;
    struct fixture f;
    record(&f, "t:a t:b t:c");
    assert_string_equal(ask(&f, 't', 'c'), "3");
    assert_string_equal(ask(&f, 't', 'b'), "2");
    assert_string_equal(ask(&f, 't', 'x'), "1");
    expect(&f, 2, 1, 0, 0);
    forget(&f);
}

static void when_none_is_left_the_call_is_new(void **state)
{
    (void)state;
    struct fixture f;
    record(&f, "t:a");
    assert_string_equal(ask(&f, 't', 'a'), "1");
    assert_string_equal(ask(&f, 't', 'a'), "not_recorded");
    assert_string_equal(ask(&f, 'v', 'a'), "not_recorded");
    expect(&f, 1, 0, 2, 0);
    json_t *fresh = mb_match_new_calls(f.match);
    assert_int_equal(json_array_size(fresh), 2);
    json_decref(fresh);
    forget(&f);
}

static void a_beginning_anew_forgets_what_was_asked(void **state)
{
    (void)state;
    struct fixture f;
    record(&f, "t:a t:b");
    ask(&f, 't', 'x');
    ask(&f, 'v', 'x');
    f.policy->on_begin(f.policy->arg);
    memset(f.asked, 0, sizeof(f.asked));
    assert_string_equal(ask(&f, 't', 'a'), "1");
    assert_string_equal(ask(&f, 't', 'b'), "2");
    expect(&f, 2, 0, 0, 0);
    forget(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_content_gets_its_own_answer_in_any_order),
        cmocka_unit_test(other_arguments_get_the_answer_of_the_same_number),
        cmocka_unit_test(else_of_the_first_that_nobody_asked_for),
        cmocka_unit_test(when_none_is_left_the_call_is_new),
        cmocka_unit_test(a_beginning_anew_forgets_what_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
