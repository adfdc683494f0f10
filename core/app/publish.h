/* The platform's own packages: every folder of agents/, put into the database for all customers. */
#ifndef MB_APP_PUBLISH_H
#define MB_APP_PUBLISH_H

#include <libpq-fe.h>

#include "base/id.h"
#include "run/bundle.h"

/* Puts one package; *id becomes the package's. A version that is there with other contents is
 * refused (EXISTS); with `dev` it is put under "VERSION+HASH" instead, so that one can work on it.
 */
int mb_publish(PGconn *conn, const struct mb_bundle *bundle, bool dev, struct mb_id *id,
               struct mb_err *err) MB_MUST_CHECK;
/* All of them; *n becomes how many there are. */
int mb_publish_all(PGconn *conn, const char *home, bool dev, int *n,
                   struct mb_err *err) MB_MUST_CHECK;

#endif
