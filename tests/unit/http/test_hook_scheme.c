/* How webhooks are signed, what makes a delivery the same, and what becomes of its body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "http/hook_body.h"
#include "http/hook_scheme.h"

enum { NOW = 1800000000, HEADERS = 4 };

struct sample {
    const char *names[HEADERS], *values[HEADERS];
};

static struct mb_str header(const void *arg, const char *name)
{
    const struct sample *s = arg;
    for (int i = 0; i < HEADERS && s->names[i]; i++)
        if (strcmp(s->names[i], name) == 0)
            return mb_str_c(s->values[i]);
    return MB_STR_OF(NULL, 0);
}

static struct mb_delivery deliver(const struct sample *s, const char *body)
{
    return (struct mb_delivery){.body = mb_str_c(body), .header = header, .arg = s};
}

static int verify(const char *scheme, const char *secret, const struct sample *s, const char *body,
                  int64_t now_s)
{
    struct mb_err err;
    struct mb_delivery d = deliver(s, body);
    const struct mb_hook_scheme *found = mb_hook_scheme_find(mb_str_c(scheme));
    assert_non_null(found);
    return mb_hook_verify(found, mb_str_c(secret), &d, now_s, &err);
}

/* Signatures made with openssl: printf '%s' TEXT | openssl dgst -sha256 -hmac SECRET. */
static void a_known_signature_of_each_scheme_is_valid(void **state)
{
    (void)state;
    const struct sample github = {
        {"x-hub-signature-256"},
        {"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}};
    /* GitHub's own example */
    assert_int_equal(verify("github", "It's a Secret to Everybody", &github, "Hello, World!", NOW),
                     0);
    const struct sample slack = {
        {"x-slack-request-timestamp", "x-slack-signature"},
        {"1531420618", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}};
    /* Slack's own example */
    const char *form =
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="
        "G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-"
        "collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F39770088"
        "5554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447"
        "fce8b6703c";
    assert_int_equal(verify("slack", "8f742231b10e8888abcd99yyyzzz85a5", &slack, form, 1531420618),
                     0);
    assert_int_equal(
        verify("slack", "8f742231b10e8888abcd99yyyzzz85a5", &slack, form, 1531420618 + 301),
        -MB_E_UNAUTHENTICATED);
    const struct sample standard = {{"webhook-id", "webhook-timestamp", "webhook-signature"},
                                    {"msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                                     "v2,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}};
    /* the example of the Standard Webhooks libraries */
    assert_int_equal(verify("standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &standard,
                            "{\"test\": 2432232314}", 1614265330),
                     0);
}

static void what_was_not_signed_so_is_refused(void **state)
{
    (void)state;
    static const char good[] =
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    static const char *const bad[] = {
        "",
        "sha256=",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e16",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1700",
        "sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "sha256=0000000000000000000000000000000000000000000000000000000000000000",
    };
    const char *secret = "It's a Secret to Everybody";
    for (size_t i = 0; i < MB_LEN(bad); i++) {
        const struct sample s = {{"x-hub-signature-256"}, {bad[i]}};
        assert_int_equal(verify("github", secret, &s, "Hello, World!", NOW), -MB_E_UNAUTHENTICATED);
    }
    const struct sample s = {{"x-hub-signature-256"}, {good}}, none = {{NULL}, {NULL}};
    assert_int_equal(verify("github", secret, &s, "Hello, World", NOW), -MB_E_UNAUTHENTICATED);
    assert_int_equal(verify("github", "another", &s, "Hello, World!", NOW), -MB_E_UNAUTHENTICATED);
    assert_int_equal(verify("github", secret, &none, "Hello, World!", NOW), -MB_E_UNAUTHENTICATED);
    assert_null(mb_hook_scheme_find(MB_STR("git")));
    assert_null(mb_hook_scheme_find(MB_STR("")));
}

static const char *key(const char *scheme, const struct sample *s, const char *body,
                       const char *json)
{
    static char out[MB_HOOK_KEY];
    struct mb_delivery d = deliver(s, body);
    json_t *value = mb_json_parse(mb_str_c(json), NULL);
    mb_hook_key(mb_hook_scheme_find(mb_str_c(scheme)), &d, value, out);
    json_decref(value);
    return out;
}

static void the_id_of_a_delivery_is_its_key_or_else_time_and_body(void **state)
{
    (void)state;
    char first[MB_HOOK_KEY], longest[MB_HOOK_ID_CHARS + 2];
    const struct sample id = {{"x-github-delivery"}, {"72d3162e-cc78-11e3-81ab-4c9367dc0958"}};
    const struct sample odd = {{"x-github-delivery"}, {"with space"}};
    const struct sample none = {{NULL}, {NULL}};
    assert_string_equal(key("github", &id, "a", "{}"),
                        "delivery 72d3162e-cc78-11e3-81ab-4c9367dc0958");
    assert_string_equal(key("stripe", &none, "a", "{\"id\": \"evt_1\"}"), "delivery evt_1");
    assert_string_equal(key("slack", &none, "a", "{\"event_id\": \"Ev1\"}"), "delivery Ev1");
    strcpy(first, key("github", &none, "a", "{}"));
    assert_memory_equal(first, "body ", 5);
    assert_string_equal(key("github", &none, "a", "{}"), first);
    assert_string_equal(key("github", &odd, "a", "{}"), first);
    assert_string_not_equal(key("github", &none, "b", "{}"), first);
    assert_memory_equal(key("stripe", &none, "a", "[1]"), "body ", 5);
    assert_memory_equal(key("stripe", &none, "a", "{\"id\": 7}"), "body ", 5);
    const struct sample early = {{"moonbase-signature"}, {"t=1,v1=00"}};
    const struct sample late = {{"moonbase-signature"}, {"v1=00, t=2"}};
    strcpy(first, key("moonbase", &early, "a", "{}"));
    assert_string_not_equal(key("moonbase", &late, "a", "{}"), first);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    const struct sample too_long = {{"x-github-delivery"}, {longest}};
    assert_memory_equal(key("github", &too_long, "a", "{}"), "body ", 5);
    longest[MB_HOOK_ID_CHARS] = '\0';
    assert_memory_equal(key("github", &too_long, "a", "{}"), "delivery x", 10);
}

static const char *const bodies[][3] = {
    /* type, body, JSON; NULL = refused */
    {"application/json", "{\"a\": 1}", "{\"a\":1}"},
    {"", "[1]", "[1]"},
    {"", "", "null"},
    {"application/json", "{", NULL},
    {"text/plain", "hello", NULL},
    {"application/x-www-form-urlencoded", "a=1&b=%C3%A4+x&c",
     "{\"a\":\"1\",\"b\":\"ä x\",\"c\":\"\"}"},
    {"Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=%0A", "{\"a\":\"\\n\"}"},
    {"application/x-www-form-urlencoded", "a=1&a=2&a=3", "{\"a\":[\"1\",\"2\",\"3\"]}"},
    {"application/x-www-form-urlencoded", "&&a=b=c&", "{\"a\":\"b=c\"}"},
    {"application/x-www-form-urlencoded", "", "{}"},
    {"application/x-www-form-urlencoded", "a=%", NULL},
    {"application/x-www-form-urlencoded", "a=%4", NULL},
    {"application/x-www-form-urlencoded", "a=%zz", NULL},
    {"application/x-www-form-urlencoded", "a=%00", NULL},
    {"application/x-www-form-urlencoded", "a=%ff", NULL},
    {"application/x-www-form-urlencodedness", "a=1", NULL},
};

static void a_body_becomes_json_or_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(bodies); i++) {
        struct mb_err err;
        struct mb_buf text = {0};
        json_t *json = mb_hook_body(mb_str_c(bodies[i][0]), mb_str_c(bodies[i][1]), &err);
        if (json)
            mb_json_dump(&text, json);
        if (bodies[i][2])
            assert_string_equal(mb_buf_cstr(&text), bodies[i][2]);
        else
            assert_null(json);
        json_decref(json);
        mb_buf_release(&text);
    }
}

static void a_form_has_at_most_a_thousand_fields(void **state)
{
    (void)state;
    struct mb_buf form = {0};
    struct mb_err err;
    struct mb_str type = MB_STR("application/x-www-form-urlencoded");
    for (int i = 0; i < 1000; i++)
        mb_buf_add_c(&form, "a=1&");
    json_t *json = mb_hook_body(type, mb_buf_str(&form), &err);
    assert_non_null(json);
    json_decref(json);
    mb_buf_add_c(&form, "a=1");
    assert_null(mb_hook_body(type, mb_buf_str(&form), &err));
    mb_buf_release(&form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_signature_of_each_scheme_is_valid),
        cmocka_unit_test(what_was_not_signed_so_is_refused),
        cmocka_unit_test(the_id_of_a_delivery_is_its_key_or_else_time_and_body),
        cmocka_unit_test(a_body_becomes_json_or_is_refused),
        cmocka_unit_test(a_form_has_at_most_a_thousand_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
