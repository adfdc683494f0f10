#include "base/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

static int check_inflated(struct archive *a, size_t packed_bytes, struct mb_err *err)
{
    int64_t inflated = archive_filter_bytes(a, 0);
    if (inflated > MB_ARCHIVE_INFLATED_BYTES)
        return mb_err_set(err, MB_E_TOO_LARGE, "the archive inflates to more than 9 MiB");
    if (inflated > 1024 * 1024 && inflated / MB_ARCHIVE_RATIO > (int64_t)packed_bytes)
        return mb_err_set(err, MB_E_TOO_LARGE,
                          "the archive inflates to more than %d times its size", MB_ARCHIVE_RATIO);
    return 0;
}

static int broken(struct archive *a, struct mb_err *err)
{
    const char *why = archive_error_string(a);
    return mb_err_set(err, MB_E_INVALID_PACKAGE, "the archive is not a gzipped tar: %s",
                      why ? why : "it ends too early");
}

/* Inflates one file. Its declared size has been checked, and is not trusted. */
static int read_file(struct archive *a, struct mb_files *files, struct mb_str path, size_t size,
                     struct mb_err *err)
{
    char *bytes = mb_alloc(size + 1);
    size_t len = 0;
    while (len < size) {
        la_ssize_t n = archive_read_data(a, bytes + len, size - len);
        if (n < 0) {
            free(bytes);
            return broken(a, err);
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return mb_files_take(files, path, bytes, len, err);
}

static int read_entry(struct archive *a, struct archive_entry *entry, struct mb_files *files,
                      struct mb_err *err)
{
    struct mb_str path = mb_str_c(archive_entry_pathname(entry));
    if (path.len >= 2 && memcmp(path.ptr, "./", 2) == 0)
        path = MB_STR_OF(path.ptr + 2, path.len - 2);
    bool is_link = archive_entry_hardlink(entry) || archive_entry_symlink(entry);
    if (archive_entry_filetype(entry) == AE_IFDIR && !is_link)
        return 0;
    int rc = mb_files_check_path(path, err);
    if (rc)
        return rc;
    if (archive_entry_filetype(entry) != AE_IFREG || is_link)
        return mb_err_at(err, MB_E_INVALID_PACKAGE, path.ptr,
                         "\"%s\": a package holds plain files and folders, no links or devices",
                         path.ptr);
    int64_t size = archive_entry_size(entry);
    if (size > MB_FILES_FILE_BYTES)
        return mb_err_at(err, MB_E_TOO_LARGE, path.ptr, "\"%s\": a file has at most 1 MiB",
                         path.ptr);
    return read_file(a, files, path, size > 0 ? (size_t)size : 0, err);
}

static int read_entries(struct archive *a, struct mb_files *files, size_t packed_bytes,
                        struct mb_err *err)
{
    for (int n = 0;; n++) {
        struct archive_entry *entry;
        int rc = archive_read_next_header(a, &entry);
        if (rc == ARCHIVE_EOF)
            break;
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            return broken(a, err);
        if (n == MB_ARCHIVE_ENTRIES)
            return mb_err_set(err, MB_E_TOO_LARGE, "the archive has more than %d entries",
                              MB_ARCHIVE_ENTRIES);
        rc = check_inflated(a, packed_bytes, err);
        if (rc == 0)
            rc = read_entry(a, entry, files, err);
        if (rc == 0)
            rc = check_inflated(a, packed_bytes, err);
        if (rc)
            return rc;
    }
    if (!files->count)
        return mb_err_set(err, MB_E_INVALID_PACKAGE, "the archive holds no files");
    return 0;
}

int mb_archive_read(struct mb_files *files, struct mb_str archive, struct mb_err *err)
{
    /* Exactly one layer of gzip: libarchive's own detection would go on unpacking layer by layer,
     * and knows formats that nobody should send us. */
    if (archive.len < 2 || memcmp(archive.ptr, "\x1f\x8b", 2) != 0)
        return mb_err_set(err, MB_E_INVALID_PACKAGE, "the archive is not a gzipped tar");
    struct archive *a = archive_read_new();
    mb_assert(a);
    int rc;
    if (archive_read_append_filter(a, ARCHIVE_FILTER_GZIP) != ARCHIVE_OK ||
        archive_read_set_format(a, ARCHIVE_FORMAT_TAR) != ARCHIVE_OK ||
        archive_read_open_memory(a, archive.ptr, archive.len) != ARCHIVE_OK)
        rc = broken(a, err);
    else
        rc = read_entries(a, files, archive.len, err);
    archive_read_free(a);
    return rc;
}
