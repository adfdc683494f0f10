#include "http/sql.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "http/http_int.h"
#include "http/problem.h"

enum { STATEMENTS_MAX = 96, NAME_MAX_CHARS = 48, KEY_CHARS = 255 };

/* ---------------------------------------------------------------- statements */

static bool only_reads(const char *function)
{
    static const char *const endings[] = {"_get", "_list", "_search", "_events"};
    size_t len = strlen(function);
    for (size_t i = 0; i < MB_LEN(endings); i++) {
        size_t n = strlen(endings[i]);
        if (len > n && strcmp(function + len - n, endings[i]) == 0)
            return true;
    }
    return false;
}

const struct mb_pg_stmt *mb_sql_stmt(const char *function)
{
    static const uint32_t types[] = {MB_PG_UUID, MB_PG_JSON};
    static struct mb_pg_stmt table[STATEMENTS_MAX]; /* a statement outlives every pool */
    static char texts[STATEMENTS_MAX][2][NAME_MAX_CHARS + 32];
    static int n;
    for (int i = 0; i < n; i++)
        if (strcmp(table[i].name + 4, function) == 0)
            return &table[i];
    mb_assert(n < STATEMENTS_MAX && strlen(function) <= NAME_MAX_CHARS);
    snprintf(texts[n][0], sizeof(texts[n][0]), "api_%s", function);
    snprintf(texts[n][1], sizeof(texts[n][1]), "select api.%s($1, $2)", function);
    table[n] = (struct mb_pg_stmt){
        .name = texts[n][0],
        .sql = texts[n][1],
        .n_params = 2,
        .types = types,
        .retry = only_reads(function),
    };
    return &table[n++];
}

static const uint32_t once_types[] = {MB_PG_UUID, MB_PG_TEXT, MB_PG_TEXT, MB_PG_BYTEA, MB_PG_JSON};
static const struct mb_pg_stmt once_stmt = {
    .name = "api_once",
    .sql = "select api.once($1, $2, $3, $4, $5)",
    .n_params = 5,
    .types = once_types,
    .retry = true,
};

/* ---------------------------------------------------------------- answers */

static struct mb_err error_of(const json_t *answer, int status)
{
    struct mb_err err;
    const json_t *error = json_object_get(answer, "error");
    struct mb_str message = mb_json_str(error, "message"), code = mb_json_str(error, "code");
    const char *pointer = json_string_value(json_object_get(error, "pointer"));
    int known = code.len ? mb_err_from_wire(code.ptr) : 0;
    (void)mb_err_at(&err, known ? (enum mb_err_code)known : mb_problem_code(status),
                    pointer ? pointer : "", "%.*s", MB_STR_ARG(message));
    if (!known && code.len)
        snprintf(err.wire, sizeof(err.wire), "%.*s", MB_STR_ARG(code));
    return err;
}

json_t *mb_sql_read(const struct mb_pg_result *res, int *status, struct mb_err *err)
{
    json_t *answer = mb_json_parse(mb_pg_get_str(res, 0, 0), NULL);
    *status = (int)mb_json_int(answer, "status", 0);
    if (*status >= 200 && *status < 300)
        return answer;
    if (*status >= 400 && *status < 600)
        *err = error_of(answer, *status);
    else
        (void)mb_err_set(err, MB_E_INTERNAL, "a function of the API gave no answer");
    json_decref(answer);
    return NULL;
}

void mb_sql_answer(struct mb_request *r, int status, const json_t *answer)
{
    json_t *headers = json_object_get(answer, "headers"), *value;
    const char *name;
    json_object_foreach(headers, name, value) if (json_is_string(value))
        mb_request_set(r, mb_request_copy(r, mb_str_c(name)), json_string_value(value));
    const json_t *body = json_object_get(answer, "body");
    if (body)
        mb_request_answer_json(r, status, body);
    else
        mb_request_answer(r, status, MB_STR(""));
}

static void on_answer(void *arg, const struct mb_pg_result *res, const struct mb_err *pg_err)
{
    struct mb_request *r = arg;
    struct mb_err err;
    int status;
    r->cancel = NULL;
    if (!res) {
        mb_request_refuse(r, pg_err);
        return;
    }
    json_t *answer = mb_sql_read(res, &status, &err);
    if (answer)
        r->wait.sql.on_done(r, status, answer);
    else
        mb_request_refuse_as(r, status >= 400 ? status : 500, &err, 0);
    json_decref(answer);
}

static void cancel(struct mb_request *r)
{
    mb_pg_cancel(r->wait.sql.query);
}

/* ---------------------------------------------------------------- Idempotency-Key */

static bool is_key(struct mb_str key)
{
    bool good = key.len >= 1 && key.len <= KEY_CHARS;
    for (size_t i = 0; good && i < key.len; i++)
        good = key.ptr[i] > 0x20 && key.ptr[i] < 0x7F && key.ptr[i] != '"' && key.ptr[i] != '\\';
    return good;
}

bool mb_idempotency_key(struct mb_request *r, struct mb_str *key)
{
    struct mb_str given = mb_request_header(r, "idempotency-key");
    struct mb_err err;
    *key = given;
    if (!given.ptr) /* there is no such header */
        return true;
    if (given.len >= 2 && given.ptr[0] == '"' && given.ptr[given.len - 1] == '"')
        *key = MB_STR_OF(given.ptr + 1, given.len - 2);
    if (is_key(*key))
        return true;
    (void)mb_err_at(&err, MB_E_INVALID_REQUEST, "?Idempotency-Key",
                    "an Idempotency-Key has 1 to %d visible characters, without \" and \\",
                    KEY_CHARS);
    mb_request_refuse(r, &err);
    return false;
}

static void hash_request(const struct mb_request *r, uint8_t sha256[MB_SHA256_BYTES])
{
    const h2o_req_t *h2o = r->h2o;
    const struct mb_str parts[] = {
        mb_str_c(r->op->id),
        MB_STR_OF("", 1),
        MB_STR_OF(h2o->path.base, h2o->path.len),
        MB_STR_OF("", 1),
        MB_STR_OF(h2o->entity.base, h2o->entity.len),
    };
    mb_sha256_parts(parts, MB_LEN(parts), sha256);
}

/* ---------------------------------------------------------------- calling */

void mb_sql_call(struct mb_request *r, const char *function, struct mb_str request,
                 mb_sql_done *on_done)
{
    struct mb_err err;
    struct mb_str key = MB_STR("");
    uint8_t sha256[MB_SHA256_BYTES];
    struct mb_pg_query *query;
    int rc;
    if (r->op->idempotent && !only_reads(function) && !mb_idempotency_key(r, &key))
        return;
    if (key.len) {
        hash_request(r, sha256);
        struct mb_pg_param params[] = {mb_pg_uuid(r->caller.customer_id), mb_pg_text_c(function),
                                       mb_pg_text(key), mb_pg_bytea(sha256, sizeof(sha256)),
                                       mb_pg_text(request)};
        rc = mb_pg_query(r->http->deps.pg, &once_stmt, params, on_answer, r, &query, &err);
    } else {
        struct mb_pg_param params[] = {mb_pg_uuid(r->caller.customer_id), mb_pg_text(request)};
        rc = mb_pg_query(r->http->deps.pg, mb_sql_stmt(function), params, on_answer, r, &query,
                         &err);
    }
    if (rc < 0) {
        mb_request_refuse(r, &err);
        return;
    }
    r->wait.sql = (struct mb_sql_wait){.query = query, .on_done = on_done};
    r->cancel = cancel;
}

void mb_sql_serve(struct mb_request *r)
{
    char id[MB_ID_TEXT];
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    mb_buf_add_c(out, "{\"params\":");
    mb_json_dump(out, r->params);
    if (r->body) { /* it was parsed, so it is JSON as it came */
        mb_buf_add_c(out, ",\"body\":");
        mb_buf_add(out, r->h2o->entity.base, r->h2o->entity.len);
    }
    mb_buf_addf(out, ",\"caller\":{\"key_id\":\"%s\"}}", mb_id_uuid(r->caller.key_id, id));
    json_decref(r->body);
    r->body = NULL;
    mb_sql_call(r, r->op->sql, mb_buf_str(out), mb_sql_answer);
}
