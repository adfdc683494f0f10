/* The files of a package in memory, and the rules that each path and size is held to. However they
 * come (an archive, JSON, a folder), they end here. */
#ifndef MB_FILES_H
#define MB_FILES_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

enum {
    MB_FILES_MAX = 256,
    MB_FILES_PATH_CHARS = 128,
    MB_FILES_FILE_BYTES = 1024 * 1024,
    MB_FILES_TOTAL_BYTES = 8 * 1024 * 1024,
};

/* Owns its path and its bytes; a NUL follows the bytes. */
struct mb_file {
    char *path;
    char *bytes;
    size_t len;
};

/* Sorted by path, as bytes. Zero-initialised is empty and valid. */
struct mb_files {
    struct mb_file *list;
    size_t count, cap;
    size_t total_bytes; /* of all contents */
};

void mb_files_release(struct mb_files *files);

/* May a file have this path? Relative, of [A-Za-z0-9._/-], no empty, "." or ".." segment, at most
 * MB_FILES_PATH_CHARS. 0, or INVALID_PACKAGE with the path as place. */
int mb_files_check_path(struct mb_str path, struct mb_err *err) MB_MUST_CHECK;

/* Adds a file; both are copied. INVALID_PACKAGE: a bad path, one that is there already or lies
 * under another file; TOO_LARGE: over a cap. The place is the path. */
int mb_files_add(struct mb_files *files, struct mb_str path, struct mb_str bytes,
                 struct mb_err *err) MB_MUST_CHECK;
/* The same, for contents that the caller has allocated with one byte to spare for a NUL. Takes
 * `bytes` in any case. */
int mb_files_take(struct mb_files *files, struct mb_str path, char *bytes, size_t len,
                  struct mb_err *err) MB_MUST_CHECK;
/* Borrows; NULL when there is no such file. */
const struct mb_file *mb_files_get(const struct mb_files *files, const char *path);

/* What identifies a package: SHA-256 over its files in order of their paths, each as path, NUL,
 * length of the contents in decimal, NUL, contents. */
void mb_files_hash(const struct mb_files *files, uint8_t out[MB_SHA256_BYTES]);

/* Appends {"path": "text", ...}, in order of the paths. */
void mb_files_json(const struct mb_files *files, struct mb_buf *out);

/* Adds everything under a folder of this machine. Names that begin with a dot are left out; links
 * and whatever else is no plain file or folder are refused. The same errors, and IO. */
int mb_files_read_dir(struct mb_files *files, const char *dir, struct mb_err *err) MB_MUST_CHECK;

#endif
