/* The demonstration of `moonbase serve --dev --demo`: once the host serves, a ticket is sent
 * through its own API, as any client would, and what came of it is told on stderr. */
#ifndef MB_APP_DEMO_H
#define MB_APP_DEMO_H

#include "base/err.h"
#include "io/fetch.h"

struct mb_demo_config {
    const char *url; /* of this host, without a slash at the end */
    const char *api_key;
    const char *deployment_id; /* "dep_..." */
    const char *home;          /* where the package lies; its first example is the ticket */
};

struct mb_demo;

/* Starts it; the rest happens from the loop. Everything in `config` is copied. NULL with err when
 * it cannot begin. Free it before `fetch`, done or not. */
struct mb_demo *mb_demo_start(struct mb_fetch *fetch, const struct mb_demo_config *config,
                              struct mb_err *err) MB_MUST_CHECK;
void mb_demo_free(struct mb_demo *demo); /* takes NULL */

#endif
