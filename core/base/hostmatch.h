/* Allow-lists of hosts: may a request go to this host and port?
 *
 * An entry is a name ("api.example.com"), all names under one ("*.example.com": any depth, but not
 * example.com itself), every name ("*"), or an IP address ("192.0.2.1", "[2001:db8::1]"); and then,
 * if it is to be for one port only, ":443". Names are compared without regard to case. An IP
 * address is matched by an entry with that address and by no other, "*" included, so that whoever
 * allows names does not allow addresses by it. */
#ifndef MB_HOSTMATCH_H
#define MB_HOSTMATCH_H

#include "base/err.h"

/* `host` as it stands in a URL, with or without the brackets of an IPv6 address. Anything that is
 * neither a host name (ASCII; labels of letters, digits, - and _; no trailing dot) nor an address
 * in its usual form matches nothing; so does an entry that mb_hostmatch_check would refuse. */
bool mb_hostmatch(struct mb_str entry, struct mb_str host, uint16_t port) MB_MUST_CHECK;

/* Is this an entry? 0, or INVALID_REQUEST with what is wrong. */
int mb_hostmatch_check(struct mb_str entry, struct mb_err *err) MB_MUST_CHECK;

#endif
