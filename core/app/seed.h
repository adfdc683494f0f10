/* The demonstration's data: the platform's packages from agents/, a customer with a balance, a key
 * and the knowledge of a shop, and ticket_resolver deployed for it. Everything that is there
 * already stays as it is, so it may be done at every start. */
#ifndef MB_APP_SEED_H
#define MB_APP_SEED_H

#include "base/err.h"
#include "base/id.h"

struct mb_seeded {
    char api_key[64];
    char deployment_id[MB_ID_TEXT]; /* "dep_..." */
};

/* `data_dir` keeps dev.json, readable by its owner only: the key is the same at every start. */
int mb_seed(const char *admin_conninfo, const char *home, const char *data_dir,
            struct mb_seeded *seeded, struct mb_err *err) MB_MUST_CHECK;
/* What an earlier mb_seed left in `data_dir`. False when there is nothing. */
bool mb_seed_read(const char *data_dir, struct mb_seeded *seeded) MB_MUST_CHECK;

#endif
