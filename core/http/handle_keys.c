#include <stdio.h>

#include "base/secret.h"
#include "http/handlers.h"
#include "http/key.h"
#include "http/sql.h"

/* A key can give no more than it has. */
static int check_scopes(const struct mb_request *r, const json_t *scopes, struct mb_err *err)
{
    size_t i;
    const json_t *scope;
    json_array_foreach(scopes, i, scope)
    {
        uint32_t bits = mb_router_scope(r->http->router, mb_str_c(json_string_value(scope)));
        if ((bits & ~r->caller.scopes) == 0)
            continue;
        char place[32];
        snprintf(place, sizeof(place), "/scopes/%zu", i);
        return mb_err_at(err, MB_E_FORBIDDEN, place,
                         "a key cannot give the scope \"%s\", which it does not have",
                         json_string_value(scope));
    }
    return 0;
}

static void on_created(struct mb_request *r, int status, const json_t *answer)
{
    json_t *body = json_object_get(answer, "body");
    struct mb_key *key = r->state;
    json_object_set_new(body, "key", json_string(key->text));
    mb_wipe(key, sizeof(*key));
    mb_sql_answer(r, status, answer);
}

void mb_handle_keys_create(struct mb_request *r)
{
    struct mb_err err;
    const json_t *scopes = json_object_get(r->body, "scopes");
    if (check_scopes(r, scopes, &err) < 0) {
        mb_request_refuse(r, &err);
        return;
    }
    struct mb_key *key = mb_request_alloc(r, sizeof(*key));
    char id[MB_ID_TEXT], caller[MB_ID_TEXT], hex[MB_SHA256_HEX];
    struct mb_buf *out = &r->http->scratch;
    mb_key_new(key);
    r->state = key;
    mb_hex(key->sha256, sizeof(key->sha256), hex);
    mb_buf_clear(out);
    mb_buf_addf(out,
                "{\"params\":{},\"caller\":{\"key_id\":\"%s\"},\"id\":\"%s\","
                "\"key_sha256\":\"%s\",\"prefix\":\"%s\",\"body\":",
                mb_id_uuid(r->caller.key_id, caller), mb_id_uuid(mb_id_new(), id), hex,
                key->prefix);
    mb_json_dump(out, r->body);
    mb_buf_add_char(out, '}');
    mb_sql_call(r, "key_create", mb_buf_str(out), on_created);
}
