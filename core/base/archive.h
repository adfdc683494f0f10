/* Package archives: a gzipped tar in memory becomes struct mb_files. */
#ifndef MB_ARCHIVE_H
#define MB_ARCHIVE_H

#include "base/files.h"

enum {
    MB_ARCHIVE_ENTRIES = 512, /* files and folders */
    /* What the tar may inflate to: the files and their headers. */
    MB_ARCHIVE_INFLATED_BYTES = MB_FILES_TOTAL_BYTES + 1024 * 1024,
    /* Above 1 MiB inflated, no more than this many times its size. Text reaches about 10. */
    MB_ARCHIVE_RATIO = 100,
};

/* Adds the archive's files. Folders are passed over and one leading "./" is cut off; links,
 * devices and everything that struct mb_files refuses is refused. INVALID_PACKAGE or TOO_LARGE;
 * then some files may have been added. */
int mb_archive_read(struct mb_files *files, struct mb_str archive,
                    struct mb_err *err) MB_MUST_CHECK;

#endif
