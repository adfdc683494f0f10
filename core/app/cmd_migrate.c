/* moonbase migrate: brings the database's schema, and the platform's packages in it, up to date. */
#include <stdlib.h>

#include "app/cli.h"
#include "app/database.h"
#include "app/devdb.h"
#include "app/migrate.h"
#include "app/paths.h"
#include "app/publish.h"

static int report(const struct mb_cli *cli, const struct mb_migrated *done, int packages)
{
    if (cli->json)
        printf("{\"migrations\": %d, \"functions\": %d, \"packages\": %d}\n", done->migrations,
               done->functions, packages);
    else if (done->migrations || done->functions)
        printf("applied %d migrations and %d functions; the platform has %d packages\n",
               done->migrations, done->functions, packages);
    else
        printf("the database is up to date; the platform has %d packages\n", packages);
    return MB_EXIT_OK;
}

/* Puts the platform's packages in, for all customers to deploy. */
static int publish(const struct mb_cli *cli, const char *url, int *n, struct mb_err *err)
{
    char *home = mb_path_home(&cli->config, err);
    PGconn *conn = home ? mb_database_connect(url, err) : NULL;
    int rc = conn ? mb_publish_all(conn, home, cli->config.dev, n, err) : -err->code;
    PQfinish(conn);
    free(home);
    return rc;
}

static int run(struct mb_cli *cli)
{
    struct mb_err err = {0};
    struct mb_migrated done = {0};
    int packages = 0;
    char *private_url = *cli->config.database_url ? NULL : mb_devdb_running_admin(cli->config.data);
    int rc = private_url ? 0 : mb_database_find(&cli->config, &err);
    const char *url = private_url ? private_url : cli->config.database_url;
    if (!rc)
        rc = mb_migrate_run(url, mb_sql_files, &done, &err);
    if (!rc)
        rc = publish(cli, url, &packages, &err);
    free(private_url);
    return rc ? mb_cli_fail_err(cli, &err) : report(cli, &done, packages);
}

static const struct mb_option options[] = {
    {"json", NULL, "what was applied, as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_migrate = {
    .name = "migrate",
    .args = "",
    .summary = "bring the database's schema and the platform's packages up to date",
    .help = "The database's role has to be allowed to create roles, schemas and tables; cores then "
            "use\n"
            "moonbase_core, which may not. `serve --dev` does this by itself.",
    .options = options,
    .takes_settings = true,
    .run = run,
};
