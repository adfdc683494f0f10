#include "app/site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/migrate.h"
#include "app/paths.h"
#include "base/id.h"
#include "base/log.h"
#include "base/secret.h"

enum { MASTER_KEY_BYTES = 32 };

/* Writes a new file that only its owner may read; not if it is there. */
static int write_new(const char *path, const char *text, struct mb_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return 0;
    size_t len = strlen(text);
    bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    int cause = errno;
    mb_close(&fd);
    if (ok)
        return 0;
    unlink(path); /* half a key would be worse than none */
    return mb_err_set(err, MB_E_CONFIG, "cannot write '%s': %s", path, strerror(cause));
}

/* With --dev the master key is made once and stays in the data folder. */
static int dev_master_key(struct mb_config *config, struct mb_err *err)
{
    if (*config->master_key || *config->master_key_file)
        return 0;
    uint8_t key[MASTER_KEY_BYTES];
    char hex[2 * MASTER_KEY_BYTES + 1];
    char *path = mb_path_join(config->data, "master.key");
    mb_random(key, sizeof(key));
    mb_hex(key, sizeof(key), hex);
    int rc = write_new(path, hex, err);
    mb_wipe(key, sizeof(key));
    mb_wipe(hex, sizeof(hex));
    if (rc) {
        free(path);
        return rc;
    }
    free(config->master_key_file);
    config->master_key_file = path;
    return 0;
}

static int make_data_folder(const struct mb_config *config, struct mb_err *err)
{
    if (mkdir(config->data, 0755) == 0 || errno == EEXIST)
        return 0;
    return mb_err_set(err, MB_E_CONFIG, "cannot make the data folder '%s': %s", config->data,
                      strerror(errno));
}

/* The database's URL for the cores, and the one to migrate with. */
static int find_database(struct mb_site *site, const char **admin_url, struct mb_err *err)
{
    struct mb_config *config = site->config;
    site->database_url = *admin_url = config->database_url;
    site->redis_url = config->redis_url;
    if (*config->database_url)
        return 0;
    if (!config->dev)
        return mb_err_set(err, MB_E_CONFIG,
                          "there is no database: set MOONBASE_DATABASE_URL, or use --dev");
    int rc = mb_devdb_start(config->data, &site->devdb, err);
    if (rc)
        return rc;
    site->database_url = mb_devdb_conninfo(site->devdb);
    *admin_url = mb_devdb_admin_conninfo(site->devdb);
    if (!*config->redis_url)
        site->redis_url = mb_devdb_redis_url(site->devdb);
    return 0;
}

static int prepare_database(struct mb_site *site, const char *admin_url, struct mb_err *err)
{
    struct mb_migrated done = {0};
    int rc = mb_migrate_run(admin_url, mb_sql_files, &done, err);
    if (rc)
        return rc;
    if (done.migrations || done.functions)
        mb_log(MB_LOG_INFO, "migrated", "migrations", "%d", done.migrations, "functions", "%d",
               done.functions, NULL);
    rc = mb_migrate_check_role(site->database_url, err);
    if (rc || !site->config->dev)
        return rc;
    char *home = mb_path_home(site->config, err);
    if (!home)
        return -MB_E_CONFIG;
    rc = mb_seed(admin_url, home, site->config->data, &site->demo, err);
    site->has_demo = rc == 0;
    free(home);
    return rc;
}

int mb_site_open(struct mb_site *site, struct mb_config *config, struct mb_err *err)
{
    const char *admin_url = NULL;
    *site = (struct mb_site){.config = config};
    int rc = make_data_folder(config, err);
    if (!rc && config->dev)
        rc = dev_master_key(config, err);
    if (!rc)
        rc = find_database(site, &admin_url, err);
    if (!rc)
        rc = prepare_database(site, admin_url, err);
    if (rc)
        mb_site_close(site);
    return rc;
}

void mb_site_close(struct mb_site *site)
{
    mb_wipe(&site->demo, sizeof(site->demo));
    mb_devdb_stop(site->devdb);
    site->devdb = NULL;
}
