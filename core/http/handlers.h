/* The C handlers of openapi.yaml. Each gets a request that has passed all checks (r->ids, r->params
 * and r->body are filled as its operation says) and answers it, now or later. */
#ifndef MB_HTTP_HANDLERS_H
#define MB_HTTP_HANDLERS_H

#include "http/http_int.h"

#define MB_HANDLER(name) mb_handler mb_handle_##name;
#include "http/handlers.def"
#undef MB_HANDLER

#endif
