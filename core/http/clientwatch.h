/* Is the client of a request still there? For requests that wait long and whose work is of use to
 * nobody else. h2o looks at a connection of HTTP/1 again only when it writes, so the socket is
 * asked now and then. */
#ifndef MB_HTTP_CLIENTWATCH_H
#define MB_HTTP_CLIENTWATCH_H

#include "http/http.h"
#include "http/request.h"

/* In the request's memory, zeroed. */
struct mb_client_watch {
    struct mb_timer timer;
    struct mb_request *r;
};

/* When the client has closed its connection (or its half of it), r->cancel is called, and the
 * request is refused as CANCELLED, which ends the connection. */
void mb_client_watch_start(struct mb_client_watch *watch, struct mb_request *r);
/* Whoever answers the request, and r->cancel, stops it first. Harmless when it was not started. */
void mb_client_watch_stop(struct mb_client_watch *watch);

#endif
