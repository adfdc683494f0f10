/* JSON Schema 2020-12: the vocabulary that tool and agent schemas use.
 *
 * type, enum, const, properties, patternProperties, propertyNames, required, additionalProperties,
 * items, prefixItems, contains, min/maxContains, min/maxLength, min/maxItems, uniqueItems,
 * min/maxProperties, minimum, maximum, exclusiveMinimum/Maximum, multipleOf, pattern, format,
 * allOf, anyOf, oneOf, not, if/then/else, $ref (within the document), $defs, $anchor,
 * dependentRequired; and the annotations title, description, default, examples, deprecated,
 * readOnly, writeOnly, contentMediaType, $comment, and at the root $schema (2020-12 only) and $id.
 * Any other keyword is refused when the schema is compiled. Formats are asserted: date-time, date,
 * time, duration, email, hostname, ipv4, ipv6, uri, uri-reference, uuid, json-pointer, regex;
 * others are refused. Patterns are those of base/pattern.h.
 *
 * A schema comes from strangers: compiling is bounded (size, depth, number of nodes), $ref may be
 * recursive, and checking has a budget of work, patterns included, so that no schema or instance
 * takes longer than some 50 ms. What runs out of it does not fit, and the message says why. */
#ifndef MB_SCHEMA_H
#define MB_SCHEMA_H

#include <jansson.h>

#include "base/err.h"

struct mb_schema;

/* Compiles; `json` is only read. NULL with err (INVALID_SCHEMA, pointer = place in the schema). */
struct mb_schema *mb_schema_new(const json_t *json, struct mb_err *err) MB_MUST_CHECK;
void mb_schema_free(struct mb_schema *schema); /* takes NULL */

/* 0, or -MB_E_INVALID_ARGUMENTS with err->pointer = the place in the instance ("" = the whole) and
 * a message that says what is wrong and what would be right, for the first violation found. The
 * caller may change err->code to what it means to it. */
int mb_schema_check(const struct mb_schema *schema, const json_t *instance,
                    struct mb_err *err) MB_MUST_CHECK;

#endif
