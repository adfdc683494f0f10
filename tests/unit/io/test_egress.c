/* Where requests may go. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "io/egress.h"

static struct mb_egress *make(const char *allow, const char *ports)
{
    struct mb_egress_config config = {.allow = allow, .ports = ports};
    struct mb_err err;
    struct mb_egress *egress = mb_egress_new(&config, &err);
    assert_non_null(egress);
    return egress;
}

static void refuses_every_address_that_is_not_public(void **state)
{
    static const char *const v4[] = {
        "0.0.0.0",      "0.1.2.3",         "10.0.0.1",        "10.255.255.255", "100.64.0.1",
        "127.0.0.1",    "127.255.1.1",     "169.254.169.254", "169.254.0.1",    "172.16.0.1",
        "172.31.9.9",   "192.0.0.8",       "192.0.2.1",       "192.168.1.1",    "198.18.0.1",
        "198.19.255.1", "198.51.100.7",    "203.0.113.9",     "224.0.0.1",      "239.1.1.1",
        "240.0.0.1",    "255.255.255.255", "192.88.99.1",
    };
    static const char *const v6[] = {
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "fd00:ec2::254",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "100::1",
        "3fff::1",
        "2001:10::1",
        "5f00::1",
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(v4); i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        assert_int_equal(inet_pton(AF_INET, v4[i], &in.sin_addr), 1);
        if (!mb_egress_addr_kind((struct sockaddr *)&in))
            fail_msg("%s passes for public", v4[i]);
    }
    for (size_t i = 0; i < MB_LEN(v6); i++) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        assert_int_equal(inet_pton(AF_INET6, v6[i], &in6.sin6_addr), 1);
        if (!mb_egress_addr_kind((struct sockaddr *)&in6))
            fail_msg("%s passes for public", v6[i]);
    }
    struct sockaddr_storage local = {.ss_family = AF_UNIX};
    assert_non_null(mb_egress_addr_kind((struct sockaddr *)&local));
}

static void lets_public_addresses_pass(void **state)
{
    static const char *const hosts[] = {"1.1.1.1",    "9.255.255.255", "11.0.0.0",
                                        "100.63.0.1", "128.0.0.1",     "172.15.0.1",
                                        "172.32.0.1", "192.169.0.1",   "223.255.255.255"};
    static const char *const v6[] = {"2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
                                     "2002:808:808::1", "2a00:1450::1"};
    (void)state;
    for (size_t i = 0; i < MB_LEN(hosts); i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        inet_pton(AF_INET, hosts[i], &in.sin_addr);
        assert_null(mb_egress_addr_kind((struct sockaddr *)&in));
    }
    for (size_t i = 0; i < MB_LEN(v6); i++) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        inet_pton(AF_INET6, v6[i], &in6.sin6_addr);
        assert_null(mb_egress_addr_kind((struct sockaddr *)&in6));
    }
}

static void judges_urls(void **state)
{
    static const struct {
        const char *url;
        int code;
    } cases[] = {
        {"https://api.example.com/v1", 0},
        {"http://example.com:8080/", 0},
        {"HTTPS://EXAMPLE.com", 0},
        {"https://[2606:4700::1111]/", 0},
        {"ftp://example.com/", MB_E_EGRESS_DENIED},
        {"file:///etc/passwd", MB_E_INVALID_REQUEST},
        {"gopher://example.com/", MB_E_EGRESS_DENIED},
        {"unix:///run/x.sock", MB_E_EGRESS_DENIED},
        {"https://user:pass@example.com/", MB_E_EGRESS_DENIED},
        {"https://user@example.com/", MB_E_EGRESS_DENIED},
        {"http://127.0.0.1/", MB_E_EGRESS_DENIED},
        {"http://2130706433/", MB_E_EGRESS_DENIED},
        {"http://0x7f.1/", MB_E_EGRESS_DENIED},
        {"http://017700000001/", MB_E_EGRESS_DENIED},
        {"http://127.1/", MB_E_EGRESS_DENIED},
        {"http://169.254.169.254/latest/meta-data/", MB_E_EGRESS_DENIED},
        {"http://[::1]/", MB_E_EGRESS_DENIED},
        {"http://[::ffff:10.0.0.1]/", MB_E_EGRESS_DENIED},
        {"http://[fd00:ec2::254]/", MB_E_EGRESS_DENIED},
        {"http://0/", MB_E_EGRESS_DENIED},
        {"http://exa mple.com/", MB_E_INVALID_REQUEST},
        {"", MB_E_INVALID_REQUEST},
        {"/relative", MB_E_INVALID_REQUEST},
    };
    (void)state;
    struct mb_egress *egress = make(NULL, NULL);
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_err err;
        int rc = mb_egress_check_url(egress, cases[i].url, NULL, &err);
        if (rc != -cases[i].code)
            fail_msg("\"%s\": %s", cases[i].url, rc ? err.message : "passed");
    }
    mb_egress_free(egress);
}

static void names_the_address_that_it_refuses(void **state)
{
    (void)state;
    struct mb_egress *egress = make(NULL, NULL);
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct mb_err err;
    inet_pton(AF_INET, "169.254.169.254", &in.sin_addr);
    assert_int_equal(mb_egress_check_addr(egress, "meta.example", (struct sockaddr *)&in, &err),
                     -MB_E_EGRESS_DENIED);
    assert_non_null(strstr(err.message, "169.254.169.254"));
    assert_non_null(strstr(err.message, "meta.example"));
    mb_egress_free(egress);
}

static void reaches_what_the_operator_allows_and_no_more(void **state)
{
    static const struct {
        const char *host, *addr;
        bool ok;
    } cases[] = {
        {"a.example", "10.1.2.3", true},       {"a.example", "10.2.0.1", false},
        {"llm.internal", "192.168.7.7", true}, {"LLM.internal", "127.0.0.1", true},
        {"db.internal", "192.168.7.7", false}, {"x.svc.local", "172.16.0.1", true},
        {"svc.local", "172.16.0.1", false},    {"evilsvc.local", "172.16.0.1", false},
        {"b.example", "192.168.9.9", true},    {"b.example", "192.168.9.8", false},
        {"c.example", "fd00:1::5", true},      {"c.example", "fd00:2::5", false},
    };
    (void)state;
    struct mb_egress *egress =
        make("10.1.0.0/16, llm.internal *.svc.local\n192.168.9.9,fd00:1::/32", NULL);
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        bool is4 = inet_pton(AF_INET, cases[i].addr, &in.sin_addr) == 1;
        if (!is4)
            inet_pton(AF_INET6, cases[i].addr, &in6.sin6_addr);
        struct mb_err err;
        const struct sockaddr *addr = is4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
        int rc = mb_egress_check_addr(egress, cases[i].host, addr, &err);
        if ((rc == 0) != cases[i].ok)
            fail_msg("%s at %s: %s", cases[i].host, cases[i].addr, rc ? err.message : "passed");
    }
    mb_egress_free(egress);
}

static void keeps_to_the_ports_that_are_listed(void **state)
{
    (void)state;
    struct mb_egress *egress = make(NULL, "443, 8000-8099");
    struct mb_err err;
    assert_int_equal(mb_egress_check_url(egress, "https://a.example/", NULL, &err), 0);
    assert_int_equal(mb_egress_check_url(egress, "http://a.example:8099/", NULL, &err), 0);
    assert_int_equal(mb_egress_check_url(egress, "http://a.example/", NULL, &err),
                     -MB_E_EGRESS_DENIED);
    assert_int_equal(mb_egress_check_url(egress, "http://a.example:8100/", NULL, &err),
                     -MB_E_EGRESS_DENIED);
    mb_egress_free(egress);
}

static void refuses_a_list_that_it_does_not_understand(void **state)
{
    static const struct mb_egress_config bad[] = {
        {.allow = "10.0.0.0/33"}, {.allow = "10.0.0.0/x"}, {.allow = "a/b"},
        {.allow = "::1/129"},     {.ports = "0"},          {.ports = "99-1"},
        {.ports = "http"},        {.ports = "1-65536"},    {.allow = "host name,-,!"},
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(bad); i++) {
        struct mb_err err;
        assert_null(mb_egress_new(&bad[i], &err));
        assert_int_equal(err.code, MB_E_CONFIG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_address_that_is_not_public),
        cmocka_unit_test(lets_public_addresses_pass),
        cmocka_unit_test(judges_urls),
        cmocka_unit_test(names_the_address_that_it_refuses),
        cmocka_unit_test(reaches_what_the_operator_allows_and_no_more),
        cmocka_unit_test(keeps_to_the_ports_that_are_listed),
        cmocka_unit_test(refuses_a_list_that_it_does_not_understand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
