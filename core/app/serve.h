/* One core that serves: everything wired together, from the first socket to the last farewell. */
#ifndef MB_APP_SERVE_H
#define MB_APP_SERVE_H

#include "base/config.h"
#include "base/err.h"

struct mb_serve_config {
    const struct mb_config *config;
    const char *database_url;
    const char *redis_url; /* "" = none */
    int worker;            /* of this core on this host, from 0 */
    bool share_port;       /* with the other cores of this host */
    /* For the demonstration (app/demo.h): it starts when the core serves. NULL = none. */
    const char *demo_key;
    const char *demo_deployment;
    /* The core serves, at this URL: called once. */
    void (*on_ready)(void *arg, const char *url);
    void *arg;
};

/* How clients reach a core that listens at this port: the setting, or http:// and the address. */
void mb_serve_url(const struct mb_config *config, int port, char *out, size_t size);

/* Serves until SIGTERM or SIGINT, then stops in good order: requests under way are finished as far
 * as the grace allows, runs are handed back, the core signs off. A second signal ends it at once.
 * Returns 0 after such an end, an error when it cannot start. */
int mb_serve(const struct mb_serve_config *config, struct mb_err *err) MB_MUST_CHECK;

#endif
