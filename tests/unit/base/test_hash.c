#include "base/hash.h"

#include <mbedtls/md.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/id.h"
#include "base/sha256.h"

static void assert_hex(const uint8_t hash[MB_SHA256_BYTES], const char *hex)
{
    char text[MB_SHA256_HEX];
    mb_hex(hash, MB_SHA256_BYTES, text);
    assert_string_equal(text, hex);
}

/* The examples of FIPS 180-2, appendix B, and the empty text. */
static void hashes_the_published_examples(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    uint8_t hash[MB_SHA256_BYTES];
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        mb_sha256(mb_str_c(cases[i].text), hash);
        assert_hex(hash, cases[i].hex);
    }
}

static void agrees_with_the_library_at_every_length(void **state)
{
    (void)state;
    uint8_t bytes[400], ours[MB_SHA256_BYTES], theirs[MB_SHA256_BYTES];
    mb_random(bytes, sizeof(bytes));
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        mb_sha256(MB_STR_OF((const char *)bytes, len), ours);
        assert_int_equal(mbedtls_md(info, bytes, len, theirs), 0);
        assert_memory_equal(ours, theirs, sizeof(ours));
    }
}

static void the_cpus_own_instructions_agree_with_the_portable_way(void **state)
{
    (void)state;
    mb_sha256_blocks *native = mb_sha256_blocks_native();
    uint8_t bytes[64 * 5];
    uint32_t a[8], b[8];
    if (!native)
        skip();
    for (int round = 0; round < 100; round++) {
        mb_random(bytes, sizeof(bytes));
        mb_random(a, sizeof(a));
        memcpy(b, a, sizeof(a));
        native(a, bytes, 5);
        mb_sha256_blocks_portable(b, bytes, 5);
        assert_memory_equal(a, b, sizeof(a));
    }
}

static void the_parts_hash_as_the_whole(void **state)
{
    (void)state;
    char text[200];
    uint8_t whole[MB_SHA256_BYTES], parts[MB_SHA256_BYTES];
    memset(text, 'x', sizeof(text));
    mb_sha256(MB_STR_OF(text, sizeof(text)), whole);
    for (size_t cut = 0; cut <= sizeof(text); cut++) {
        struct mb_str two[] = {{text, cut}, {NULL, 0}, {text + cut, sizeof(text) - cut}};
        mb_sha256_parts(two, 3, parts);
        assert_memory_equal(whole, parts, sizeof(whole));
    }
}

/* RFC 4231, test cases 1, 2 and 6 (a key longer than a block). */
static void makes_the_published_macs(void **state)
{
    (void)state;
    char key[131];
    uint8_t mac[MB_SHA256_BYTES];
    struct mb_str hi = MB_STR("Hi There");
    memset(key, 0x0b, 20);
    mb_hmac_sha256(MB_STR_OF(key, 20), &hi, 1, mac);
    assert_hex(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    struct mb_str what[] = {MB_STR("what do ya "), MB_STR("want for nothing?")};
    mb_hmac_sha256(MB_STR("Jefe"), what, 2, mac);
    assert_hex(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    struct mb_str large = MB_STR("Test Using Larger Than Block-Size Key - Hash Key First");
    mb_hmac_sha256(MB_STR_OF(key, sizeof(key)), &large, 1, mac);
    assert_hex(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void compares_all_bytes(void **state)
{
    (void)state;
    assert_true(mb_ct_eq("abc", "abc", 3));
    assert_true(mb_ct_eq("abc", "abd", 2));
    assert_false(mb_ct_eq("abc", "abd", 3));
    assert_false(mb_ct_eq("xbc", "abc", 3));
    assert_true(mb_ct_eq("a", "b", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_the_published_examples),
        cmocka_unit_test(agrees_with_the_library_at_every_length),
        cmocka_unit_test(the_cpus_own_instructions_agree_with_the_portable_way),
        cmocka_unit_test(the_parts_hash_as_the_whole),
        cmocka_unit_test(makes_the_published_macs),
        cmocka_unit_test(compares_all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
