/* moonbase version */
#include "app/cli.h"

static int run(struct mb_cli *cli)
{
    (void)cli;
    puts("moonbase " MB_VERSION);
    return MB_EXIT_OK;
}

const struct mb_command mb_cmd_version = {
    .name = "version",
    .args = "",
    .summary = "print the version",
    .run = run,
};
