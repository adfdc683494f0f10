/* base/json_diff: what is different between two values. */
#include "base/json_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/parse.h"

static void expect(const char *from, const char *to, size_t most, const char *changes)
{
    json_t *a = parse(from), *b = parse(to);
    json_t *found = mb_json_diff(a, b, most);
    struct mb_buf text = {0};
    mb_json_canonical(&text, found);
    assert_string_equal(mb_buf_cstr(&text), changes);
    mb_buf_release(&text);
    json_decref(found);
    json_decref(a);
    json_decref(b);
}

static void names_every_change_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *changes;
    } cases[] = {
        {"1", "1.0", "[]"},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "[]"},
        {NULL, NULL, "[]"},
        {"1", "2", "[{\"now\":2,\"op\":\"replace\",\"path\":\"\",\"was\":1}]"},
        {NULL, "{\"a\":1}", "[{\"now\":{\"a\":1},\"op\":\"add\",\"path\":\"\"}]"},
        {"null", NULL, "[{\"op\":\"remove\",\"path\":\"\",\"was\":null}]"},
        {"{\"a\":null}", "{}", "[{\"op\":\"remove\",\"path\":\"/a\",\"was\":null}]"},
        {"{\"z\":1,\"a\":[1,2,3]}", "{\"z\":2,\"a\":[1,4]}",
         "[{\"now\":4,\"op\":\"replace\",\"path\":\"/a/1\",\"was\":2},"
         "{\"op\":\"remove\",\"path\":\"/a/2\",\"was\":3},"
         "{\"now\":2,\"op\":\"replace\",\"path\":\"/z\",\"was\":1}]"},
        {"{\"a/b~c\":{\"d\":true}}", "{\"a/b~c\":{\"d\":false}}",
         "[{\"now\":false,\"op\":\"replace\",\"path\":\"/a~1b~0c/d\",\"was\":true}]"},
        {"[]", "{}", "[{\"now\":{},\"op\":\"replace\",\"path\":\"\",\"was\":[]}]"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++)
        expect(cases[i].from, cases[i].to, 100, cases[i].changes);
}

static void stops_at_the_most_that_is_asked_for(void **state)
{
    (void)state;
    expect("[1,2,3]", "[4,5,6]", 1, "[{\"now\":4,\"op\":\"replace\",\"path\":\"/0\",\"was\":1}]");
    expect("{\"a\":1,\"b\":1}", "{}", 1, "[{\"op\":\"remove\",\"path\":\"/a\",\"was\":1}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_change_at_its_place),
        cmocka_unit_test(stops_at_the_most_that_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
