/* Holding a port for processes that are about to share it. */
#ifndef MB_APP_PORT_H
#define MB_APP_PORT_H

#include "base/err.h"

/* Binds `address` and `port` (0 = any that is free) in a way that lets processes of this user bind
 * it as well (SO_REUSEPORT); nothing is accepted here. *port becomes the port. Close *fd when it is
 * not to be held any more. IO when it cannot be had. */
int mb_port_hold(const char *address, int *port, int *fd, struct mb_err *err) MB_MUST_CHECK;

#endif
