/* Secrets come in and are sealed at once; nothing here or in the database gives them back. */
#include <stdio.h>

#include "base/secret.h"
#include "http/handlers.h"
#include "http/seal.h"
#include "http/sql.h"

static void store(struct mb_request *r, const char *function, struct mb_str name)
{
    struct mb_err err;
    struct mb_str value = mb_json_str(r->body, "value");
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    mb_buf_add_c(out, "{\"params\":{\"name\":");
    mb_buf_add_json_str(out, name);
    mb_buf_add_c(out, "},\"body\":{\"sealed\":");
    if (mb_seal_json(r, name, value, out, &err) < 0) {
        mb_request_refuse(r, &err);
        return;
    }
    mb_buf_add_c(out, "}}");
    mb_sql_call(r, function, mb_buf_str(out), mb_sql_answer);
}

void mb_handle_secrets_create(struct mb_request *r)
{
    store(r, "secret_create", mb_json_str(r->body, "name"));
}

void mb_handle_secrets_put(struct mb_request *r)
{
    store(r, "secret_put", mb_json_str(r->params, "name"));
}
