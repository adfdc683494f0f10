#include "base/b64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/id.h"

/* RFC 4648, section 10, and the two alphabets. */
static const struct {
    struct mb_str bytes;
    const char *std, *url;
} cases[] = {
    {{"", 0}, "", ""},
    {{"f", 1}, "Zg==", "Zg"},
    {{"fo", 2}, "Zm8=", "Zm8"},
    {{"foo", 3}, "Zm9v", "Zm9v"},
    {{"foob", 4}, "Zm9vYg==", "Zm9vYg"},
    {{"fooba", 5}, "Zm9vYmE=", "Zm9vYmE"},
    {{"foobar", 6}, "Zm9vYmFy", "Zm9vYmFy"},
    {{"\xfb\xff\xbf", 3}, "+/+/", "-_-_"},
};

static void writes_and_reads_both_alphabets(void **state)
{
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        for (int kind = MB_B64_STD; kind <= MB_B64_URL; kind++) {
            struct mb_buf text = {0}, back = {0};
            mb_b64_encode(&text, (enum mb_b64)kind, cases[i].bytes);
            assert_string_equal(mb_buf_cstr(&text),
                                kind == MB_B64_STD ? cases[i].std : cases[i].url);
            assert_true(mb_b64_decode(&back, (enum mb_b64)kind, mb_buf_str(&text)));
            assert_true(mb_str_eq(mb_buf_str(&back), cases[i].bytes));
            mb_buf_release(&text);
            mb_buf_release(&back);
        }
    }
}

static void any_bytes_read_back(void **state)
{
    (void)state;
    char bytes[100];
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        struct mb_buf text = {0}, back = {0};
        mb_random(bytes, n);
        mb_b64_encode(&text, MB_B64_URL, MB_STR_OF(bytes, n));
        assert_true(mb_b64_decode(&back, MB_B64_URL, mb_buf_str(&text)));
        assert_int_equal(mb_buf_len(&back), n);
        assert_memory_equal(mb_buf_str(&back).ptr, bytes, n);
        mb_buf_release(&text);
        mb_buf_release(&back);
    }
}

static void refuses_what_the_encoder_does_not_write(void **state)
{
    (void)state;
    static const char *const std[] = {"Zg",   "Zg=",      "Zg===",  "Z",     "====",  "=",
                                      "Zh==", "Zm9=",     "Zm9v\n", " Zm9v", "Zm9v=", "Zg==Zg==",
                                      "-_-_", "Zm9v====", "Z===",   "Zm=v"};
    static const char *const url[] = {"Zg==", "Zh", "Zm9", "Z", "+/+/", "Zm9vZ", "Zm 9"};
    struct mb_buf out = {0};
    for (size_t i = 0; i < MB_LEN(std); i++)
        assert_false(mb_b64_decode(&out, MB_B64_STD, mb_str_c(std[i])));
    for (size_t i = 0; i < MB_LEN(url); i++)
        assert_false(mb_b64_decode(&out, MB_B64_URL, mb_str_c(url[i])));
    assert_int_equal(mb_buf_len(&out), 0);
    mb_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_both_alphabets),
        cmocka_unit_test(any_bytes_read_back),
        cmocka_unit_test(refuses_what_the_encoder_does_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
