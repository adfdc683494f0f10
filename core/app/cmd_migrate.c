/* moonbase migrate: brings the database's schema up to date. */
#include <stdlib.h>

#include "app/cli.h"
#include "app/database.h"
#include "app/devdb.h"
#include "app/migrate.h"

static int report(const struct mb_cli *cli, const struct mb_migrated *done)
{
    if (cli->json)
        printf("{\"migrations\": %d, \"functions\": %d}\n", done->migrations, done->functions);
    else if (done->migrations || done->functions)
        printf("applied %d migrations and %d functions\n", done->migrations, done->functions);
    else
        puts("the database is up to date");
    return MB_EXIT_OK;
}

static int run(struct mb_cli *cli)
{
    struct mb_err err = {0};
    struct mb_migrated done = {0};
    char *private_url = *cli->config.database_url ? NULL : mb_devdb_running_admin(cli->config.data);
    int rc = private_url ? 0 : mb_database_find(&cli->config, &err);
    if (!rc)
        rc = mb_migrate_run(private_url ? private_url : cli->config.database_url, mb_sql_files,
                            &done, &err);
    free(private_url);
    return rc ? mb_cli_fail_err(cli, &err) : report(cli, &done);
}

static const struct mb_option options[] = {
    {"json", NULL, "what was applied, as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_migrate = {
    .name = "migrate",
    .args = "",
    .summary = "bring the database's schema up to date",
    .help = "The database's role has to be allowed to create roles, schemas and tables; cores then "
            "use\n"
            "moonbase_core, which may not. `serve --dev` does this by itself.",
    .options = options,
    .takes_settings = true,
    .run = run,
};
