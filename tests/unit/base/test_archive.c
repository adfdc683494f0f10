#include "base/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/id.h"

enum { ROOM = 24 * 1024 * 1024 };

/* An archive that a test packs, as hostile as it likes. */
struct pack {
    struct archive *a;
    char *bytes;
    size_t len;
};

static void begin_as(struct pack *p, int format, int filter)
{
    p->bytes = malloc(ROOM);
    p->len = 0;
    p->a = archive_write_new();
    assert_int_equal(archive_write_set_format(p->a, format), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter(p->a, filter), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(p->a, p->bytes, ROOM, &p->len), ARCHIVE_OK);
}

static void begin(struct pack *p)
{
    begin_as(p, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_GZIP);
}

static void put_kind(struct pack *p, const char *path, unsigned kind, const char *link,
                     const char *bytes, size_t len)
{
    struct archive_entry *e = archive_entry_new();
    archive_entry_set_pathname(e, path);
    archive_entry_set_filetype(e, kind);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (la_int64_t)len);
    if (link && kind == AE_IFLNK)
        archive_entry_set_symlink(e, link);
    else if (link)
        archive_entry_set_hardlink(e, link);
    assert_int_equal(archive_write_header(p->a, e), ARCHIVE_OK);
    if (len)
        assert_int_equal(archive_write_data(p->a, bytes, len), len);
    archive_entry_free(e);
}

static void put(struct pack *p, const char *path, const char *text)
{
    put_kind(p, path, AE_IFREG, NULL, text, strlen(text));
}

static void finish(struct pack *p)
{
    assert_int_equal(archive_write_close(p->a), ARCHIVE_OK);
    archive_write_free(p->a);
}

/* Reads the archive and frees it. */
static int read_pack(struct pack *p, struct mb_files *files, struct mb_err *err)
{
    finish(p);
    int rc = mb_archive_read(files, MB_STR_OF(p->bytes, p->len), err);
    free(p->bytes);
    return rc;
}

/* Reads an archive that is to be refused. */
static void assert_refused(struct pack *p, enum mb_err_code code)
{
    struct mb_files files = {0};
    struct mb_err err = {0};
    assert_int_equal(read_pack(p, &files, &err), -(int)code);
    assert_true(err.message[0]);
    mb_files_release(&files);
}

static void reads_files_in_every_tar_dialect(void **state)
{
    (void)state;
    static const int formats[] = {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FORMAT_TAR_GNUTAR,
                                  ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE};
    for (size_t i = 0; i < MB_LEN(formats); i++) {
        struct pack p;
        struct mb_files files = {0};
        char path[MB_FILES_PATH_CHARS + 1] = "prompts/";
        memset(path + 8, 'x', sizeof(path) - 9);
        path[60] = '/';
        path[sizeof(path) - 1] = '\0';
        begin_as(&p, formats[i], ARCHIVE_FILTER_GZIP);
        put(&p, "main.lua", "return 1");
        put(&p, path, "long");
        put(&p, "empty", "");
        assert_int_equal(read_pack(&p, &files, NULL), 0);
        assert_int_equal(files.count, 3);
        assert_string_equal(mb_files_get(&files, "main.lua")->bytes, "return 1");
        assert_string_equal(mb_files_get(&files, path)->bytes, "long");
        mb_files_release(&files);
    }
}

static void folders_and_a_leading_dot_are_passed_over(void **state)
{
    (void)state;
    struct pack p;
    struct mb_files files = {0};
    begin(&p);
    put_kind(&p, "./", AE_IFDIR, NULL, NULL, 0);
    put_kind(&p, "./prompts/", AE_IFDIR, NULL, NULL, 0);
    put(&p, "./prompts/a.md", "hi");
    assert_int_equal(read_pack(&p, &files, NULL), 0);
    assert_int_equal(files.count, 1);
    assert_non_null(mb_files_get(&files, "prompts/a.md"));
    mb_files_release(&files);
}

static void refuses_paths_that_lead_elsewhere(void **state)
{
    (void)state;
    static const char *const paths[] = {"/etc/passwd", "../a", "a/../../b", "a//b", "a\\b",
                                        "././a",       "a\nb", "a b",       ".."};
    for (size_t i = 0; i < MB_LEN(paths); i++) {
        struct pack p;
        begin(&p);
        put(&p, paths[i], "x");
        assert_refused(&p, MB_E_INVALID_PACKAGE);
    }
}

static void refuses_links_and_devices(void **state)
{
    (void)state;
    static const unsigned kinds[] = {AE_IFLNK, AE_IFREG, AE_IFIFO, AE_IFCHR, AE_IFBLK};
    for (size_t i = 0; i < MB_LEN(kinds); i++) {
        struct pack p;
        begin(&p);
        put(&p, "a", "x");
        put_kind(&p, "b", kinds[i], i < 2 ? "a" : NULL, NULL, 0);
        assert_refused(&p, MB_E_INVALID_PACKAGE);
    }
}

static void refuses_a_path_twice(void **state)
{
    (void)state;
    struct pack p;
    begin(&p);
    put(&p, "a", "1");
    put(&p, "./a", "2");
    assert_refused(&p, MB_E_INVALID_PACKAGE);
}

static void refuses_an_archive_without_files(void **state)
{
    (void)state;
    struct pack p;
    begin(&p);
    assert_refused(&p, MB_E_INVALID_PACKAGE);
    begin(&p);
    put_kind(&p, "folder", AE_IFDIR, NULL, NULL, 0);
    assert_refused(&p, MB_E_INVALID_PACKAGE);
}

static void refuses_a_file_that_inflates_over_its_cap(void **state)
{
    (void)state;
    struct pack p;
    char *zeros = calloc(1, MB_FILES_FILE_BYTES + 1);
    begin(&p);
    put_kind(&p, "bomb", AE_IFREG, NULL, zeros, MB_FILES_FILE_BYTES + 1);
    assert_refused(&p, MB_E_TOO_LARGE);
    free(zeros);
}

static void refuses_a_bomb_by_its_ratio(void **state)
{
    (void)state;
    struct pack p;
    char *zeros = calloc(1, MB_FILES_FILE_BYTES);
    begin(&p);
    for (int i = 0; i < 3; i++) {
        char path[2] = {(char)('a' + i), '\0'};
        put_kind(&p, path, AE_IFREG, NULL, zeros, MB_FILES_FILE_BYTES);
    }
    finish(&p);
    struct mb_files files = {0};
    struct mb_err err;
    assert_int_equal(mb_archive_read(&files, MB_STR_OF(p.bytes, p.len), &err), -MB_E_TOO_LARGE);
    assert_non_null(strstr(err.message, "times its size"));
    mb_files_release(&files);
    free(p.bytes);
    free(zeros);
}

static void refuses_more_than_the_total(void **state)
{
    (void)state;
    struct pack p;
    char *noise = malloc(MB_FILES_FILE_BYTES);
    mb_random(noise, MB_FILES_FILE_BYTES);
    begin(&p);
    for (int i = 0; i < 9; i++) {
        char path[2] = {(char)('a' + i), '\0'};
        put_kind(&p, path, AE_IFREG, NULL, noise, MB_FILES_FILE_BYTES);
    }
    assert_refused(&p, MB_E_TOO_LARGE);
    free(noise);
}

static void refuses_too_many_entries(void **state)
{
    (void)state;
    struct pack p;
    char path[16];
    begin(&p);
    for (int i = 0; i <= MB_FILES_MAX; i++) {
        snprintf(path, sizeof(path), "f%d", i);
        put(&p, path, "");
    }
    assert_refused(&p, MB_E_TOO_LARGE);
    begin(&p);
    for (int i = 0; i <= MB_ARCHIVE_ENTRIES; i++)
        put_kind(&p, "folder", AE_IFDIR, NULL, NULL, 0);
    assert_refused(&p, MB_E_TOO_LARGE);
}

static void refuses_other_formats_and_filters(void **state)
{
    (void)state;
    struct pack p;
    struct mb_files files = {0};
    begin_as(&p, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
    put(&p, "a", "x");
    assert_refused(&p, MB_E_INVALID_PACKAGE);
    begin_as(&p, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2);
    put(&p, "a", "x");
    assert_refused(&p, MB_E_INVALID_PACKAGE);
    begin_as(&p, ARCHIVE_FORMAT_CPIO_POSIX, ARCHIVE_FILTER_GZIP);
    put(&p, "a", "x");
    assert_refused(&p, MB_E_INVALID_PACKAGE);
    begin_as(&p, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE);
    put(&p, "a", "x");
    assert_refused(&p, MB_E_INVALID_PACKAGE);
    assert_int_equal(mb_archive_read(&files, MB_STR(""), NULL), -MB_E_INVALID_PACKAGE);
    assert_int_equal(mb_archive_read(&files, MB_STR("\x1f\x8b"), NULL), -MB_E_INVALID_PACKAGE);
    assert_int_equal(mb_archive_read(&files, MB_STR("{\"files\":{}}"), NULL),
                     -MB_E_INVALID_PACKAGE);
}

static void unpacks_one_layer_of_gzip_and_no_more(void **state)
{
    (void)state;
    struct pack inner, outer;
    begin(&inner);
    put(&inner, "a", "x");
    finish(&inner);
    outer.bytes = malloc(ROOM);
    outer.a = archive_write_new();
    archive_write_set_format_raw(outer.a);
    archive_write_add_filter_gzip(outer.a);
    archive_write_open_memory(outer.a, outer.bytes, ROOM, &outer.len);
    put_kind(&outer, "data", AE_IFREG, NULL, inner.bytes, inner.len);
    assert_refused(&outer, MB_E_INVALID_PACKAGE);
    free(inner.bytes);
}

static void an_archive_cut_off_anywhere_does_no_harm(void **state)
{
    (void)state;
    struct pack p;
    char noise[3000];
    mb_random(noise, sizeof(noise));
    begin(&p);
    put(&p, "a", "first");
    put_kind(&p, "b", AE_IFREG, NULL, noise, sizeof(noise));
    finish(&p);
    int whole = 0;
    for (size_t n = 0; n < p.len; n += 7) {
        struct mb_files files = {0};
        char *copy = malloc(n + 1); /* of this size, so that reading beyond it is seen */
        memcpy(copy, p.bytes, n);
        whole += mb_archive_read(&files, MB_STR_OF(copy, n), NULL) == 0 && files.count == 2;
        free(copy);
        mb_files_release(&files);
    }
    assert_true(whole < 10); /* all is there when only the end of the stream is missing */
    free(p.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files_in_every_tar_dialect),
        cmocka_unit_test(folders_and_a_leading_dot_are_passed_over),
        cmocka_unit_test(refuses_paths_that_lead_elsewhere),
        cmocka_unit_test(refuses_links_and_devices),
        cmocka_unit_test(refuses_a_path_twice),
        cmocka_unit_test(refuses_an_archive_without_files),
        cmocka_unit_test(refuses_a_file_that_inflates_over_its_cap),
        cmocka_unit_test(refuses_a_bomb_by_its_ratio),
        cmocka_unit_test(refuses_more_than_the_total),
        cmocka_unit_test(refuses_too_many_entries),
        cmocka_unit_test(refuses_other_formats_and_filters),
        cmocka_unit_test(unpacks_one_layer_of_gzip_and_no_more),
        cmocka_unit_test(an_archive_cut_off_anywhere_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
