#include "app/seed.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/database.h"
#include "app/paths.h"
#include "app/publish.h"
#include "base/json.h"
#include "base/secret.h"
#include "http/key.h"
#include "run/knowledge.h"

static const char customer_name[] = "Fjordkit (demonstration)";
static const char opening_micros[] = "25000000"; /* $25: over a thousand tickets */
static const char package_name[] = "ticket_resolver";

enum { FILE_BYTES = 4096 };

/* What DIR/dev.json holds. */
struct dev {
    struct mb_key key;
    struct mb_id customer_id, key_id, deployment_id;
};

/* ------------------------------------------------------------------------------- dev.json */

static bool read_id(const json_t *object, const char *key, struct mb_id *id)
{
    return mb_id_parse_uuid(id, mb_json_str(object, key));
}

static bool read_dev(const char *path, struct dev *dev)
{
    char bytes[FILE_BYTES];
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    json_t *json = mb_json_parse(MB_STR_OF(bytes, n), NULL);
    struct mb_str key = mb_json_str(json, "api_key");
    bool ok = mb_key_is_wellformed(key) && read_id(json, "customer_id", &dev->customer_id) &&
              read_id(json, "key_id", &dev->key_id) &&
              read_id(json, "deployment_id", &dev->deployment_id);
    if (ok) {
        memcpy(dev->key.text, key.ptr, key.len);
        memcpy(dev->key.prefix, key.ptr, MB_KEY_PREFIX_CHARS);
        mb_sha256(key, dev->key.sha256);
    }
    json_decref(json);
    mb_wipe(bytes, sizeof(bytes));
    return ok;
}

/* Whole or not at all: a new file that takes the old one's place. */
static int write_dev(const char *path, const struct dev *dev, struct mb_err *err)
{
    char customer[MB_ID_TEXT], key[MB_ID_TEXT], deployment[MB_ID_TEXT];
    struct mb_buf text = {0}, fresh = {0};
    mb_buf_addf(&text,
                "{\"api_key\": \"%s\", \"customer_id\": \"%s\", \"key_id\": \"%s\", "
                "\"deployment_id\": \"%s\"}\n",
                dev->key.text, mb_id_uuid(dev->customer_id, customer), mb_id_uuid(dev->key_id, key),
                mb_id_uuid(dev->deployment_id, deployment));
    mb_buf_addf(&fresh, "%s.new", path);
    int fd = open(mb_buf_cstr(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 &&
              write(fd, mb_buf_head(&text), mb_buf_len(&text)) == (ssize_t)mb_buf_len(&text) &&
              fsync(fd) == 0 && rename(mb_buf_cstr(&fresh), path) == 0;
    int cause = errno;
    mb_close(&fd);
    mb_wipe(mb_buf_head(&text), mb_buf_len(&text));
    mb_buf_release(&text);
    mb_buf_release(&fresh);
    return ok ? 0 : mb_err_set(err, MB_E_CONFIG, "cannot write '%s': %s", path, strerror(cause));
}

static void tell(const struct dev *dev, struct mb_seeded *seeded)
{
    snprintf(seeded->api_key, sizeof(seeded->api_key), "%s", dev->key.text);
    mb_id_format(dev->deployment_id, "dep", seeded->deployment_id);
}

bool mb_seed_read(const char *data_dir, struct mb_seeded *seeded)
{
    struct dev dev = {0};
    char *path = mb_path_join(data_dir, "dev.json");
    bool ok = read_dev(path, &dev);
    if (ok)
        tell(&dev, seeded);
    mb_wipe(&dev, sizeof(dev));
    free(path);
    return ok;
}

/* ------------------------------------------------------------------------------- database */

/* Calls a function whose result does not matter. */
static int call(PGconn *conn, const char *sql, int n, const char *const *params, struct mb_err *err)
{
    PGresult *res = mb_database_query(conn, sql, n, params, err);
    if (!res)
        return -err->code;
    PQclear(res);
    return 0;
}

/* The demo's customer: the one of dev.json if the database still has it, else a new one. */
static int ensure_customer(PGconn *conn, struct dev *dev, struct mb_err *err)
{
    char uuid[MB_ID_TEXT];
    const char *const known[] = {mb_id_uuid(dev->customer_id, uuid)};
    PGresult *res = mb_database_query(
        conn, "select customer_id from engine.list_customers() where customer_id = $1", 1, known,
        err);
    if (res && PQntuples(res) == 0) {
        const char *const params[] = {customer_name, "{}", opening_micros};
        PQclear(res);
        res = mb_database_query(conn, "select engine.create_customer($1, $2, $3)", 3, params, err);
    }
    if (!res)
        return -err->code;
    bool parsed = mb_id_parse_uuid(&dev->customer_id, mb_str_c(PQgetvalue(res, 0, 0)));
    mb_assert(parsed);
    PQclear(res);
    return 0;
}

static int ensure_key(PGconn *conn, const struct dev *dev, struct mb_err *err)
{
    char customer[MB_ID_TEXT], key[MB_ID_TEXT], sha256[MB_SHA256_HEX + 2] = "\\x";
    mb_hex(dev->key.sha256, MB_SHA256_BYTES, sha256 + 2);
    const char *const params[] = {mb_id_uuid(dev->customer_id, customer),
                                  mb_id_uuid(dev->key_id, key),
                                  "demonstration",
                                  sha256,
                                  dev->key.prefix,
                                  "{admin}"};
    return call(conn, "select engine.put_key($1, $2, $3, $4, $5, $6)", 6, params, err);
}

static int ensure_knowledge(PGconn *conn, const struct dev *dev, const struct mb_files *files,
                            const json_t *manifest, struct mb_err *err)
{
    char customer[MB_ID_TEXT], deployment[MB_ID_TEXT];
    json_t *collections = mb_knowledge_read(files, manifest);
    int rc = 0;
    size_t i;
    json_t *collection;
    json_array_foreach(collections, i, collection)
    {
        struct mb_buf text = {0};
        mb_json_dump(&text, collection);
        const char *const params[] = {mb_id_uuid(dev->customer_id, customer),
                                      mb_id_uuid(dev->deployment_id, deployment),
                                      mb_buf_cstr(&text)};
        if (!rc)
            rc = call(conn, "select engine.memory_upsert($1, $2, $3)", 3, params, err);
        mb_buf_release(&text);
    }
    json_decref(collections);
    return rc;
}

/* The manifest's tools as an array of PostgreSQL. Their names need no escapes. */
static char *tools_array(const struct mb_bundle *bundle)
{
    struct mb_buf text = {0};
    mb_buf_add_char(&text, '{');
    for (int i = 0; i < bundle->n_tools; i++)
        mb_buf_addf(&text, "%s\"%.*s\"", i ? "," : "", MB_STR_ARG(bundle->tools[i]));
    mb_buf_add_char(&text, '}');
    return mb_buf_take(&text, NULL);
}

static int ensure_deployment(PGconn *conn, const struct dev *dev, const struct mb_bundle *bundle,
                             struct mb_err *err)
{
    char customer[MB_ID_TEXT], deployment[MB_ID_TEXT], nil[MB_ID_TEXT], package[MB_ID_TEXT];
    struct mb_id package_id;
    int rc = mb_publish(conn, bundle, true, &package_id, err);
    if (rc)
        return rc;
    char *tools = tools_array(bundle);
    const char *const params[] = {mb_id_uuid(dev->customer_id, customer),
                                  mb_id_uuid(dev->deployment_id, deployment),
                                  mb_id_uuid(mb_id_nil(), nil),
                                  mb_id_uuid(package_id, package),
                                  package_name,
                                  "{\"company\": \"Fjordkit\"}",
                                  tools,
                                  "{}",
                                  NULL};
    rc = call(conn, "select engine.put_deployment($1, $2, $3, $4, $5, $6, $7, $8, $9)", 9, params,
              err);
    free(tools);
    return rc;
}

static int ensure_agent(PGconn *conn, const struct dev *dev, const char *home, struct mb_err *err)
{
    struct mb_files files = {0};
    struct mb_bundle bundle = {0};
    struct mb_buf dir = {0};
    mb_buf_addf(&dir, "%s/agents/%s", home, package_name);
    int rc = mb_files_read_dir(&files, mb_buf_cstr(&dir), err);
    if (!rc)
        rc = mb_bundle_init(&bundle, &files, err);
    if (!rc)
        rc = ensure_deployment(conn, dev, &bundle, err);
    if (!rc)
        rc = ensure_knowledge(conn, dev, &files, bundle.manifest, err);
    mb_bundle_release(&bundle);
    mb_files_release(&files);
    mb_buf_release(&dir);
    return rc;
}

static int seed(PGconn *conn, struct dev *dev, const char *home, struct mb_err *err)
{
    int n_packages = 0;
    int rc = mb_publish_all(conn, home, true, &n_packages, err);
    if (!rc)
        rc = ensure_customer(conn, dev, err);
    if (!rc)
        rc = ensure_key(conn, dev, err);
    if (!rc)
        rc = ensure_agent(conn, dev, home, err);
    return rc;
}

int mb_seed(const char *admin_conninfo, const char *home, const char *data_dir,
            struct mb_seeded *seeded, struct mb_err *err)
{
    struct dev dev = {0};
    struct mb_err own = {0};
    err = err ? err : &own;
    char *path = mb_path_join(data_dir, "dev.json");
    if (!read_dev(path, &dev)) {
        mb_key_new(&dev.key);
        dev.key_id = mb_id_new();
        dev.deployment_id = mb_id_new();
    }
    PGconn *conn = mb_database_connect(admin_conninfo, err);
    int rc = conn ? seed(conn, &dev, home, err) : -err->code;
    PQfinish(conn);
    if (!rc)
        rc = write_dev(path, &dev, err);
    if (!rc)
        tell(&dev, seeded);
    mb_wipe(&dev, sizeof(dev));
    free(path);
    return rc;
}
