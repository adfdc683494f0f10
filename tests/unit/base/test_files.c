#include "base/files.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/id.h"

static int add(struct mb_files *files, const char *path, const char *text)
{
    return mb_files_add(files, mb_str_c(path), mb_str_c(text), NULL);
}

static void takes_good_paths_and_refuses_bad_ones(void **state)
{
    (void)state;
    static const char *const good[] = {"main.lua", "a/b/c.md", "A-1_b.x", "...", "a/.b", "..a/b"};
    static const char *const bad[] = {
        "",         "/",      "/etc/passwd", "a/",   "a//b", "./a",   "a/./b", "a/.",  "..",
        "../a",     "a/../b", "a/..",        "a\\b", "C:/x", "a b",   "a\nb",  "a\tb", "\x7f",
        "\xc3\xa9", "a:b",    "~/a",         "a*",   "a?b",  "a%2fb", "a\"b",
    };
    for (size_t i = 0; i < MB_LEN(good); i++)
        assert_int_equal(mb_files_check_path(mb_str_c(good[i]), NULL), 0);
    for (size_t i = 0; i < MB_LEN(bad); i++) {
        struct mb_err err = {0};
        assert_int_equal(mb_files_check_path(mb_str_c(bad[i]), &err), -MB_E_INVALID_PACKAGE);
        assert_null(strpbrk(err.message, "\n\t"));
    }
    assert_int_not_equal(mb_files_check_path(MB_STR("a\0b"), NULL), 0);
}

static void a_path_has_a_longest(void **state)
{
    (void)state;
    char path[MB_FILES_PATH_CHARS + 1];
    memset(path, 'a', sizeof(path));
    assert_int_equal(mb_files_check_path(MB_STR_OF(path, MB_FILES_PATH_CHARS), NULL), 0);
    assert_int_not_equal(mb_files_check_path(MB_STR_OF(path, MB_FILES_PATH_CHARS + 1), NULL), 0);
}

static void files_are_sorted_and_found(void **state)
{
    (void)state;
    struct mb_files files = {0};
    static const char *const paths[] = {"main.lua", "a/z", "a.b", "a-b", "a/b", "agent.json"};
    for (size_t i = 0; i < MB_LEN(paths); i++)
        assert_int_equal(add(&files, paths[i], paths[i]), 0);
    for (size_t i = 1; i < files.count; i++)
        assert_true(strcmp(files.list[i - 1].path, files.list[i].path) < 0);
    for (size_t i = 0; i < MB_LEN(paths); i++)
        assert_string_equal(mb_files_get(&files, paths[i])->bytes, paths[i]);
    assert_null(mb_files_get(&files, "a"));
    assert_null(mb_files_get(&files, "zzz"));
    mb_files_release(&files);
}

static void refuses_a_path_twice_and_a_file_under_a_file(void **state)
{
    (void)state;
    struct mb_files files = {0};
    struct mb_err err;
    assert_int_equal(add(&files, "a/b", ""), 0);
    assert_int_equal(add(&files, "a-x", ""), 0);
    assert_int_equal(add(&files, "a/b", "other"), -MB_E_INVALID_PACKAGE);
    assert_int_equal(add(&files, "a", ""), -MB_E_INVALID_PACKAGE);
    assert_int_equal(mb_files_add(&files, MB_STR("a/b/c"), MB_STR(""), &err),
                     -MB_E_INVALID_PACKAGE);
    assert_string_equal(err.pointer, "a/b/c");
    assert_int_equal(add(&files, "a/bc", ""), 0);
    assert_int_equal(files.count, 3);
    mb_files_release(&files);
}

static void refuses_what_is_over_a_cap(void **state)
{
    (void)state;
    struct mb_files files = {0};
    char *big = calloc(1, MB_FILES_FILE_BYTES + 1);
    char path[16];
    assert_int_equal(
        mb_files_add(&files, MB_STR("big"), MB_STR_OF(big, MB_FILES_FILE_BYTES + 1), NULL),
        -MB_E_TOO_LARGE);
    for (int i = 0; i < MB_FILES_TOTAL_BYTES / MB_FILES_FILE_BYTES; i++) {
        snprintf(path, sizeof(path), "f%d", i);
        assert_int_equal(
            mb_files_add(&files, mb_str_c(path), MB_STR_OF(big, MB_FILES_FILE_BYTES), NULL), 0);
    }
    assert_int_equal(add(&files, "one_more", "x"), -MB_E_TOO_LARGE);
    assert_int_equal(add(&files, "empty", ""), 0);
    mb_files_release(&files);
    for (int i = 0; i < MB_FILES_MAX; i++) {
        snprintf(path, sizeof(path), "f%d", i);
        assert_int_equal(add(&files, path, ""), 0);
    }
    assert_int_equal(add(&files, "one_more", ""), -MB_E_TOO_LARGE);
    mb_files_release(&files);
    free(big);
}

static void the_hash_is_that_of_paths_lengths_and_contents(void **state)
{
    (void)state;
    struct mb_files files = {0};
    uint8_t ours[MB_SHA256_BYTES], expected[MB_SHA256_BYTES];
    add(&files, "main.lua", "return 1");
    add(&files, "agent.json", "{}");
    mb_files_hash(&files, ours);
    mb_sha256(MB_STR("agent.json\0"
                     "2\0"
                     "{}"
                     "main.lua\0"
                     "8\0"
                     "return 1"),
              expected);
    assert_memory_equal(ours, expected, sizeof(ours));
    mb_files_release(&files);
}

static void the_hash_does_not_depend_on_the_order_of_adding(void **state)
{
    (void)state;
    struct mb_files a = {0}, b = {0}, c = {0};
    uint8_t hash_a[MB_SHA256_BYTES], hash_b[MB_SHA256_BYTES], hash_c[MB_SHA256_BYTES];
    add(&a, "x", "1"), add(&a, "y", "2");
    add(&b, "y", "2"), add(&b, "x", "1");
    add(&c, "x", "12"), add(&c, "y", "");
    mb_files_hash(&a, hash_a);
    mb_files_hash(&b, hash_b);
    mb_files_hash(&c, hash_c);
    assert_memory_equal(hash_a, hash_b, sizeof(hash_a));
    assert_memory_not_equal(hash_a, hash_c, sizeof(hash_a));
    mb_files_release(&a);
    mb_files_release(&b);
    mb_files_release(&c);
}

/* -- folders ------------------------------------------------------------------------------- */

static char root[64];

static void in_root(char *out, const char *path)
{
    snprintf(out, 200, "%s/%s", root, path);
}

static void put(const char *path, const char *text)
{
    char full[200];
    in_root(full, path);
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void make_folder(const char *path)
{
    char full[200];
    in_root(full, path);
    assert_int_equal(mkdir(full, 0700), 0);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(root, "/tmp/mb_files_XXXXXX");
    assert_non_null(mkdtemp(root));
    put("main.lua", "return 1");
    make_folder("prompts");
    put("prompts/system.md", "Be kind.");
    return 0;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(root, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static int read_root(struct mb_files *files, struct mb_err *err)
{
    return mb_files_read_dir(files, root, err);
}

static void a_folder_is_read_with_what_is_under_it(void **state)
{
    (void)state;
    struct mb_files files = {0};
    put("empty", "");
    assert_int_equal(read_root(&files, NULL), 0);
    assert_int_equal(files.count, 3);
    assert_string_equal(mb_files_get(&files, "prompts/system.md")->bytes, "Be kind.");
    assert_int_equal(mb_files_get(&files, "empty")->len, 0);
    mb_files_release(&files);
}

static void names_that_begin_with_a_dot_are_left_out(void **state)
{
    (void)state;
    struct mb_files files = {0};
    put(".env", "SECRET=1");
    make_folder(".git");
    put(".git/config", "x");
    put("prompts/.swp", "x");
    assert_int_equal(read_root(&files, NULL), 0);
    assert_int_equal(files.count, 2);
    mb_files_release(&files);
}

static void links_are_refused_wherever_they_lead(void **state)
{
    (void)state;
    static const char *const targets[] = {"/etc/passwd", "main.lua", "prompts", "nowhere", ".."};
    for (size_t i = 0; i < MB_LEN(targets); i++) {
        struct mb_files files = {0};
        struct mb_err err;
        char full[200];
        in_root(full, "prompts/link");
        assert_int_equal(symlink(targets[i], full), 0);
        assert_int_equal(read_root(&files, &err), -MB_E_INVALID_PACKAGE);
        assert_string_equal(err.pointer, "prompts/link");
        unlink(full);
        mb_files_release(&files);
    }
}

static void a_pipe_is_refused_and_not_waited_for(void **state)
{
    (void)state;
    struct mb_files files = {0};
    char full[200];
    in_root(full, "pipe");
    assert_int_equal(mkfifo(full, 0600), 0);
    assert_int_equal(read_root(&files, NULL), -MB_E_INVALID_PACKAGE);
    mb_files_release(&files);
}

static void a_name_that_is_no_path_is_refused(void **state)
{
    (void)state;
    struct mb_files files = {0};
    put("a b.lua", "");
    assert_int_equal(read_root(&files, NULL), -MB_E_INVALID_PACKAGE);
    mb_files_release(&files);
}

static void a_file_over_its_cap_is_refused(void **state)
{
    (void)state;
    struct mb_files files = {0};
    struct mb_err err;
    char full[200];
    put("large", "");
    in_root(full, "large");
    assert_int_equal(truncate(full, 50LL * 1024 * 1024), 0);
    assert_int_equal(read_root(&files, &err), -MB_E_TOO_LARGE);
    assert_string_equal(err.pointer, "large");
    mb_files_release(&files);
}

static void folders_have_a_greatest_depth(void **state)
{
    (void)state;
    struct mb_files files = {0};
    char path[64] = "";
    for (size_t i = 0; i < 20; i++) {
        snprintf(path + 2 * i, sizeof(path) - 2 * i, i ? "/d" : "dd");
        make_folder(path);
    }
    assert_int_equal(read_root(&files, NULL), -MB_E_INVALID_PACKAGE);
    mb_files_release(&files);
}

static void a_folder_that_is_not_there_is_an_io_error(void **state)
{
    (void)state;
    struct mb_files files = {0};
    struct mb_err err;
    assert_int_equal(mb_files_read_dir(&files, "/nowhere/at/all", &err), -MB_E_IO);
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
    char full[200];
    in_root(full, "main.lua");
    assert_int_equal(mb_files_read_dir(&files, full, &err), -MB_E_IO);
}

#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void as_json_each_path_has_its_text(void **state)
{
    (void)state;
    struct mb_files files = {0};
    struct mb_buf text = {0};
    struct mb_err err;
    mb_files_json(&files, &text);
    assert_int_equal(mb_files_add(&files, MB_STR("b"), MB_STR("\"\n"), &err), 0);
    assert_int_equal(mb_files_add(&files, MB_STR("a/c"), MB_STR(""), &err), 0);
    mb_files_json(&files, &text);
    assert_string_equal(mb_buf_cstr(&text), "{}{\"a/c\":\"\",\"b\":\"\\\"\\n\"}");
    mb_buf_release(&text);
    mb_files_release(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_good_paths_and_refuses_bad_ones),
        cmocka_unit_test(a_path_has_a_longest),
        cmocka_unit_test(files_are_sorted_and_found),
        cmocka_unit_test(refuses_a_path_twice_and_a_file_under_a_file),
        cmocka_unit_test(refuses_what_is_over_a_cap),
        cmocka_unit_test(the_hash_is_that_of_paths_lengths_and_contents),
        cmocka_unit_test(the_hash_does_not_depend_on_the_order_of_adding),
        DIR_TEST(a_folder_is_read_with_what_is_under_it),
        DIR_TEST(names_that_begin_with_a_dot_are_left_out),
        DIR_TEST(links_are_refused_wherever_they_lead),
        DIR_TEST(a_pipe_is_refused_and_not_waited_for),
        DIR_TEST(a_name_that_is_no_path_is_refused),
        DIR_TEST(a_file_over_its_cap_is_refused),
        DIR_TEST(folders_have_a_greatest_depth),
        DIR_TEST(a_folder_that_is_not_there_is_an_io_error),
        cmocka_unit_test(as_json_each_path_has_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
