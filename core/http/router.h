/* The router: operations read from openapi.json. It finds the operation that a method and a path
 * name, and holds what each operation checks of its parameters and body. */
#ifndef MB_HTTP_ROUTER_H
#define MB_HTTP_ROUTER_H

#include "base/json.h"
#include "base/schema.h"

enum {
    MB_ROUTE_SEGMENTS = 8,
    MB_ROUTE_VALUES = 3, /* path parameters of one operation */
    MB_ROUTE_ALLOW = 48, /* room for the methods of one path */
};

enum mb_param_kind { MB_PARAM_STRING, MB_PARAM_INTEGER, MB_PARAM_BOOLEAN, MB_PARAM_LIST };

struct mb_param {
    const char *name; /* all texts borrow from the document */
    enum mb_param_kind kind;
    bool in_path, required;
    const char *id_prefix;   /* it is an id, and is passed on as a UUID; NULL = it is not */
    const json_t *fallback;  /* its default; NULL = none */
    struct mb_schema *check; /* owned */
};

enum mb_body {
    MB_BODY_NONE, /* there may be none */
    MB_BODY_RAW,  /* JSON that its handler reads itself */
    MB_BODY_JSON, /* parsed and checked against `body_check` */
};

struct mb_op {
    const char *id;     /* operationId */
    const char *method; /* upper case */
    const char *path;
    uint32_t scope;         /* the scope's bit; 0 = no key is needed */
    const char *scope_name; /* NULL = none */
    const char *sql;        /* name of the function in schema api; NULL = a handler */
    int handler;            /* index in the table given to mb_router_new; -1 = sql */
    size_t body_max_bytes;
    enum mb_body body;
    bool body_optional; /* without a body the handler gets NULL */
    bool takes_gzip;    /* the body may be application/gzip instead */
    bool streams;       /* the answer may be text/event-stream */
    bool streams_only;
    bool idempotent; /* Idempotency-Key: the answer is kept and given again */
    struct mb_schema *body_check;
    struct mb_param *params; /* of path and query, path first, in the order of the path */
    int n_params, n_path_params;
    int index; /* 0 .. router->n_ops - 1 */
};

struct mb_route;

struct mb_router {
    json_t *doc;
    struct mb_op *ops;
    int n_ops;
    struct mb_route *routes;
    int n_routes;
    const json_t *scopes; /* enum of components/schemas/Scope; bit i is entry i; 0 is "admin" */
};

/* Builds it from the document's text. `handlers` ends in NULL. NULL with err (CONFIG) when the
 * document cannot be used: it names an unknown handler or scope, or a schema does not compile. */
struct mb_router *mb_router_new(struct mb_str openapi_json, const char *const *handlers,
                                struct mb_err *err) MB_MUST_CHECK;
void mb_router_free(struct mb_router *router); /* takes NULL */

struct mb_match {
    const struct mb_op *op;
    struct mb_str values[MB_ROUTE_VALUES]; /* of the path parameters, as sent (percent-encoded) */
    char allow[MB_ROUTE_ALLOW];            /* after METHOD_NOT_ALLOWED: for the header Allow */
};

/* `path` is without its query. HEAD finds GET's operation unless that streams. NOT_FOUND or
 * METHOD_NOT_ALLOWED. */
int mb_router_match(const struct mb_router *router, struct mb_str method, struct mb_str path,
                    struct mb_match *match, struct mb_err *err) MB_MUST_CHECK;

/* The bit of a scope; 0 = there is no such scope. "admin" has all bits. */
uint32_t mb_router_scope(const struct mb_router *router, struct mb_str name);

#endif
