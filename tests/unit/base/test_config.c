/* Settings: what a value may be, who wins, and what becomes of what was not understood. */
#include "base/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct mb_setting *row(const char *flag)
{
    const struct mb_setting *setting = mb_setting_find(mb_str_c(flag));
    assert_non_null(setting);
    return setting;
}

static int set(struct mb_config *config, const char *flag, const char *value, struct mb_err *err)
{
    return mb_config_set(config, row(flag), mb_str_c(value), MB_SOURCE_FLAG, err);
}

static void every_row_has_a_meaning_and_a_unique_name(void **state)
{
    (void)state;
    const struct mb_setting *rows = mb_settings();
    for (size_t i = 0; i < MB_SETTING_COUNT; i++) {
        assert_true(strlen(rows[i].meaning) > 5);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rows[i].name, rows[j].name);
    }
}

static void a_row_is_a_variable_and_a_flag(void **state)
{
    (void)state;
    char text[64];
    const struct mb_setting *setting = &mb_settings()[MB_SETTING_run_cpu_ms];
    assert_string_equal(mb_setting_env(setting, text), "MOONBASE_RUN_CPU_MS");
    assert_string_equal(mb_setting_flag(setting, text), "--run-cpu-ms");
    assert_ptr_equal(row("run-cpu-ms"), setting);
    assert_null(mb_setting_find(MB_STR("run-cpu")));
}

static void defaults_are_the_documented_limits(void **state)
{
    (void)state;
    struct mb_config c;
    mb_config_init(&c);
    assert_int_equal(c.run_cpu_ms, 2000);
    assert_int_equal(c.run_wall_ms, 600000);
    assert_int_equal(c.run_steps, 1000);
    assert_int_equal(c.memory_bytes, 64 << 20);
    assert_string_equal(c.database_url, "");
    mb_config_release(&c);
}

static void refuses_values_that_do_not_fit_and_keeps_the_old(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *value, *says;
    } cases[] = {
        {"port", "65536", "from 0 to 65535"},
        {"port", "-1", "from 0 to 65535"},
        {"port", "80x", "integer"},
        {"port", " 80", "integer"},
        {"port", "8K", "integer"},
        {"memory-bytes", "1M", "from 4194304"},
        {"memory-bytes", "64MB", "integer"},
        {"memory-bytes", "99999999999999999999", "integer"},
        {"storage-bytes", "9223372036854775807G", "integer"},
        {"log-level", "loud", "one of debug|info|warn|error"},
        {"log-level", "inf", "one of"},
        {"log-level", "debug|info", "one of"},
        {"dev", "maybe", "on or off"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_config c;
        struct mb_err err = {0};
        mb_config_init(&c);
        assert_int_equal(set(&c, cases[i].flag, cases[i].value, &err), -MB_E_CONFIG);
        assert_non_null(strstr(err.message, cases[i].says));
        assert_non_null(strstr(err.message, cases[i].flag));
        assert_int_equal(c.port, 8080);
        assert_string_equal(c.log_level, "info");
        mb_config_release(&c);
    }
}

static void bytes_take_a_suffix(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes;
    } cases[] = {{"8388608", 8388608}, {"8192K", 8388608}, {"8m", 8388608}, {"1G", 1 << 30}};
    struct mb_config c;
    mb_config_init(&c);
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        assert_int_equal(set(&c, "memory-bytes", cases[i].text, NULL), 0);
        assert_int_equal(c.memory_bytes, cases[i].bytes);
    }
    mb_config_release(&c);
}

static void an_empty_value_means_the_default(void **state)
{
    (void)state;
    struct mb_config c;
    mb_config_init(&c);
    assert_int_equal(set(&c, "port", "9", NULL), 0);
    assert_int_equal(set(&c, "port", "", NULL), 0);
    assert_int_equal(c.port, 8080);
    mb_config_release(&c);
}

static char unknown_name[64];
static const struct mb_setting *unknown_nearest;
static void on_unknown(const char *name, const struct mb_setting *nearest)
{
    strncpy(unknown_name, name, sizeof(unknown_name) - 1);
    unknown_nearest = nearest;
}

static int read_env(struct mb_config *c, const char *a, const char *b)
{
    char first[80] = "", second[80] = "";
    strncpy(first, a, sizeof(first) - 1);
    strncpy(second, b, sizeof(second) - 1);
    char *vars[] = {first, second, NULL};
    unknown_name[0] = '\0';
    unknown_nearest = NULL;
    mb_config_init(c);
    return mb_config_read_env(c, vars, on_unknown, NULL);
}

static void the_environment_sets_fields(void **state)
{
    (void)state;
    struct mb_config c;
    assert_int_equal(read_env(&c, "MOONBASE_PORT=81", "MOONBASE_DEV=on"), 0);
    assert_int_equal(c.port, 81);
    assert_true(c.dev);
    assert_int_equal(c.source[MB_SETTING_port], MB_SOURCE_ENV);
    assert_int_equal(c.source[MB_SETTING_listen], MB_SOURCE_DEFAULT);
    mb_config_release(&c);
    assert_int_equal(read_env(&c, "MOONBASE_PORT=many", "A=b"), -MB_E_CONFIG);
    mb_config_release(&c);
}

static void our_own_variable_wins_over_the_common_name(void **state)
{
    (void)state;
    struct mb_config c;
    assert_int_equal(read_env(&c, "DATABASE_URL=postgresql://a", "REDIS_URL=redis://r"), 0);
    assert_string_equal(c.database_url, "postgresql://a");
    assert_string_equal(c.redis_url, "redis://r");
    mb_config_release(&c);
    assert_int_equal(
        read_env(&c, "MOONBASE_DATABASE_URL=postgresql://b", "DATABASE_URL=postgresql://a"), 0);
    assert_string_equal(c.database_url, "postgresql://b");
    mb_config_release(&c);
}

static void an_unknown_variable_is_told_with_the_nearest(void **state)
{
    (void)state;
    struct mb_config c;
    assert_int_equal(read_env(&c, "MOONBASE_RUN_CPUMS=5", "X=y"), 0);
    assert_string_equal(unknown_name, "MOONBASE_RUN_CPUMS");
    assert_non_null(unknown_nearest);
    assert_string_equal(unknown_nearest->name, "run_cpu_ms");
    mb_config_release(&c);
    assert_int_equal(read_env(&c, "MOONBASE_ZEBRA_CROSSING=5", "X=y"), 0);
    assert_string_equal(unknown_name, "MOONBASE_ZEBRA_CROSSING");
    assert_null(unknown_nearest);
    mb_config_release(&c);
}

static void a_secret_is_never_shown(void **state)
{
    (void)state;
    struct mb_config c;
    struct mb_buf out = {0};
    const struct mb_setting *setting = &mb_settings()[MB_SETTING_master_key];
    mb_config_init(&c);
    mb_config_show(&c, setting, &out);
    assert_string_equal(mb_buf_cstr(&out), "(not set)");
    assert_int_equal(set(&c, "master-key", "deadbeef", NULL), 0);
    mb_buf_clear(&out);
    mb_config_show(&c, setting, &out);
    assert_string_equal(mb_buf_cstr(&out), "(set)");
    mb_buf_release(&out);
    mb_config_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_a_meaning_and_a_unique_name),
        cmocka_unit_test(a_row_is_a_variable_and_a_flag),
        cmocka_unit_test(defaults_are_the_documented_limits),
        cmocka_unit_test(refuses_values_that_do_not_fit_and_keeps_the_old),
        cmocka_unit_test(bytes_take_a_suffix),
        cmocka_unit_test(an_empty_value_means_the_default),
        cmocka_unit_test(the_environment_sets_fields),
        cmocka_unit_test(our_own_variable_wins_over_the_common_name),
        cmocka_unit_test(an_unknown_variable_is_told_with_the_nearest),
        cmocka_unit_test(a_secret_is_never_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
