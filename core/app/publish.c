#include "app/publish.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/database.h"
#include "app/paths.h"

/* Puts it under this version. */
static int put(PGconn *conn, const struct mb_bundle *bundle, const char *version, struct mb_id *id,
               struct mb_err *err)
{
    char name[128], uuid[MB_ID_TEXT], nil[MB_ID_TEXT], sha256[MB_SHA256_HEX + 2] = "\\x";
    snprintf(name, sizeof(name), "%.*s", MB_STR_ARG(bundle->name));
    mb_hex(bundle->sha256, MB_SHA256_BYTES, sha256 + 2);
    const char *const params[] = {
        mb_id_uuid(mb_id_nil(), nil), mb_id_uuid(mb_id_new(), uuid), name, version, sha256,
        bundle->manifest_text.ptr,    mb_buf_head(&bundle->files)};
    PGresult *res = mb_database_query(conn, "select engine.put_package($1, $2, $3, $4, $5, $6, $7)",
                                      (int)MB_LEN(params), params, err);
    if (!res)
        return -err->code;
    bool parsed = mb_id_parse_uuid(id, mb_str_c(PQgetvalue(res, 0, 0)));
    mb_assert(parsed);
    PQclear(res);
    return 0;
}

int mb_publish(PGconn *conn, const struct mb_bundle *bundle, bool dev, struct mb_id *id,
               struct mb_err *err)
{
    char version[80], hex[9];
    struct mb_err own = {0};
    err = err ? err : &own;
    snprintf(version, sizeof(version), "%.*s", (int)MB_MIN(bundle->version.len, 64),
             bundle->version.ptr);
    int rc = put(conn, bundle, version, id, err);
    if (rc != -MB_E_EXISTS || !dev)
        return rc;
    mb_hex(bundle->sha256, 4, hex);
    size_t len = strlen(version);
    snprintf(version + len, sizeof(version) - len, "+%s", hex); /* build metadata, as in semver */
    return put(conn, bundle, version, id, err);
}

static int publish_dir(PGconn *conn, const char *dir, bool dev, struct mb_err *err)
{
    struct mb_files files = {0};
    struct mb_bundle bundle = {0};
    struct mb_id id;
    int rc = mb_files_read_dir(&files, dir, err);
    if (!rc)
        rc = mb_bundle_init(&bundle, &files, err);
    if (!rc)
        rc = mb_publish(conn, &bundle, dev, &id, err);
    if (rc)
        mb_err_prefix(err, "'%s'", dir);
    mb_bundle_release(&bundle);
    mb_files_release(&files);
    return rc;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int mb_publish_all(PGconn *conn, const char *home, bool dev, int *n, struct mb_err *err)
{
    char *agents = mb_path_join(home, "agents");
    struct dirent **list = NULL;
    int count = scandir(agents, &list, is_visible, alphasort), rc = 0;
    *n = 0;
    for (int i = 0; i < count; i++) {
        char *dir = mb_path_join(agents, list[i]->d_name);
        char *manifest = mb_path_join(dir, "agent.json");
        if (!rc && access(manifest, F_OK) == 0) {
            rc = publish_dir(conn, dir, dev, err);
            *n += rc == 0;
        }
        free(manifest);
        free(dir);
        free(list[i]);
    }
    free(list);
    free(agents);
    return rc;
}
