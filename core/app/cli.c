/* Parsing arguments and messages to the person at the terminal. */
#include "app/cli.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MB_COMMAND(name) extern const struct mb_command mb_cmd_##name;
#include "app/commands.def"
#undef MB_COMMAND

static const struct mb_command *const commands[] = {
#define MB_COMMAND(name) &mb_cmd_##name,
#include "app/commands.def"
#undef MB_COMMAND
    NULL};

extern char **environ;

const struct mb_command *const *mb_commands(void)
{
    return commands;
}

const struct mb_command *mb_command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

const char *mb_style(FILE *stream, enum mb_style style)
{
    static const char *const escapes[] = {"\033[0m", "\033[1m", "\033[2m", "\033[32m", "\033[31m"};
    const char *no_color = getenv("NO_COLOR");
    if ((no_color && *no_color) || !isatty(fileno(stream)))
        return "";
    return escapes[style];
}

static void MB_PRINTF(2, 0) complain(const struct mb_cli *cli, const char *fmt, va_list ap)
{
    const char *name = cli->command ? cli->command->name : NULL;
    fprintf(stderr, "%smoonbase%s%s:%s ", mb_style(stderr, MB_STYLE_BAD), name ? " " : "",
            name ? name : "", mb_style(stderr, MB_STYLE_PLAIN));
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

int mb_cli_fail(const struct mb_cli *cli, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    complain(cli, fmt, ap);
    va_end(ap);
    return code;
}

int mb_cli_fail_err(const struct mb_cli *cli, const struct mb_err *err)
{
    const char *wire = mb_err_wire(err);
    /* A package's file and line; settings and the database name themselves in the message. */
    bool has_place = err->pointer[0] && err->code != MB_E_CONFIG && err->code != MB_E_DATABASE &&
                     err->code != MB_E_TIMEOUT;
    mb_cli_fail(cli, 0, "%s%s%s (%s)", has_place ? err->pointer : "", has_place ? ": " : "",
                err->message[0] ? err->message : mb_err_text(err->code), wire);
    switch (err->code) {
    case MB_E_CONFIG:
    case MB_E_INVALID_REQUEST:
        return MB_EXIT_USAGE;
    case MB_E_UNAVAILABLE:
    case MB_E_DATABASE:
    case MB_E_CONNECT_FAILED:
    case MB_E_TIMEOUT:
        return MB_EXIT_UNAVAILABLE;
    default:
        return MB_EXIT_FAILED;
    }
}

int mb_cli_usage(const struct mb_cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    complain(cli, fmt, ap);
    va_end(ap);
    fprintf(stderr, "try: moonbase %s%s--help\n", cli->command ? cli->command->name : "",
            cli->command ? " " : "");
    return MB_EXIT_USAGE;
}

/* ------------------------------------------------------------------------------------ help */

static void help_option(const char *name, const char *value, const char *text)
{
    char left[64];
    snprintf(left, sizeof(left), "--%s%s%s", name, value ? " " : "", value ? value : "");
    printf("  %-26s %s\n", left, text);
}

void mb_cli_help(const struct mb_command *command)
{
    const char *bold = mb_style(stdout, MB_STYLE_BOLD), *plain = mb_style(stdout, MB_STYLE_PLAIN);
    printf("%smoonbase %s%s%s%s%s\n\n%s\n", bold, command->name, plain, *command->args ? " " : "",
           command->args, command->options || command->takes_settings ? " [options]" : "",
           command->summary);
    if (command->help)
        printf("\n%s\n", command->help);
    printf("\n%soptions%s\n", bold, plain);
    for (const struct mb_option *o = command->options; o && o->name; o++)
        if (o->help)
            help_option(o->name, o->value, o->help);
    help_option("help", NULL, "this text");
    if (command->takes_settings)
        printf("  %-26s %s\n", "--SETTING VALUE", "any setting; `moonbase config` lists them");
}

/* ----------------------------------------------------------------------------------- parse */

static void warn_unknown(const char *name, const struct mb_setting *nearest)
{
    char env[64];
    fprintf(stderr, "moonbase: warning: there is no setting %s%s%s%s\n", name,
            nearest ? "; did you mean " : "", nearest ? mb_setting_env(nearest, env) : "",
            nearest ? "?" : "");
}

/* Takes the value of an option: after "=", or the next argument. NULL when there is none. */
static const char *take_value(const char *equals, int argc, char **argv, int *at)
{
    if (equals)
        return equals + 1;
    return *at + 1 < argc ? argv[++*at] : NULL;
}

/* "--name[=value]" as an option of the command. 1 = it was one, 0 = it is none, -1 = wrong. */
static int parse_option(struct mb_cli *cli, struct mb_str name, const char *equals, int argc,
                        char **argv, int *at)
{
    const struct mb_option *options = cli->command->options;
    for (int i = 0; options && options[i].name; i++) {
        mb_assert(i < MB_CLI_OPTIONS);
        if (!mb_str_is(name, options[i].name))
            continue;
        if (!options[i].value && equals) {
            mb_cli_usage(cli, "--%s takes no value", options[i].name);
            return -1;
        }
        cli->values[i] = options[i].value ? take_value(equals, argc, argv, at) : "";
        if (!cli->values[i]) {
            mb_cli_usage(cli, "--%s needs a value: %s", options[i].name, options[i].value);
            return -1;
        }
        return 1;
    }
    return 0;
}

/* The same as a setting. */
static int parse_setting(struct mb_cli *cli, struct mb_str name, const char *equals, int argc,
                         char **argv, int *at)
{
    const struct mb_setting *setting = mb_setting_find(name);
    if (!setting)
        return 0;
    const char *value = "on";
    if (setting->type != MB_SETTING_BOOL || equals)
        value = take_value(equals, argc, argv, at);
    if (!value) {
        mb_cli_usage(cli, "--%.*s needs a value", MB_STR_ARG(name));
        return -1;
    }
    struct mb_err err = {0};
    if (mb_config_set(&cli->config, setting, mb_str_c(value), MB_SOURCE_FLAG, &err)) {
        mb_cli_usage(cli, "%s", err.message);
        return -1;
    }
    return 1;
}

static int unknown_option(const struct mb_cli *cli, struct mb_str name)
{
    char flag[64];
    const struct mb_setting *near = mb_setting_nearest(name);
    if (cli->command->takes_settings && near)
        return mb_cli_usage(cli, "there is no option --%.*s; did you mean %s?", MB_STR_ARG(name),
                            mb_setting_flag(near, flag));
    return mb_cli_usage(cli, "there is no option --%.*s", MB_STR_ARG(name));
}

/* One "--..." argument. -1 = go on, else the exit code. */
static int parse_flag(struct mb_cli *cli, int argc, char **argv, int *at)
{
    const char *text = argv[*at] + 2;
    const char *equals = strchr(text, '=');
    struct mb_str name = MB_STR_OF(text, equals ? (size_t)(equals - text) : strlen(text));
    if (mb_str_is(name, "help")) {
        mb_cli_help(cli->command);
        return MB_EXIT_OK;
    }
    /* Settings first: a command's list may name some of them again, for its help. */
    int rc = cli->command->takes_settings ? parse_setting(cli, name, equals, argc, argv, at) : 0;
    if (rc == 0)
        rc = parse_option(cli, name, equals, argc, argv, at);
    if (rc == 0)
        return unknown_option(cli, name);
    return rc > 0 ? -1 : MB_EXIT_USAGE;
}

int mb_cli_parse(struct mb_cli *cli, int argc, char **argv)
{
    struct mb_err err = {0};
    mb_config_init(&cli->config);
    cli->args = mb_zalloc(sizeof(char *) * (size_t)(argc + 1));
    if (cli->command->takes_settings &&
        mb_config_read_env(&cli->config, environ, warn_unknown, &err))
        return mb_cli_usage(cli, "%s", err.message);
    bool only_args = false; /* after "--" */
    for (int i = 0; i < argc; i++) {
        bool is_flag = !only_args && argv[i][0] == '-' && argv[i][1] != '\0';
        if (!is_flag) {
            cli->args[cli->n_args++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_args = true;
        } else if (strcmp(argv[i], "-h") == 0) {
            mb_cli_help(cli->command);
            return MB_EXIT_OK;
        } else if (argv[i][1] != '-') {
            return mb_cli_usage(cli, "there is no option %s", argv[i]);
        } else {
            int code = parse_flag(cli, argc, argv, &i);
            if (code >= 0)
                return code;
        }
    }
    if (cli->n_args < cli->command->least_args)
        return mb_cli_usage(cli, "it needs %s", cli->command->args);
    if (cli->command->most_args >= 0 && cli->n_args > cli->command->most_args)
        return mb_cli_usage(cli, "'%s' is one argument too many",
                            cli->args[cli->command->most_args]);
    cli->json = mb_cli_option(cli, "json") != NULL;
    return -1;
}

void mb_cli_release(struct mb_cli *cli)
{
    mb_config_release(&cli->config);
    free(cli->args);
    cli->args = NULL;
}

const char *mb_cli_option(const struct mb_cli *cli, const char *name)
{
    const struct mb_option *options = cli->command->options;
    for (int i = 0; options && options[i].name; i++)
        if (strcmp(options[i].name, name) == 0)
            return cli->values[i];
    return NULL;
}

/* ----------------------------------------------------------------------------------- money */

enum { MICROS = 1000000 };

char *mb_money(int64_t micros, char out[40])
{
    /* The magnitude as unsigned, so that the least integer has one. */
    uint64_t size = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    int n = snprintf(out, 40, "%s$%llu.%06llu", micros < 0 ? "-" : "",
                     (unsigned long long)(size / MICROS), (unsigned long long)(size % MICROS));
    while (out[n - 1] == '0' && out[n - 3] != '.')
        out[--n] = '\0';
    return out;
}

bool mb_money_parse(const char *text, int64_t *micros)
{
    int64_t value = 0;
    int places = -1; /* digits after the point; -1 = before it */
    int digits = 0;
    if (*text == '$')
        text++;
    for (; *text; text++) {
        if (*text == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (!isdigit((unsigned char)*text) || places == 6 ||
            __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            return false;
        digits++;
        places += places >= 0;
    }
    for (places = places < 0 ? 0 : places; places < 6; places++)
        if (__builtin_mul_overflow(value, 10, &value))
            return false;
    if (digits == 0)
        return false;
    *micros = value;
    return true;
}
