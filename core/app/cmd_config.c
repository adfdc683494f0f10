/* moonbase config: every setting with its value, default, unit and meaning. */
#include <stdlib.h>

#include "app/cli.h"

static const char *source_name(const struct mb_cli *cli, size_t index)
{
    static const char *const names[] = {"default", "environment", "flag"};
    return names[cli->config.source[index]];
}

static void print_json(const struct mb_cli *cli)
{
    struct mb_buf out = {0};
    char env[64];
    for (size_t i = 0; i < MB_SETTING_COUNT; i++) {
        const struct mb_setting *s = &mb_settings()[i];
        struct mb_buf value = {0};
        mb_config_show(&cli->config, s, &value);
        const struct {
            const char *key;
            struct mb_str text;
        } fields[] = {{"name", mb_str_c(mb_setting_env(s, env))},
                      {"value", mb_buf_str(&value)},
                      {"source", mb_str_c(source_name(cli, i))},
                      {"default", mb_str_c(s->preset)},
                      {"unit", mb_str_c(s->unit)},
                      {"meaning", mb_str_c(s->meaning)}};
        for (size_t f = 0; f < MB_LEN(fields); f++) {
            mb_buf_addf(&out, "%s\"%s\":", f ? "," : i ? ",\n {" : "[{", fields[f].key);
            mb_buf_add_json_str(&out, fields[f].text);
        }
        mb_buf_add_char(&out, '}');
        mb_buf_release(&value);
    }
    printf("%s]\n", mb_buf_cstr(&out));
    mb_buf_release(&out);
}

static void print_text(const struct mb_cli *cli)
{
    const char *bold = mb_style(stdout, MB_STYLE_BOLD), *dim = mb_style(stdout, MB_STYLE_DIM);
    const char *plain = mb_style(stdout, MB_STYLE_PLAIN);
    char env[64];
    for (size_t i = 0; i < MB_SETTING_COUNT; i++) {
        const struct mb_setting *s = &mb_settings()[i];
        struct mb_buf value = {0};
        mb_config_show(&cli->config, s, &value);
        bool is_set = cli->config.source[i] != MB_SOURCE_DEFAULT;
        printf("%s%s%s=%s%s%s%s\n", bold, mb_setting_env(s, env), plain, mb_buf_cstr(&value), dim,
               is_set ? "  # from the " : "", is_set ? source_name(cli, i) : "");
        printf("    %s%s%s%s; default: %s%s\n", s->meaning, *s->unit ? " (" : "", s->unit,
               *s->unit ? ")" : "", *s->preset ? s->preset : "empty", plain);
        mb_buf_release(&value);
    }
}

static int run(struct mb_cli *cli)
{
    if (cli->json)
        print_json(cli);
    else
        print_text(cli);
    return MB_EXIT_OK;
}

static const struct mb_option options[] = {
    {"json", NULL, "as a JSON array"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_config = {
    .name = "config",
    .args = "",
    .summary = "print every setting with its value, default, unit and meaning",
    .help = "A setting is an environment variable (MOONBASE_PORT=8081) or a flag (--port 8081);\n"
            "the flag wins. Secrets are shown as set or not set.",
    .options = options,
    .takes_settings = true,
    .run = run,
};
