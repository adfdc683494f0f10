#include "base/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void ids_of_one_process_never_go_backwards(void **state)
{
    (void)state;
    mb_clock_fake(0, 1700000000000000);
    struct mb_id last = mb_id_new();
    for (int i = 0; i < 20000; i++) {
        if (i == 5000)
            mb_clock_advance(-3000000);
        struct mb_id id = mb_id_new();
        assert_true(memcmp(last.bytes, id.bytes, sizeof(id.bytes)) < 0);
        last = id;
    }
    mb_clock_real();
}

static void an_id_is_a_uuid_of_version_7_with_its_time(void **state)
{
    (void)state;
    mb_clock_fake(0, 1800000000123000);
    struct mb_id id = mb_id_new();
    static const uint8_t time_ms[] = {0x01, 0xA3, 0x18, 0x5C, 0x50, 0x7B};
    assert_memory_equal(id.bytes, time_ms, sizeof(time_ms));
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
    mb_clock_real();
}

static void the_text_form_reads_back(void **state)
{
    (void)state;
    struct mb_id id = mb_id_new(), back;
    char text[MB_ID_TEXT], uuid[MB_ID_TEXT];
    mb_id_format(id, "run", text);
    assert_int_equal(strlen(text), 36);
    assert_true(mb_id_parse(&back, "run", mb_str_c(text)));
    assert_true(mb_id_eq(id, back));
    mb_id_uuid(id, uuid);
    assert_int_equal(strlen(uuid), 36);
    assert_true(mb_id_parse_uuid(&back, mb_str_c(uuid)));
    assert_true(mb_id_eq(id, back));
}

static void refuses_everything_that_is_not_exactly_an_id(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "run_",
        "run_0193b2c4d5e67f8090a1b2c3d4e5f60",
        "run_0193b2c4d5e67f8090a1b2c3d4e5f6077",
        "dep_0193b2c4d5e67f8090a1b2c3d4e5f607",
        "run-0193b2c4d5e67f8090a1b2c3d4e5f607",
        "run_0193B2C4D5E67F8090A1B2C3D4E5F607",
        "run_0193b2c4d5e67f8090a1b2c3d4e5f60g",
        "0193b2c4d5e67f8090a1b2c3d4e5f607",
    };
    struct mb_id id;
    for (size_t i = 0; i < MB_LEN(cases); i++)
        assert_false(mb_id_parse(&id, "run", mb_str_c(cases[i])));
    assert_false(mb_id_parse_uuid(&id, MB_STR("0193b2c4-d5e6-7f80-90a1-b2c3d4e5f60")));
    assert_false(mb_id_parse_uuid(&id, MB_STR("0193b2c4d5e67f8090a1b2c3d4e5f6070")));
}

static void the_nil_id_is_only_nil(void **state)
{
    (void)state;
    assert_true(mb_id_is_nil(mb_id_nil()));
    assert_false(mb_id_is_nil(mb_id_new()));
}

static void hex_reads_back_and_is_strict(void **state)
{
    (void)state;
    uint8_t bytes[3] = {0x00, 0x7f, 0xff}, back[3];
    char text[7];
    mb_hex(bytes, sizeof(bytes), text);
    assert_string_equal(text, "007fff");
    assert_true(mb_unhex(MB_STR("007fff"), back, sizeof(back)));
    assert_memory_equal(bytes, back, sizeof(back));
    assert_false(mb_unhex(MB_STR("007ff"), back, sizeof(back)));
    assert_false(mb_unhex(MB_STR("007fF0"), back, sizeof(back)));
}

static void random_bytes_fill_everything(void **state)
{
    (void)state;
    uint8_t bytes[4096] = {0};
    bool seen[256] = {false};
    mb_random(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        seen[bytes[i]] = true;
    int kinds = 0;
    for (int i = 0; i < 256; i++)
        kinds += seen[i];
    assert_true(kinds > 240); /* 256 minus about 0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_one_process_never_go_backwards),
        cmocka_unit_test(an_id_is_a_uuid_of_version_7_with_its_time),
        cmocka_unit_test(the_text_form_reads_back),
        cmocka_unit_test(refuses_everything_that_is_not_exactly_an_id),
        cmocka_unit_test(the_nil_id_is_only_nil),
        cmocka_unit_test(hex_reads_back_and_is_strict),
        cmocka_unit_test(random_bytes_fill_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
