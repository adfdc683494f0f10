#include "cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "driver.h"

enum { MEMORY = 16 * 1024 * 1024 };

static void expect_failure(const struct outcome *o, const char *expect)
{
    char code[96];
    size_t n = strcspn(expect, " ");
    assert_in_range(n, 1, 48);
    strcpy(code, "\"code\":\"");
    strncat(code, expect, n);
    strcat(code, "\"");
    if (o->ok || !strstr(o->json, code) || (expect[n] && !strstr(o->json, expect + n + 1)))
        fail_msg("expected %s, got %s", expect, o->json);
}

static void run_case(void **state)
{
    const struct lua_case *c = *state;
    struct driver *d = driver_new(MB_VM_AGENT, MEMORY);
    struct mb_buf source = {0};
    mb_buf_addf(&source, "local moon = require 'moon' return function(input, ctx) %s\nend",
                c->body);
    const struct outcome *o =
        driver_run(d, mb_buf_cstr(&source), "{\"n\":3,\"list\":[],\"no\":null}");
    mb_buf_release(&source);
    assert_true(o->over);
    if (c->expect[0] == '!')
        expect_failure(o, c->expect + 1);
    else
        assert_string_equal(o->json, c->expect);
    driver_free(d);
}

int run_lua_cases(const char *group, const struct lua_case *cases, size_t n)
{
    struct CMUnitTest *tests = mb_zalloc(n * sizeof(*tests));
    for (size_t i = 0; i < n; i++) {
        void *state;
        const struct lua_case *c = &cases[i];
        memcpy(&state, &c, sizeof(state));
        tests[i] = (struct CMUnitTest){
            .name = cases[i].rule, .test_func = run_case, .initial_state = state};
    }
    int failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
    free(tests);
    return failed;
}
