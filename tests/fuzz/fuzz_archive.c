/* Package archives from strangers. If the first byte is 'z' the rest is the archive as it came;
 * else the rest is a tar, which is put into gzip here, so that the fuzzer need not learn to pack.
 */
#include "base/archive.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 1952 and 1951: blocks that are stored, not packed. The checksum is not looked at. */
static struct mb_str wrap(const uint8_t *data, size_t size, char *out)
{
    static const char head[10] = "\x1f\x8b\x08\0\0\0\0\0\0\x03";
    char *at = out;
    memcpy(at, head, sizeof(head));
    at += sizeof(head);
    do {
        uint16_t n = (uint16_t)MB_MIN(size, 65535), inverse = (uint16_t)~n;
        *at++ = n == size;
        memcpy(at, &n, 2);
        memcpy(at + 2, &inverse, 2);
        if (n)
            memcpy(at + 4, data, n);
        at += 4 + n, data += n, size -= n;
    } while (size);
    memset(at, 0, 8);
    return MB_STR_OF(out, (size_t)(at + 8 - out));
}

static void check_files(const struct mb_files *files)
{
    size_t total = 0;
    mb_assert(files->count <= MB_FILES_MAX);
    for (size_t i = 0; i < files->count; i++) {
        const struct mb_file *file = &files->list[i];
        mb_assert(mb_files_check_path(mb_str_c(file->path), NULL) == 0);
        mb_assert(i == 0 || strcmp(files->list[i - 1].path, file->path) < 0);
        mb_assert(file->len <= MB_FILES_FILE_BYTES && file->bytes[file->len] == '\0');
        mb_assert(mb_files_get(files, file->path) == file);
        total += file->len;
    }
    mb_assert(total == files->total_bytes && total <= MB_FILES_TOTAL_BYTES);
    uint8_t hash[MB_SHA256_BYTES];
    mb_files_hash(files, hash);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mb_files files = {0};
    struct mb_err err = {0};
    if (size == 0)
        return 0;
    bool as_it_came = data[0] == 'z';
    data++, size--;
    char *room = malloc(size + (size / 65535 + 1) * 5 + 32);
    struct mb_str archive =
        as_it_came ? MB_STR_OF((const char *)data, size) : wrap(data, size, room);
    int rc = mb_archive_read(&files, archive, &err);
    mb_assert(err.code == -rc && (rc == 0 || err.message[0]));
    mb_assert(rc || files.count);
    check_files(&files);
    mb_files_release(&files);
    free(room);
    return 0;
}
