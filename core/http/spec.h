/* Reading an OpenAPI document: references within it, and schemas compiled from it. Knows nothing of
 * routes or requests. */
#ifndef MB_HTTP_SPEC_H
#define MB_HTTP_SPEC_H

#include "base/json.h"
#include "base/schema.h"

/* What `node` stands for: itself, or what its "$ref" ("#/components/...") names. Borrowed from the
 * document. NULL with err (CONFIG) when that is not there. */
json_t *mb_spec_resolve(const json_t *doc, json_t *node, struct mb_err *err) MB_MUST_CHECK;

/* Compiles a schema of the document, with all that it refers to. NULL with err (CONFIG); `where`
 * says in its message whose schema it is. Schemas that refer to themselves are not supported. */
struct mb_schema *mb_spec_schema(const json_t *doc, json_t *schema, const char *where,
                                 struct mb_err *err) MB_MUST_CHECK;

#endif
