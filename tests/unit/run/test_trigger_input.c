/* The input of a triggered run: a template with what happened put in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "run/trigger.h"
#include "unit/parse.h"

#define TRIGGER                                                                                    \
    "\"trigger\":{\"id\":\"trg_00000000000000000000000000000000\",\"key\":\"k\","                  \
    "\"scheduled_at\":\"1970-01-01T00:00:01.000000Z\"}"

/* template, the input of a tick, of a delivery */
static const char *const cases[][3] = {
    {"{}", "{" TRIGGER "}",
     "{" TRIGGER ",\"body\":{\"a\":[\"x\",{\"b\":7}],\"t\":\"{{body.a}}\"},"
     "\"headers\":{\"x-y\":\"h\"}}"},
    {"null", "{" TRIGGER "}", NULL},
    {"{\"k\":[1,null,true,2.5]}", "{\"k\":[1,null,true,2.5]," TRIGGER "}", NULL},
    {"{\"k\":\"{{trigger.key}}\"}", "{\"k\":\"k\"}", "{\"k\":\"k\"}"},
    {"{\"k\":\"<{{ trigger.key }}>\"}", "{\"k\":\"<k>\"}", NULL},
    {"{\"k\":\"{{trigger.key}}{{trigger.key}}\"}", "{\"k\":\"kk\"}", NULL},
    {"{\"k\":\"{{body}}\"}", "{\"k\":null}",
     "{\"k\":{\"a\":[\"x\",{\"b\":7}],\"t\":\"{{body.a}}\"}}"},
    {"{\"k\":[{\"l\":\"{{body.a.1.b}}\"}]}", "{\"k\":[{\"l\":null}]}", "{\"k\":[{\"l\":7}]}"},
    {"{\"k\":\"{{body.a.0}}\"}", NULL, "{\"k\":\"x\"}"},
    {"{\"k\":\"{{body.a.2}}\"}", NULL, "{\"k\":null}"},
    {"{\"k\":\"{{body.a.x}}\"}", NULL, "{\"k\":null}"},
    {"{\"k\":\"{{body.a.-1}}\"}", NULL, "{\"k\":null}"},
    {"{\"k\":\"{{body.a.0.b}}\"}", NULL, "{\"k\":null}"},
    {"{\"k\":\"a {{body.a}} b\"}", "{\"k\":\"a  b\"}", "{\"k\":\"a [\\\"x\\\",{\\\"b\\\":7}] b\"}"},
    /* what was put in is not looked at again */
    {"{\"k\":\"{{body.t}}\"}", NULL, "{\"k\":\"{{body.a}}\"}"},
    {"{\"k\":\"{{headers.x-y}}\"}", NULL, "{\"k\":\"h\"}"},
    {"{\"k\":\"{{ no end\"}", "{\"k\":\"{{ no end\"," TRIGGER "}", NULL},
};

static void check(const char *template, const char *expected, bool has_body)
{
    json_t *body = parse("{\"a\":[\"x\",{\"b\":7}],\"t\":\"{{body.a}}\"}");
    json_t *headers = parse("{\"x-y\":\"h\"}"), *json = parse(template);
    const struct mb_trigger_event event = {.key = "k",
                                           .scheduled_us = 1000000,
                                           .body = has_body ? body : NULL,
                                           .headers = has_body ? headers : NULL};
    struct mb_buf text = {0};
    json_t *input = mb_trigger_input(json, &event);
    mb_json_dump(&text, input);
    assert_string_equal(mb_buf_cstr(&text), expected);
    mb_buf_release(&text);
    json_decref(input);
    json_decref(json);
    json_decref(headers);
    json_decref(body);
}

static void a_template_becomes_the_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        if (cases[i][1])
            check(cases[i][0], cases[i][1], false);
        if (cases[i][2])
            check(cases[i][0], cases[i][2], true);
    }
}

static const struct {
    const char *template;
    bool has_body;
    const char *place; /* NULL = good */
} templates[] = {
    {"{}", false, NULL},
    {"{\"a\":\"{{trigger.key}} {{trigger.no}}\"}", false, NULL},
    {"{\"a\":\"{{body.x}}\"}", true, NULL},
    {"{\"a\":\"{{body.x}}\"}", false, "/input/a"},
    {"{\"a\":[0,{\"b\":\"x {{nothing}} y\"}]}", true, "/input/a/1/b"},
    {"{\"a\":\"{{}}\"}", true, "/input/a"},
    {"{\"a\":\"{{bodyx}}\"}", true, "/input/a"},
    {"{\"a\":\"{{a_root_that_is_longer_than_any}}\"}", true, "/input/a"},
};

static void a_template_that_refers_to_nothing_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(templates); i++) {
        struct mb_err err = {0};
        json_t *json = parse(templates[i].template);
        int rc = mb_trigger_check_template(json, templates[i].has_body, &err);
        assert_int_equal(rc, templates[i].place ? -MB_E_INVALID_REQUEST : 0);
        if (templates[i].place)
            assert_string_equal(err.pointer, templates[i].place);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_becomes_the_input),
        cmocka_unit_test(a_template_that_refers_to_nothing_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
