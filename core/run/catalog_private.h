/* What catalog.c and package.c share. */
#ifndef MB_RUN_CATALOG_PRIVATE_H
#define MB_RUN_CATALOG_PRIVATE_H

#include "base/map.h"
#include "run/catalog.h"

struct mb_catalog {
    struct mb_loop *loop;
    struct mb_pg *pg;
    struct mb_catalog_defaults defaults;
    struct mb_map packages; /* by owner and id; borrowed: they leave when nobody refers to them */
    struct mb_map deployments; /* by customer and id; a reference each */
    struct mb_map loads;       /* under way */
};

struct mb_deployment *mb_deployment_new(struct mb_catalog *catalog,
                                        const struct mb_deployment_row *row, struct mb_err *err);

#endif
