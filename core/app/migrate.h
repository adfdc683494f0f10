/* Brings a database to the state of the SQL that is built into this program (sql/, as
 * mb_sql_files).
 *
 * Migrations are numbered, applied once each in a transaction of their own, and never change
 * afterwards: their SHA-256 is kept in mb_meta.migrations. Functions are one file each and applied
 * again when their file has changed. An advisory lock is held meanwhile, so any number of cores may
 * start at once. Blocks; for start-up and the command line. */
#ifndef MB_APP_MIGRATE_H
#define MB_APP_MIGRATE_H

#include "base/embed.h"
#include "base/err.h"

struct mb_migrated {
    int migrations; /* applied now */
    int functions;  /* applied or removed now */
};

/* `conninfo` is of a role that may create roles, schemas and tables. When there is nothing to do
 * any role that may read mb_meta is enough, moonbase_core too. `files` is normally mb_sql_files;
 * `done` may be NULL.
 *   DATABASE   the server cannot be reached (retryable)
 *   CONFLICT   a migration that was applied has changed or is missing here: this program is older
 *              than the database, or its files were edited
 *   CONFIG     the role may not do what is needed
 *   INTERNAL   a file's SQL failed; pointer = the file */
int mb_migrate_run(const char *conninfo, const struct mb_embed *files, struct mb_migrated *done,
                   struct mb_err *err) MB_MUST_CHECK;

/* Says no (CONFIG) to a role that row-level security does not bind: a core must not run as a
 * superuser, as an owner of the tables, or with BYPASSRLS. */
int mb_migrate_check_role(const char *conninfo, struct mb_err *err) MB_MUST_CHECK;

extern const struct mb_embed mb_sql_files[]; /* "migrations/0001_core.sql", "functions/..." */

#endif
