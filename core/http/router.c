#include "http/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/spec.h"

enum { BODY_MAX_BYTES = 262144 }; /* unless the operation says otherwise */

/* One path: its segments, and an operation for each method that it knows. */
struct mb_route {
    struct mb_str segments[MB_ROUTE_SEGMENTS]; /* "{...}" matches anything but nothing */
    int n_segments;
    const struct mb_op *ops[5];
};

static const char *const methods[] = {"get", "post", "put", "delete", "patch"};
static const char *const upper[] = {"GET", "POST", "PUT", "DELETE", "PATCH"};

static bool is_variable(struct mb_str segment)
{
    return segment.len > 1 && segment.ptr[0] == '{';
}

/* Splits "/a/b" into its segments; their number, or -1 when there are too many. */
static int split(struct mb_str path, struct mb_str out[MB_ROUTE_SEGMENTS])
{
    int n = 0;
    const char *at = path.ptr, *end = path.ptr + path.len;
    if (at == end || *at != '/')
        return -1;
    while (at < end) {
        const char *from = ++at;
        while (at < end && *at != '/')
            at++;
        if (n == MB_ROUTE_SEGMENTS)
            return -1;
        out[n++] = MB_STR_OF(from, (size_t)(at - from));
    }
    return n;
}

/* ---------------------------------------------------------------- reading the document */

struct reader {
    struct mb_router *router;
    const char *const *handlers;
    struct mb_err *err;
};

static int bad(struct reader *r, const struct mb_op *op, const char *what, const char *subject)
{
    return mb_err_set(r->err, MB_E_CONFIG, "openapi: operation \"%s\": %s \"%s\"", op->id, what,
                      subject);
}

static enum mb_param_kind kind_of(const json_t *schema)
{
    struct mb_str type = mb_json_str(schema, "type");
    if (mb_str_is(type, "integer"))
        return MB_PARAM_INTEGER;
    if (mb_str_is(type, "boolean"))
        return MB_PARAM_BOOLEAN;
    return mb_str_is(type, "array") ? MB_PARAM_LIST : MB_PARAM_STRING;
}

static int read_param(struct reader *r, struct mb_op *op, const json_t *json, bool in_path)
{
    struct mb_param *param = &op->params[op->n_params];
    json_t *schema = mb_spec_resolve(r->router->doc, json_object_get(json, "schema"), r->err);
    if (!schema)
        return -MB_E_CONFIG;
    *param = (struct mb_param){
        .name = json_string_value(json_object_get(json, "name")),
        .kind = kind_of(schema),
        .in_path = in_path,
        .required = mb_json_bool(json, "required", false),
        .id_prefix = json_string_value(json_object_get(json, "x-id")),
        .fallback = json_object_get(schema, "default"),
    };
    if (!param->name)
        return bad(r, op, "a parameter without", "name");
    param->check = mb_spec_schema(r->router->doc, schema, param->name, r->err);
    if (!param->check)
        return -MB_E_CONFIG;
    op->n_params++;
    return 0;
}

/* The parameter of this name and place; *found is NULL when there is none. */
static int find_param(struct reader *r, const json_t *list, const char *in, struct mb_str name,
                      const json_t **found)
{
    size_t i;
    json_t *item;
    *found = NULL;
    json_array_foreach(list, i, item)
    {
        json_t *param = mb_spec_resolve(r->router->doc, item, r->err);
        if (!param)
            return -MB_E_CONFIG;
        if (mb_str_is(mb_json_str(param, "in"), in) && mb_str_eq(mb_json_str(param, "name"), name))
            *found = param;
    }
    return 0;
}

static int read_path_params(struct reader *r, struct mb_op *op, const json_t *list)
{
    struct mb_str segments[MB_ROUTE_SEGMENTS];
    int n = split(mb_str_c(op->path), segments);
    for (int i = 0; i < n; i++) {
        if (!is_variable(segments[i]))
            continue;
        struct mb_str name = MB_STR_OF(segments[i].ptr + 1, segments[i].len - 2);
        const json_t *json;
        if (find_param(r, list, "path", name, &json) < 0)
            return -MB_E_CONFIG;
        if (!json || op->n_params == MB_ROUTE_VALUES)
            return bad(r, op, "no description of a part of the path", op->path);
        if (read_param(r, op, json, true) < 0)
            return -MB_E_CONFIG;
    }
    op->n_path_params = op->n_params;
    return 0;
}

static int read_params(struct reader *r, struct mb_op *op, const json_t *json)
{
    const json_t *list = json_object_get(json, "parameters");
    op->params = mb_zalloc((json_array_size(list) + 1) * sizeof(op->params[0]));
    if (read_path_params(r, op, list) < 0)
        return -MB_E_CONFIG;
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        json_t *param = mb_spec_resolve(r->router->doc, item, r->err);
        if (!param)
            return -MB_E_CONFIG;
        if (mb_str_is(mb_json_str(param, "in"), "query") && read_param(r, op, param, false) < 0)
            return -MB_E_CONFIG;
    }
    return 0;
}

static int read_body(struct reader *r, struct mb_op *op, const json_t *json)
{
    const json_t *body = json_object_get(json, "requestBody");
    const json_t *content = json_object_get(body, "content");
    op->body_optional = !mb_json_bool(body, "required", true);
    op->body_max_bytes = (size_t)mb_json_int(json, "x-max-body-bytes", BODY_MAX_BYTES);
    op->takes_gzip = json_object_get(content, "application/gzip") != NULL;
    json_t *schema = json_object_get(json_object_get(content, "application/json"), "schema");
    if (!schema)
        return 0;
    op->body = json_object_size(schema) ? MB_BODY_JSON : MB_BODY_RAW;
    if (op->body == MB_BODY_RAW)
        return 0;
    op->body_check = mb_spec_schema(r->router->doc, schema, op->id, r->err);
    return op->body_check ? 0 : -MB_E_CONFIG;
}

static int read_service(struct reader *r, struct mb_op *op, const json_t *json)
{
    const char *handler = json_string_value(json_object_get(json, "x-handler"));
    op->sql = json_string_value(json_object_get(json, "x-sql"));
    op->handler = -1;
    if (!handler == !op->sql)
        return bad(r, op, "needs one of", "x-sql, x-handler");
    for (int i = 0; handler && r->handlers[i]; i++)
        if (strcmp(handler, r->handlers[i]) == 0)
            op->handler = i;
    if (handler && op->handler < 0)
        return bad(r, op, "there is no handler", handler);
    op->scope_name = json_string_value(json_object_get(json, "x-scope"));
    if (!op->scope_name)
        return 0;
    op->scope = mb_router_scope(r->router, mb_str_c(op->scope_name));
    return op->scope ? 0 : bad(r, op, "there is no scope", op->scope_name);
}

static int read_op(struct reader *r, struct mb_op *op, const json_t *json)
{
    op->id = json_string_value(json_object_get(json, "operationId"));
    if (!op->id)
        return mb_err_set(r->err, MB_E_CONFIG, "openapi: %s %s has no operationId", op->method,
                          op->path);
    const json_t *answer =
        json_object_get(json_object_get(json_object_get(json, "responses"), "200"), "content");
    op->streams = json_object_get(answer, "text/event-stream") != NULL;
    op->streams_only = op->streams && json_object_size(answer) == 1;
    op->idempotent = mb_json_bool(json, "x-idempotent", false);
    if (read_service(r, op, json) < 0 || read_params(r, op, json) < 0)
        return -MB_E_CONFIG;
    return read_body(r, op, json);
}

static int read_path(struct reader *r, struct mb_route *route, const char *path, const json_t *item)
{
    struct mb_router *router = r->router;
    route->n_segments = split(mb_str_c(path), route->segments);
    if (route->n_segments < 0)
        return mb_err_set(r->err, MB_E_CONFIG, "openapi: the path \"%s\" is too long", path);
    for (size_t m = 0; m < MB_LEN(methods); m++) {
        const json_t *json = json_object_get(item, methods[m]);
        if (!json)
            continue;
        struct mb_op *op = &router->ops[router->n_ops];
        *op = (struct mb_op){.method = upper[m], .path = path, .index = router->n_ops};
        router->n_ops++;
        route->ops[m] = op;
        if (read_op(r, op, json) < 0)
            return -MB_E_CONFIG;
    }
    return 0;
}

static int read_document(struct reader *r)
{
    struct mb_router *router = r->router;
    json_t *paths = json_object_get(router->doc, "paths");
    const json_t *scope = json_object_get(
        json_object_get(json_object_get(router->doc, "components"), "schemas"), "Scope");
    router->scopes = json_object_get(scope, "enum");
    size_t n = json_object_size(paths), n_scopes = json_array_size(router->scopes);
    if (n == 0 || n_scopes == 0 || n_scopes > 32)
        return mb_err_set(r->err, MB_E_CONFIG, "openapi: no paths, or none or too many scopes");
    router->routes = mb_zalloc(n * sizeof(router->routes[0]));
    router->ops = mb_zalloc(n * MB_LEN(methods) * sizeof(router->ops[0]));
    const char *path;
    json_t *item;
    json_object_foreach(paths, path, item) if (read_path(r, &router->routes[router->n_routes++],
                                                         path, item) < 0) return -MB_E_CONFIG;
    return 0;
}

struct mb_router *mb_router_new(struct mb_str openapi_json, const char *const *handlers,
                                struct mb_err *err)
{
    struct mb_router *router = mb_zalloc(sizeof(*router));
    struct reader r = {.router = router, .handlers = handlers, .err = err};
    router->doc = mb_json_parse(openapi_json, err);
    if (!router->doc || read_document(&r) < 0) {
        mb_router_free(router);
        return NULL;
    }
    return router;
}

void mb_router_free(struct mb_router *router)
{
    if (!router)
        return;
    for (int i = 0; i < router->n_ops; i++) {
        struct mb_op *op = &router->ops[i];
        mb_schema_free(op->body_check);
        for (int j = 0; j < op->n_params; j++)
            mb_schema_free(op->params[j].check);
        free(op->params);
    }
    free(router->ops);
    free(router->routes);
    json_decref(router->doc);
    free(router);
}

/* ---------------------------------------------------------------- matching */

static bool fits(const struct mb_route *route, const struct mb_str *segments, int n,
                 struct mb_match *match)
{
    int values = 0;
    if (route->n_segments != n)
        return false;
    for (int i = 0; i < n; i++) {
        if (!is_variable(route->segments[i])) {
            if (!mb_str_eq(route->segments[i], segments[i]))
                return false;
        } else if (segments[i].len == 0) {
            return false;
        } else {
            match->values[values++] = segments[i];
        }
    }
    return true;
}

static const struct mb_op *op_of(const struct mb_route *route, struct mb_str method)
{
    for (size_t m = 0; m < MB_LEN(upper); m++)
        if (mb_str_is(method, upper[m]))
            return route->ops[m];
    const struct mb_op *get = route->ops[0];
    return mb_str_is(method, "HEAD") && get && !get->streams ? get : NULL;
}

static void list_methods(const struct mb_route *route, char out[MB_ROUTE_ALLOW])
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t m = 0; m < MB_LEN(upper); m++)
        if (route->ops[m])
            n += (size_t)snprintf(out + n, MB_ROUTE_ALLOW - n, "%s%s", n ? ", " : "", upper[m]);
}

int mb_router_match(const struct mb_router *router, struct mb_str method, struct mb_str path,
                    struct mb_match *match, struct mb_err *err)
{
    struct mb_str segments[MB_ROUTE_SEGMENTS];
    int n = split(path, segments);
    for (int i = 0; i < router->n_routes; i++) {
        const struct mb_route *route = &router->routes[i];
        if (!fits(route, segments, n, match))
            continue;
        match->op = op_of(route, method);
        if (match->op)
            return 0;
        list_methods(route, match->allow);
        return mb_err_set(err, MB_E_METHOD_NOT_ALLOWED, "this path takes %s", match->allow);
    }
    return mb_err_set(err, MB_E_NOT_FOUND, "there is nothing at this path");
}

uint32_t mb_router_scope(const struct mb_router *router, struct mb_str name)
{
    size_t i;
    const json_t *scope;
    json_array_foreach(router->scopes, i,
                       scope) if (mb_str_is(name, json_string_value(scope))) return i == 0
        ? UINT32_MAX
        : (uint32_t)1 << i;
    return 0;
}
