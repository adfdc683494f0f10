/* Where this host may connect to on behalf of others: http and https, public addresses, and what
 * the operator allows besides. A URL is checked before a request starts (and again at each
 * redirect); every address is checked when the socket for it is made, so that a name which
 * resolves to something else a moment later gains nothing. */
#ifndef MB_IO_EGRESS_H
#define MB_IO_EGRESS_H

#include <sys/socket.h>

#include "base/err.h"

struct mb_egress;

/* Lists are separated by commas or spaces; NULL or "" = empty. */
struct mb_egress_config {
    const char
        *allow; /* not public, but allowed: CIDRs, addresses, and names as in base/hostmatch.h */
    const char *ports; /* "443,8000-8099": only these; empty = every port */
};

/* NULL with err (CONFIG) naming the entry that is wrong. */
struct mb_egress *mb_egress_new(const struct mb_egress_config *config,
                                struct mb_err *err) MB_MUST_CHECK;
void mb_egress_free(struct mb_egress *egress); /* takes NULL */

enum { MB_EGRESS_HOST = 254, MB_EGRESS_URL = 16384 }; /* bytes, with the NUL */

/* What a URL names. */
struct mb_egress_target {
    char host[MB_EGRESS_HOST]; /* lower case as curl reads it, without brackets */
    int port;
    bool is_tls;
};

/* Parses only: 0, or -INVALID_REQUEST. Scheme, user and address are not judged. */
int mb_egress_parse(const char *url, struct mb_egress_target *target,
                    struct mb_err *err) MB_MUST_CHECK;
/* Judges the URL: 0, -INVALID_REQUEST when it is none, or -EGRESS_DENIED: another scheme, a user
 * name in it, a port that is not allowed, an address in it that may not be reached. `target` may be
 * NULL. */
int mb_egress_check_url(const struct mb_egress *egress, const char *url,
                        struct mb_egress_target *target, struct mb_err *err) MB_MUST_CHECK;
/* Judges an address that `host` resolved to: 0 or -EGRESS_DENIED with the address in the text. */
int mb_egress_check_addr(const struct mb_egress *egress, const char *host,
                         const struct sockaddr *addr, struct mb_err *err) MB_MUST_CHECK;

/* Why an address is not public ("loopback", "private", ...), or NULL when it is. IPv6 forms that
 * carry an IPv4 address (mapped, NAT64, 6to4) are judged by that. */
const char *mb_egress_addr_kind(const struct sockaddr *addr);

#endif
