/* The command line's parser: what is refused, and what wins. */
#include "app/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct mb_option options[] = {
    {"input", "FILE", "a file"},
    {"json", NULL, "as JSON"},
    {NULL, NULL, NULL},
};
static const struct mb_command command = {
    .name = "probe",
    .args = "DIR",
    .summary = "for the test",
    .options = options,
    .least_args = 1,
    .most_args = 2,
    .takes_settings = true,
};

/* Parses words that are separated by spaces; what is said on stderr is not looked at. */
static int parse(struct mb_cli *cli, const char *words)
{
    static char text[256];
    char *argv[16];
    int argc = 0;
    strncpy(text, words, sizeof(text) - 1);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    *cli = (struct mb_cli){.command = &command};
    return mb_cli_parse(cli, argc, argv);
}

static void takes_options_settings_and_arguments_in_any_order(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "here --input a.json --port 7 --dev --json",
        "--port=7 --json --input=a.json here --dev",
        "--dev=yes --json --port 7 --input a.json -- here",
    };
    for (size_t i = 0; i < MB_LEN(lines); i++) {
        struct mb_cli cli;
        assert_int_equal(parse(&cli, lines[i]), -1);
        assert_int_equal(cli.n_args, 1);
        assert_string_equal(cli.args[0], "here");
        assert_string_equal(mb_cli_option(&cli, "input"), "a.json");
        assert_int_equal(cli.config.port, 7);
        assert_true(cli.config.dev);
        assert_true(cli.json);
        mb_cli_release(&cli);
    }
}

static void a_lone_dash_is_an_argument(void **state)
{
    (void)state;
    struct mb_cli cli;
    assert_int_equal(parse(&cli, "- --input -"), -1);
    assert_string_equal(cli.args[0], "-");
    assert_string_equal(mb_cli_option(&cli, "input"), "-");
    mb_cli_release(&cli);
}

static void wrong_usage_exits_with_two(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "a b c",
        "a --nonsense",
        "a --prot 7",
        "a -x",
        "a --input",
        "a --json=1",
        "a --port",
        "a --port many",
        "a --port=99999",
        "a --log-level loud",
        "a --dev=perhaps",
    };
    for (size_t i = 0; i < MB_LEN(lines); i++) {
        struct mb_cli cli;
        assert_int_equal(parse(&cli, lines[i]), MB_EXIT_USAGE);
        mb_cli_release(&cli);
    }
}

static void a_flag_wins_over_the_environment(void **state)
{
    (void)state;
    struct mb_cli cli;
    setenv("MOONBASE_PORT", "5", 1);
    assert_int_equal(parse(&cli, "a"), -1);
    assert_int_equal(cli.config.port, 5);
    mb_cli_release(&cli);
    assert_int_equal(parse(&cli, "a --port 6"), -1);
    assert_int_equal(cli.config.port, 6);
    mb_cli_release(&cli);
    unsetenv("MOONBASE_PORT");
}

static void help_wins_and_succeeds(void **state)
{
    (void)state;
    struct mb_cli cli;
    assert_int_equal(parse(&cli, "--help"), MB_EXIT_OK);
    mb_cli_release(&cli);
    assert_int_equal(parse(&cli, "a b c -h"), MB_EXIT_OK);
    mb_cli_release(&cli);
}

static void money_is_shown_exactly(void **state)
{
    (void)state;
    static const struct {
        int64_t micros;
        const char *text;
    } cases[] = {
        {0, "$0.00"},        {1, "$0.000001"},
        {1500, "$0.0015"},   {10000, "$0.01"},
        {1000000, "$1.00"},  {12500000, "$12.50"},
        {-250000, "-$0.25"}, {INT64_MIN, "-$9223372036854.775808"},
    };
    char text[40];
    for (size_t i = 0; i < MB_LEN(cases); i++)
        assert_string_equal(mb_money(cases[i].micros, text), cases[i].text);
}

static void money_is_read_exactly_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t micros; /* -1 = refused */
    } cases[] = {
        {"12", 12000000},
        {"12.5", 12500000},
        {"$0.000001", 1},
        {".5", 500000},
        {"5.", 5000000},
        {"0.0000001", -1},
        {"", -1},
        {".", -1},
        {"-1", -1},
        {"1e3", -1},
        {"1.2.3", -1},
        {"1,5", -1},
        {"99999999999999999", -1},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        int64_t micros = -1;
        assert_int_equal(mb_money_parse(cases[i].text, &micros), cases[i].micros >= 0);
        assert_int_equal(micros, cases[i].micros);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_options_settings_and_arguments_in_any_order),
        cmocka_unit_test(a_lone_dash_is_an_argument),
        cmocka_unit_test(wrong_usage_exits_with_two),
        cmocka_unit_test(a_flag_wins_over_the_environment),
        cmocka_unit_test(help_wins_and_succeeds),
        cmocka_unit_test(money_is_shown_exactly),
        cmocka_unit_test(money_is_read_exactly_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
