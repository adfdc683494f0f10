/* Reading a folder into struct mb_files. Everything is opened relative to its folder and without
 * following links, so nothing that changes meanwhile can lead out of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

/* Folders inside each other; every level holds a descriptor. */
enum { DEPTH = 16 };

static int io_error(struct mb_err *err, const char *what, const char *path)
{
    return mb_err_at(err, MB_E_IO, path, "%s \"%s\": %s", what, path, strerror(errno));
}

/* Reads all that is there, up to one byte over the cap, which mb_files_take then refuses. */
static int read_all(struct mb_files *files, int fd, const char *path, struct mb_err *err)
{
    size_t cap = MB_FILES_FILE_BYTES + 1, len = 0;
    char *bytes = mb_alloc(cap + 1);
    while (len < cap) {
        ssize_t n = read(fd, bytes + len, cap - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            free(bytes);
            return io_error(err, "reading", path);
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return mb_files_take(files, mb_str_c(path), mb_realloc(bytes, len + 1), len, err);
}

static int read_folder(struct mb_files *files, int fd, const char *prefix, int depth,
                       struct mb_err *err);

static int read_entry(struct mb_files *files, int dir_fd, const char *name, const char *path,
                      int depth, struct mb_err *err)
{
    struct stat st;
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno != ELOOP && errno != ENXIO)
        return io_error(err, "opening", path);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return read_folder(files, fd, path, depth + 1, err);
        if (S_ISREG(st.st_mode)) {
            int rc = read_all(files, fd, path, err);
            close(fd);
            return rc;
        }
    }
    mb_close(&fd);
    return mb_err_at(err, MB_E_INVALID_PACKAGE, path,
                     "\"%s\": a package holds plain files and folders, no links or devices", path);
}

/* Takes the descriptor. */
static int read_folder(struct mb_files *files, int fd, const char *prefix, int depth,
                       struct mb_err *err)
{
    DIR *dir = depth <= DEPTH ? fdopendir(fd) : NULL;
    if (!dir) {
        close(fd);
        if (depth > DEPTH)
            return mb_err_at(err, MB_E_INVALID_PACKAGE, prefix,
                             "\"%s\": folders lie at most %d deep", prefix, DEPTH);
        return io_error(err, "reading", prefix);
    }
    const struct dirent *entry;
    int rc = 0;
    while (rc == 0 && (entry = readdir(dir))) {
        char path[MB_FILES_PATH_CHARS + 2]; /* a longer one is cut, and is then still too long */
        if (entry->d_name[0] == '.')
            continue;
        int n = snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] ? "/" : "", entry->d_name);
        rc = mb_files_check_path(MB_STR_OF(path, MB_MIN((size_t)n, sizeof(path) - 1)), err);
        if (rc == 0)
            rc = read_entry(files, dirfd(dir), entry->d_name, path, depth, err);
    }
    closedir(dir);
    return rc;
}

int mb_files_read_dir(struct mb_files *files, const char *dir, struct mb_err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return io_error(err, "opening", dir);
    return read_folder(files, fd, "", 1, err);
}
