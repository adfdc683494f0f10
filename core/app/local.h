/* Runs on one's own machine: an engine whose journal, catalogue and customers' data are in memory,
 * for packages that come from a folder. */
#ifndef MB_APP_LOCAL_H
#define MB_APP_LOCAL_H

#include "app/platform.h"
#include "base/files.h"
#include "run/catalog.h"
#include "run/engine.h"
#include "run/side.h"
#include "run/store.h"

struct mb_local {
    struct mb_platform *platform; /* borrowed */
    struct mb_store *store;
    struct mb_catalog *catalog;
    struct mb_engine *engine;
};

/* An engine without a deployment yet. */
void mb_local_init(struct mb_local *local, struct mb_platform *platform);
void mb_local_release(struct mb_local *local);

/* Deploys a package with all that its manifest asks for, under `row`'s ids (and config, limits);
 * what `row` says of the package itself is filled in from the files. */
int mb_local_deploy(struct mb_local *local, const struct mb_files *files,
                    const struct mb_deployment_row *row, struct mb_err *err) MB_MUST_CHECK;

/* The engine's settings, out of the configuration: what `serve` uses as well. */
struct mb_engine_config mb_engine_settings(const struct mb_config *config);
struct mb_catalog_defaults mb_catalog_settings(const struct mb_config *config);
struct mb_side_config mb_side_settings(const struct mb_config *config);

#endif
