/* A schema and an instance, with a NUL between: both from strangers. Checking ends soon, says the
 * same every time, and gives a message with every no. */
#include "base/schema.h"

#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct mb_schema *schema, const json_t *instance)
{
    struct mb_err err = {0}, again = {0};
    int rc = mb_schema_check(schema, instance, &err);
    mb_assert(rc == 0 || rc == -MB_E_INVALID_ARGUMENTS);
    mb_assert(err.code == -rc && (err.message[0] != '\0') == (rc != 0));
    mb_assert(mb_schema_check(schema, instance, &again) == rc);
    mb_assert(strcmp(err.message, again.message) == 0 && strcmp(err.pointer, again.pointer) == 0);
    mb_assert(mb_schema_check(schema, instance, NULL) == rc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
    if (!nul)
        return 0;
    size_t len = (size_t)(nul - data);
    json_t *json = mb_json_parse(MB_STR_OF((const char *)data, len), NULL);
    if (!json)
        return 0;
    struct mb_err err = {0};
    struct mb_schema *schema = mb_schema_new(json, &err);
    mb_assert((schema != NULL) == (err.code == 0));
    if (schema) {
        json_t *instance = mb_json_parse(MB_STR_OF((const char *)nul + 1, size - len - 1), NULL);
        if (instance)
            check(schema, instance);
        check(schema, json);
        json_decref(instance);
    }
    mb_schema_free(schema);
    json_decref(json);
    return 0;
}
