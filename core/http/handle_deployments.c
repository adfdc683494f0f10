/* POST /v1/deployments: what it asks for is held to what the package's manifest names. */
#include <stdio.h>
#include <string.h>

#include "http/deployment.h"
#include "http/handlers.h"
#include "http/seal.h"
#include "http/sql.h"

static int refuse_at(struct mb_err *err, const char *place, const char *what, const char *subject)
{
    return mb_err_at(err, MB_E_INVALID_REQUEST, place, "the package names no %s \"%s\"", what,
                     subject);
}

int mb_deployment_check_config(const json_t *manifest, const json_t *config, struct mb_err *err)
{
    const json_t *json = mb_json_get(manifest, "config");
    struct mb_schema *schema = json ? mb_schema_new(json, err) : NULL;
    if (!schema)
        return json ? -MB_E_INTERNAL : 0;
    int rc = mb_schema_check(schema, config, err);
    mb_schema_free(schema);
    if (rc == 0)
        return 0;
    char place[sizeof(err->pointer)];
    snprintf(place, sizeof(place), "/config%.*s", (int)sizeof(place) - 8, err->pointer);
    memcpy(err->pointer, place, sizeof(place));
    snprintf(err->wire, sizeof(err->wire), "invalid_config");
    err->code = MB_E_INVALID_INPUT;
    return -MB_E_INVALID_INPUT;
}

static bool names(const json_t *list, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        const json_t *own = json_is_object(item) ? json_object_get(item, "name") : item;
        if (json_is_string(own) && strcmp(json_string_value(own), name) == 0)
            return true;
    }
    return false;
}

static int check_tools(const json_t *manifest, const json_t *tools, struct mb_err *err)
{
    size_t i;
    const json_t *tool;
    json_array_foreach(tools, i, tool)
    {
        char place[32];
        snprintf(place, sizeof(place), "/tools/%zu", i);
        if (!names(json_object_get(manifest, "tools"), json_string_value(tool)))
            return refuse_at(err, place, "tool", json_string_value(tool));
    }
    return 0;
}

static int check_agents(const json_t *manifest, json_t *agents, struct mb_err *err)
{
    const char *name;
    json_t *bound;
    json_object_foreach(agents, name, bound)
    {
        char place[160];
        snprintf(place, sizeof(place), "/agents/%.128s", name);
        if (!names(json_object_get(manifest, "agents"), name))
            return refuse_at(err, place, "agent", name);
    }
    return 0;
}

static int check_limits(const json_t *manifest, json_t *limits, struct mb_err *err)
{
    const json_t *most = json_object_get(manifest, "limits");
    const char *name;
    json_t *value;
    json_object_foreach(limits, name, value)
    {
        char place[32];
        int64_t cap = mb_json_int(most, name, INT64_MAX);
        if (json_integer_value(value) <= cap)
            continue;
        snprintf(place, sizeof(place), "/limits/%.16s", name);
        return mb_err_at(err, MB_E_INVALID_REQUEST, place, "the package's own limit is %lld",
                         (long long)cap);
    }
    return 0;
}

static int add_secrets(struct mb_request *r, const json_t *manifest, struct mb_buf *out,
                       struct mb_err *err)
{
    json_t *secrets = json_object_get(r->body, "secrets"), *value;
    const char *name, *comma = "";
    mb_buf_add_c(out, ",\"secrets\":{");
    json_object_foreach(secrets, name, value)
    {
        char place[96];
        snprintf(place, sizeof(place), "/secrets/%.64s", name);
        if (!names(json_object_get(manifest, "secrets"), name))
            return refuse_at(err, place, "secret", name);
        mb_buf_addf(out, "%s\"%s\":", comma, name);
        comma = ",";
        int rc =
            mb_seal_json(r, mb_str_c(name),
                         MB_STR_OF(json_string_value(value), json_string_length(value)), out, err);
        if (rc < 0)
            return rc;
    }
    mb_buf_add_char(out, '}');
    return 0;
}

static void add_member(struct mb_buf *out, const char *name, const json_t *value)
{
    mb_buf_addf(out, ",\"%s\":", name);
    mb_json_dump(out, value ? value : json_null());
}

/* Builds the request of api.deployment_create. */
static int build(struct mb_request *r, const json_t *package, struct mb_buf *out,
                 struct mb_err *err)
{
    char id[MB_ID_TEXT];
    const json_t *manifest = json_object_get(package, "manifest");
    const json_t *tools = json_object_get(r->body, "tools");
    json_t *config = json_object_get(r->body, "config");
    json_t *empty = json_object();
    int rc = mb_deployment_check_config(manifest, config ? config : empty, err);
    if (rc == 0)
        rc = check_tools(manifest, tools, err);
    if (rc == 0)
        rc = check_agents(manifest, json_object_get(r->body, "agents"), err);
    if (rc == 0)
        rc = check_limits(manifest, json_object_get(r->body, "limits"), err);
    mb_buf_clear(out);
    mb_buf_addf(out, "{\"id\":\"%s\"", mb_id_uuid(mb_id_new(), id));
    add_member(out, "package_owner", json_object_get(package, "package_owner"));
    add_member(out, "package_id", json_object_get(package, "package_id"));
    add_member(out, "name", json_object_get(r->body, "name"));
    add_member(out, "config", config ? config : empty);
    add_member(out, "tools", tools ? tools : json_object_get(manifest, "tools"));
    add_member(out, "limits", json_object_get(r->body, "limits"));
    add_member(out, "budget_micros", json_object_get(r->body, "budget_micros"));
    add_member(out, "agents", json_object_get(r->body, "agents"));
    json_decref(empty);
    if (rc == 0)
        rc = add_secrets(r, manifest, out, err);
    mb_buf_add_char(out, '}');
    return rc;
}

static void on_package(struct mb_request *r, int status, const json_t *answer)
{
    (void)status;
    struct mb_err err;
    struct mb_buf *out = &r->http->scratch;
    if (build(r, json_object_get(answer, "body"), out, &err) < 0)
        mb_request_refuse(r, &err);
    else
        mb_sql_call(r, "deployment_create", mb_buf_str(out), mb_sql_answer);
}

void mb_handle_deployments_create(struct mb_request *r)
{
    struct mb_buf *out = &r->http->scratch;
    mb_buf_clear(out);
    mb_buf_add_c(out, "{\"params\":{\"package\":");
    mb_json_dump(out, json_object_get(r->body, "package"));
    add_member(out, "version", json_object_get(r->body, "version"));
    mb_buf_add_c(out, "}}");
    mb_sql_call(r, "deployable_get", mb_buf_str(out), on_package);
}
