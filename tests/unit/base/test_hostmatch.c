#include "base/hostmatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void matches_exactly_what_the_entry_says(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *host;
        uint16_t port;
        bool match;
    } cases[] = {
        {"api.example.com", "api.example.com", 443, true},
        {"api.example.com", "API.Example.COM", 443, true},
        {"API.example.com", "api.example.com", 443, true},
        {"api.example.com", "api.example.com.", 443, false},
        {"api.example.com.", "api.example.com", 443, false},
        {"api.example.com", "xapi.example.com", 443, false},
        {"api.example.com", "api.example.com.evil.com", 443, false},
        {"api.example.com", "api.example.co", 443, false},
        {"api.example.com", "", 443, false},
        {"", "api.example.com", 443, false},
        {"*.example.com", "api.example.com", 443, true},
        {"*.example.com", "a.b.example.com", 443, true},
        {"*.example.com", "example.com", 443, false},
        {"*.example.com", ".example.com", 443, false},
        {"*.example.com", "evilexample.com", 443, false},
        {"*.example.com", "a..example.com", 443, false},
        {"*.example.com", "*.example.com", 443, false},
        {"*.example.com", "a.example.com.", 443, false},
        {"*.*.com", "a.b.com", 443, false},
        {"a.*.com", "a.b.com", 443, false},
        {"*", "anything.example", 80, true},
        {"*", "localhost", 80, true},
        {"*", "my_host-1", 80, true},
        {"*", "192.0.2.1", 80, false},
        {"*", "::1", 80, false},
        {"*", "[::1]", 80, false},
        {"*", "127.1", 80, false},
        {"*", "2130706433", 80, false},
        {"*", "0x7f.0.0.1", 80, false},
        {"*", "0x7f000001", 80, false},
        {"*", "a.1", 80, false},
        {"*", "a.0x1f", 80, false},
        {"*", "1.a", 80, true},
        {"*", "a b", 80, false},
        {"*", "a/b", 80, false},
        {"*", "a@b", 80, false},
        {"*", "a:80", 80, false},
        {"*",
         "b\xc3\xbc"
         "cher.example",
         80, false},
        {"*.1", "2.1", 80, false},
        {"192.0.2.1", "192.0.2.1", 80, true},
        {"192.0.2.1", "192.0.2.01", 80, false},
        {"192.0.2.1", "192.0.2.10", 80, false},
        {"192.0.2.1", "a.192.0.2.1", 80, false},
        {"*.0.2.1", "192.0.2.1", 80, false},
        {"::1", "[::1]", 80, true},
        {"[::1]", "::1", 80, true},
        {"[::1]", "0:0:0:0:0:0:0:1", 80, true},
        {"[2001:db8::1]:443", "[2001:DB8::1]", 443, true},
        {"[2001:db8::1]:443", "[2001:db8::1]", 444, false},
        {"::ffff:192.0.2.1", "192.0.2.1", 80, false},
        {"192.0.2.1", "::ffff:192.0.2.1", 80, false},
        {"[192.0.2.1]", "192.0.2.1", 80, false},
        {"api.example.com:8443", "api.example.com", 8443, true},
        {"api.example.com:8443", "api.example.com", 443, false},
        {"*:443", "api.example.com", 443, true},
        {"*:443", "api.example.com", 80, false},
        {"*.example.com:443", "a.example.com", 443, true},
        {"127.0.0.1:8080", "127.0.0.1", 8080, true},
        {"127.0.0.1:8080", "127.0.0.1", 80, false},
        {"a.com:", "a.com", 80, false},
        {"a.com:0", "a.com", 0, false},
        {"a.com:080", "a.com", 80, false},
        {"a.com:65536", "a.com", 0, false},
        {"a.com:8o", "a.com", 80, false},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++)
        if (mb_hostmatch(mb_str_c(cases[i].entry), mb_str_c(cases[i].host), cases[i].port) !=
            cases[i].match)
            fail_msg("\"%s\" and \"%s\":%d", cases[i].entry, cases[i].host, cases[i].port);
}

static void a_nul_makes_no_name(void **state)
{
    (void)state;
    assert_false(mb_hostmatch(MB_STR("*"), MB_STR("a.com\0.evil"), 80));
    assert_false(mb_hostmatch(MB_STR("192.0.2.1"), MB_STR("192.0.2.1\0"), 80));
}

static void names_and_labels_have_their_longest(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'a', sizeof(name));
    assert_true(mb_hostmatch(MB_STR("*"), MB_STR_OF(name, 63), 80));
    assert_false(mb_hostmatch(MB_STR("*"), MB_STR_OF(name, 64), 80));
    for (size_t i = 63; i < sizeof(name); i += 64)
        name[i] = '.';
    assert_true(mb_hostmatch(MB_STR("*"), MB_STR_OF(name, 253), 80));
    assert_false(mb_hostmatch(MB_STR("*"), MB_STR_OF(name, 254), 80));
}

static void tells_what_is_no_entry(void **state)
{
    (void)state;
    static const char *const good[] = {"a.com",    "*.a.com",       "*", "*:80", "10.0.0.1",
                                       "[::1]:80", "localhost:3000"};
    static const char *const bad[] = {"",       "*a.com", "a.com.", "http://a.com", "a.com/x",
                                      "a.com:", "*.",     "**",     "a..com",       "a b"};
    struct mb_err err;
    for (size_t i = 0; i < MB_LEN(good); i++)
        assert_int_equal(mb_hostmatch_check(mb_str_c(good[i]), &err), 0);
    for (size_t i = 0; i < MB_LEN(bad); i++)
        assert_int_equal(mb_hostmatch_check(mb_str_c(bad[i]), &err), -MB_E_INVALID_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_exactly_what_the_entry_says),
        cmocka_unit_test(a_nul_makes_no_name),
        cmocka_unit_test(names_and_labels_have_their_longest),
        cmocka_unit_test(tells_what_is_no_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
