#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY_A     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B     "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define KEY_A_B64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_A_URL "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static struct mb_keyring *ring(const char *text)
{
    struct mb_err err;
    struct mb_keyring *r = mb_keyring_new(mb_str_c(text), &err);
    if (!r)
        fail_msg("%s", err.message);
    return r;
}

static void seal(const char *keys, const char *context, const char *plain, struct mb_buf *out)
{
    struct mb_keyring *r = ring(keys);
    assert_int_equal(mb_seal(r, mb_str_c(context), mb_str_c(plain), out, NULL), 0);
    mb_keyring_free(r);
}

/* Opens to "secret"? Else the error's code. */
static int open_with(const char *keys, const char *context, struct mb_str sealed, bool *stale)
{
    struct mb_keyring *r = ring(keys);
    struct mb_secret s = {0};
    struct mb_err err = {0};
    int rc = mb_open(r, mb_str_c(context), sealed, &s, stale, &err);
    if (rc == 0)
        assert_true(mb_str_is(mb_secret_str(&s), "secret"));
    else
        assert_int_equal(s.len, 0);
    mb_secret_release(&s);
    mb_keyring_free(r);
    return rc;
}

static void a_sealed_value_opens_where_it_was_sealed_for(void **state)
{
    (void)state;
    struct mb_buf sealed = {0};
    bool stale = true;
    seal("k1:" KEY_A, "cus_1/API_KEY", "secret", &sealed);
    assert_int_equal(strncmp(mb_buf_cstr(&sealed), "v1.k1.", 6), 0);
    assert_null(strstr(mb_buf_cstr(&sealed), "secret"));
    assert_int_equal(open_with("k1:" KEY_A, "cus_1/API_KEY", mb_buf_str(&sealed), &stale), 0);
    assert_false(stale);
    mb_buf_release(&sealed);
}

static void a_sealed_value_does_not_open_for_another_customer_or_name(void **state)
{
    (void)state;
    struct mb_buf sealed = {0};
    seal("k1:" KEY_A, "cus_1/API_KEY", "secret", &sealed);
    static const char *const others[] = {"cus_2/API_KEY", "cus_1/OTHER", "", "cus_1/API_KEY "};
    for (size_t i = 0; i < MB_LEN(others); i++)
        assert_int_equal(open_with("k1:" KEY_A, others[i], mb_buf_str(&sealed), NULL),
                         -MB_E_INTERNAL);
    mb_buf_release(&sealed);
}

static void a_changed_sealed_value_does_not_open(void **state)
{
    (void)state;
    struct mb_buf sealed = {0};
    seal("k1:" KEY_A, "c", "secret", &sealed);
    char *text = mb_buf_cstr(&sealed);
    for (size_t i = 0; i < mb_buf_len(&sealed); i++) {
        char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        assert_int_not_equal(open_with("k1:" KEY_A, "c", mb_buf_str(&sealed), NULL), 0);
        text[i] = was;
        assert_int_not_equal(open_with("k1:" KEY_A, "c", MB_STR_OF(text, i), NULL), 0);
    }
    mb_buf_release(&sealed);
}

static void refuses_what_is_no_sealed_value(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "v1",
        "v1.k1",
        "v1.k1.AAAAAAAAAAAAAAAA",
        "v2.k1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
        "v1.k1.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
        "v1.k1.AAAAAAAAAAAAAAAA.AAAA",
        "v1.k1.AAAAAAAAAAAAAAAA.",
        "v1..AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
        "v1.k1.AAAAAAAAAAAAAAA=.AAAAAAAAAAAAAAAAAAAAAA",
    };
    for (size_t i = 0; i < MB_LEN(cases); i++)
        assert_int_equal(open_with("k1:" KEY_A, "c", mb_str_c(cases[i]), NULL), -MB_E_INTERNAL);
}

static void after_rotation_old_values_open_and_are_stale(void **state)
{
    (void)state;
    struct mb_buf old = {0}, new = {0};
    bool stale = false;
    seal("k1:" KEY_A, "c", "secret", &old);
    assert_int_equal(open_with("k2:" KEY_B ",k1:" KEY_A, "c", mb_buf_str(&old), &stale), 0);
    assert_true(stale);
    seal("k2:" KEY_B "\nk1:" KEY_A "\n", "c", "secret", &new);
    assert_int_equal(strncmp(mb_buf_cstr(&new), "v1.k2.", 6), 0);
    assert_int_equal(open_with("k2:" KEY_B, "c", mb_buf_str(&new), &stale), 0);
    assert_false(stale);
    assert_int_equal(open_with("k2:" KEY_B, "c", mb_buf_str(&old), &stale), -MB_E_CONFIG);
    mb_buf_release(&old);
    mb_buf_release(&new);
}

static void the_same_value_is_sealed_differently_each_time(void **state)
{
    (void)state;
    struct mb_buf a = {0}, b = {0};
    seal("k1:" KEY_A, "c", "secret", &a);
    seal("k1:" KEY_A, "c", "secret", &b);
    assert_string_not_equal(mb_buf_cstr(&a), mb_buf_cstr(&b));
    mb_buf_release(&a);
    mb_buf_release(&b);
}

static void keys_are_read_in_hex_and_base64_with_or_without_an_id(void **state)
{
    (void)state;
    struct mb_buf sealed = {0};
    seal(KEY_A, "c", "secret", &sealed);
    assert_int_equal(open_with(KEY_A_B64, "c", mb_buf_str(&sealed), NULL), 0);
    assert_int_equal(open_with("  " KEY_A_URL " ", "c", mb_buf_str(&sealed), NULL), 0);
    assert_int_equal(open_with(KEY_B " " KEY_A, "c", mb_buf_str(&sealed), NULL), 0);
    mb_buf_release(&sealed);
}

static void refuses_bad_keys_without_telling_them(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        " ,\n",
        "k1:",
        ":" KEY_A,
        "k1:" KEY_A "00",
        "k1:000102",
        "k1:" KEY_A ",k1:" KEY_B,
        KEY_A "," KEY_A,
        "a.b:" KEY_A,
        "an_id_that_is_too_long:" KEY_A,
        "k1:zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "1:" KEY_A ",2:" KEY_A ",3:" KEY_A ",4:" KEY_A ",5:" KEY_A ",6:" KEY_A ",7:" KEY_A
        ",8:" KEY_A ",9:" KEY_A,
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_err err = {0};
        assert_null(mb_keyring_new(mb_str_c(cases[i]), &err));
        assert_int_equal(err.code, MB_E_CONFIG);
        assert_null(strstr(err.message, "0102"));
    }
}

static void an_empty_and_a_largest_secret_can_be_sealed(void **state)
{
    (void)state;
    struct mb_keyring *r = ring("k1:" KEY_A);
    char *plain = calloc(1, MB_SECRET_BYTES + 1);
    static const size_t sizes[] = {0, MB_SECRET_BYTES};
    for (size_t i = 0; i < MB_LEN(sizes); i++) {
        struct mb_buf sealed = {0};
        struct mb_secret s = {0};
        assert_int_equal(mb_seal(r, MB_STR("c"), MB_STR_OF(plain, sizes[i]), &sealed, NULL), 0);
        assert_int_equal(mb_open(r, MB_STR("c"), mb_buf_str(&sealed), &s, NULL, NULL), 0);
        assert_int_equal(s.len, sizes[i]);
        mb_secret_release(&s);
        mb_buf_release(&sealed);
    }
    struct mb_buf none = {0};
    assert_int_equal(mb_seal(r, MB_STR("c"), MB_STR_OF(plain, MB_SECRET_BYTES + 1), &none, NULL),
                     -MB_E_TOO_LARGE);
    free(plain);
    mb_keyring_free(r);
}

static void setting_a_secret_drops_the_old_one(void **state)
{
    (void)state;
    struct mb_secret s = {0};
    assert_true(mb_str_is(mb_secret_str(&s), ""));
    mb_secret_set(&s, MB_STR("one"));
    mb_secret_set(&s, MB_STR_OF(s.ptr + 1, 2)); /* from itself */
    assert_true(mb_str_is(mb_secret_str(&s), "ne"));
    assert_string_equal(s.ptr, "ne");
    mb_secret_release(&s);
    assert_null(s.ptr);
    mb_keyring_free(NULL);
}

static void wiping_zeroes(void **state)
{
    (void)state;
    char bytes[8] = "secrets";
    mb_wipe(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        assert_int_equal(bytes[i], 0);
    mb_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_value_opens_where_it_was_sealed_for),
        cmocka_unit_test(a_sealed_value_does_not_open_for_another_customer_or_name),
        cmocka_unit_test(a_changed_sealed_value_does_not_open),
        cmocka_unit_test(refuses_what_is_no_sealed_value),
        cmocka_unit_test(after_rotation_old_values_open_and_are_stale),
        cmocka_unit_test(the_same_value_is_sealed_differently_each_time),
        cmocka_unit_test(keys_are_read_in_hex_and_base64_with_or_without_an_id),
        cmocka_unit_test(refuses_bad_keys_without_telling_them),
        cmocka_unit_test(an_empty_and_a_largest_secret_can_be_sealed),
        cmocka_unit_test(setting_a_secret_drops_the_old_one),
        cmocka_unit_test(wiping_zeroes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
