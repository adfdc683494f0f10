/* `moonbase`: finds the command and runs it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"

int main(int argc, char **argv)
{
    struct mb_cli cli = {.argc = argc, .argv = argv};
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    cli.command = mb_command_find(name);
    if (!cli.command)
        return mb_cli_usage(&cli, "there is no command '%s'", name);
    int skip = argc > 1 ? 2 : 1;
    int code = mb_cli_parse(&cli, argc - skip, argv + skip);
    if (code < 0)
        code = cli.command->run(&cli);
    mb_cli_release(&cli);
    /* A result that could not be written is no result (disk full, closed pipe). */
    bool is_lost = ferror(stdout) != 0;
    if ((fflush(stdout) != 0 || is_lost) && code == MB_EXIT_OK)
        code =
            mb_cli_fail(&cli, MB_EXIT_FAILED, "the result cannot be written: %s", strerror(errno));
    return code;
}
