#include "http/handlers.h"

#define MB_HANDLER(name) #name,
const char *const mb_handler_names[] = {
#include "http/handlers.def"
    NULL,
};
#undef MB_HANDLER

#define MB_HANDLER(name) mb_handle_##name,
mb_handler *const mb_handlers[] = {
#include "http/handlers.def"
};
#undef MB_HANDLER
