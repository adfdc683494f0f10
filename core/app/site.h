/* What has to be there before a core can serve: the data folder, the database (with --dev a private
 * one), its schema, the master key, and with --dev the demo customer. Once per host: the supervisor
 * prepares it for all of its cores. */
#ifndef MB_APP_SITE_H
#define MB_APP_SITE_H

#include "app/devdb.h"
#include "app/seed.h"
#include "base/config.h"

struct mb_site {
    struct mb_config *config; /* borrowed; paths that were found out are put in */
    struct mb_devdb *devdb;   /* NULL = the database is somebody else's */
    const char *database_url; /* as the cores' role; borrowed from config or devdb */
    const char *redis_url;    /* "" = none */
    bool has_demo;
    struct mb_seeded demo;
};

/* Blocks. On an error what was started is stopped again. */
int mb_site_open(struct mb_site *site, struct mb_config *config, struct mb_err *err) MB_MUST_CHECK;
void mb_site_close(struct mb_site *site);

#endif
