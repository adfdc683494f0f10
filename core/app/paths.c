#include "app/paths.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char installed_home[] = "/usr/share/moonbase";

char *mb_path_join(const char *a, const char *b)
{
    struct mb_buf path = {0};
    mb_buf_addf(&path, "%s/%s", a, b);
    return mb_buf_take(&path, NULL);
}

/* The folder of this program, in `out`. */
static void program_folder(char out[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    out[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
}

char *mb_path_sandbox(const struct mb_config *config, struct mb_err *err)
{
    char folder[PATH_MAX];
    program_folder(folder);
    char *path = *config->sandbox_binary ? mb_strdup(config->sandbox_binary)
                                         : mb_path_join(folder, "moonbase-sandbox");
    if (access(path, X_OK) == 0)
        return path;
    mb_err_set(err, MB_E_CONFIG,
               "there is no program '%s'; MOONBASE_SANDBOX_BINARY says where it is", path);
    free(path);
    return NULL;
}

static bool has_folder(const char *folder, const char *name)
{
    struct stat st;
    char *path = mb_path_join(folder, name);
    bool has = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    free(path);
    return has;
}

static bool is_home(const char *folder)
{
    return has_folder(folder, "tools") && has_folder(folder, "agents");
}

char *mb_path_home(const struct mb_config *config, struct mb_err *err)
{
    char folder[PATH_MAX];
    if (*config->home) {
        if (is_home(config->home))
            return mb_strdup(config->home);
        mb_err_set(err, MB_E_CONFIG, "MOONBASE_HOME is '%s', which has no tools/ and agents/",
                   config->home);
        return NULL;
    }
    program_folder(folder);
    for (char *slash; (slash = strrchr(folder, '/')); *slash = '\0')
        if (is_home(folder))
            return mb_strdup(folder);
    if (is_home(installed_home))
        return mb_strdup(installed_home);
    mb_err_set(err, MB_E_CONFIG,
               "tools/ and agents/ are neither above this program nor in %s; MOONBASE_HOME says "
               "where they are",
               installed_home);
    return NULL;
}
