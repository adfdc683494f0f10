/* moonbase help [COMMAND] */
#include "app/cli.h"

static void overview(void)
{
    const char *bold = mb_style(stdout, MB_STYLE_BOLD), *plain = mb_style(stdout, MB_STYLE_PLAIN);
    printf("%smoonbase%s COMMAND [options]\n\n"
           "A host for Lua agents: confined, durable, metered.\n\n%scommands%s\n",
           bold, plain, bold, plain);
    for (const struct mb_command *const *c = mb_commands(); *c; c++)
        printf("  %-10s %s\n", (*c)->name, (*c)->summary);
    printf("\n%sexit codes%s\n"
           "  %-10d it succeeded\n"
           "  %-10d the run, the check or the command failed\n"
           "  %-10d wrong usage, or a setting that is wrong\n"
           "  %-10d something that is needed cannot be reached or is not there\n"
           "  %-10d the run waits: for a person, a time or a budget\n"
           "  %-10s ended by signal N\n\n"
           "`moonbase COMMAND --help` says more about each.\n",
           bold, plain, MB_EXIT_OK, MB_EXIT_FAILED, MB_EXIT_USAGE, MB_EXIT_UNAVAILABLE,
           MB_EXIT_WAITING, "128+N");
}

static int run(struct mb_cli *cli)
{
    if (cli->n_args == 0) {
        overview();
        return MB_EXIT_OK;
    }
    const struct mb_command *command = mb_command_find(cli->args[0]);
    if (!command)
        return mb_cli_usage(cli, "there is no command '%s'", cli->args[0]);
    mb_cli_help(command);
    return MB_EXIT_OK;
}

const struct mb_command mb_cmd_help = {
    .name = "help",
    .args = "[COMMAND]",
    .summary = "list the commands, or say what one takes",
    .most_args = 1,
    .run = run,
};
