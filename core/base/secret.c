#include "base/secret.h"

#include <mbedtls/gcm.h>
#include <mbedtls/platform_util.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/b64.h"
#include "base/hash.h"
#include "base/id.h"

enum { KEY_BYTES = 32, NONCE_BYTES = 12, TAG_BYTES = 16 };

struct master_key {
    char id[MB_KEY_ID_CHARS + 1];
    mbedtls_gcm_context gcm;
};

struct mb_keyring {
    struct master_key keys[MB_KEYRING_KEYS];
    size_t count;
};

void mb_wipe(void *bytes, size_t n)
{
    if (n)
        mbedtls_platform_zeroize(bytes, n);
}

void mb_secret_release(struct mb_secret *s)
{
    mb_wipe(s->ptr, s->len);
    free(s->ptr);
    *s = (struct mb_secret){0};
}

void mb_secret_set(struct mb_secret *s, struct mb_str bytes)
{
    char *copy = mb_strndup(bytes.ptr, bytes.len);
    mb_secret_release(s);
    *s = (struct mb_secret){copy, bytes.len};
}

struct mb_str mb_secret_str(const struct mb_secret *s)
{
    return MB_STR_OF(s->ptr ? s->ptr : "", s->len);
}

/* 64 hex digits, or base64 with or without its one sign of padding. */
static bool read_key(struct mb_str text, uint8_t key[KEY_BYTES])
{
    if (text.len == 2 * KEY_BYTES)
        return mb_unhex(text, key, KEY_BYTES);
    struct mb_buf raw = {0};
    bool padded = text.len == 44;
    bool ok = mb_b64_decode(&raw, padded ? MB_B64_STD : MB_B64_URL, text) &&
              mb_buf_len(&raw) == KEY_BYTES;
    if (ok)
        memcpy(key, mb_buf_head(&raw), KEY_BYTES);
    mb_wipe(raw.data, raw.cap);
    mb_buf_release(&raw);
    return ok;
}

static void derive_id(const uint8_t key[KEY_BYTES], char id[MB_KEY_ID_CHARS + 1])
{
    uint8_t mac[MB_SHA256_BYTES];
    struct mb_str label = MB_STR("moonbase master key id");
    mb_hmac_sha256(MB_STR_OF((const char *)key, KEY_BYTES), &label, 1, mac);
    mb_hex(mac, 4, id);
}

static bool is_key_id(struct mb_str id)
{
    if (!id.len || id.len > MB_KEY_ID_CHARS)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!mb_is_letter(c) && !mb_is_digit(c) && c != '_' && c != '-')
            return false;
    }
    return true;
}

static struct master_key *find_key(struct mb_keyring *ring, struct mb_str id)
{
    for (size_t i = 0; i < ring->count; i++)
        if (mb_str_is(id, ring->keys[i].id))
            return &ring->keys[i];
    return NULL;
}

/* One "id:key" or "key". */
static int add_key(struct mb_keyring *ring, struct mb_str word, struct mb_err *err)
{
    uint8_t bytes[KEY_BYTES];
    size_t number = ring->count + 1;
    struct mb_str id = {0}, text = word;
    const char *colon = memchr(word.ptr, ':', word.len);
    if (number > MB_KEYRING_KEYS)
        return mb_err_set(err, MB_E_CONFIG, "there are more than %d master keys", MB_KEYRING_KEYS);
    if (colon) {
        id = MB_STR_OF(word.ptr, (size_t)(colon - word.ptr));
        text = MB_STR_OF(colon + 1, word.len - id.len - 1);
        if (!is_key_id(id))
            return mb_err_set(err, MB_E_CONFIG,
                              "the id of master key %zu must be 1 to %d letters, digits, _ or -",
                              number, MB_KEY_ID_CHARS);
    }
    if (!read_key(text, bytes))
        return mb_err_set(err, MB_E_CONFIG,
                          "master key %zu must be 32 bytes, as 64 lower-case hex digits or base64",
                          number);
    struct master_key *key = &ring->keys[ring->count];
    if (colon) {
        memcpy(key->id, id.ptr, id.len);
        key->id[id.len] = '\0';
    } else {
        derive_id(bytes, key->id);
    }
    if (find_key(ring, mb_str_c(key->id))) {
        mb_wipe(bytes, sizeof(bytes));
        return mb_err_set(err, MB_E_CONFIG, "two master keys have the id \"%s\"", key->id);
    }
    mbedtls_gcm_init(&key->gcm);
    mb_assert(mbedtls_gcm_setkey(&key->gcm, MBEDTLS_CIPHER_ID_AES, bytes, 8 * KEY_BYTES) == 0);
    ring->count++;
    mb_wipe(bytes, sizeof(bytes));
    return 0;
}

struct mb_keyring *mb_keyring_new(struct mb_str text, struct mb_err *err)
{
    static const char between[] = ", \t\r\n";
    struct mb_keyring *ring = mb_zalloc(sizeof(*ring));
    size_t at = 0;
    while (at < text.len) {
        size_t from = at;
        while (at < text.len && !memchr(between, text.ptr[at], sizeof(between) - 1))
            at++;
        if (at > from && add_key(ring, MB_STR_OF(text.ptr + from, at - from), err) < 0) {
            mb_keyring_free(ring);
            return NULL;
        }
        at++;
    }
    if (ring->count)
        return ring;
    mb_err_set(err, MB_E_CONFIG, "there is no master key");
    mb_keyring_free(ring);
    return NULL;
}

void mb_keyring_free(struct mb_keyring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < ring->count; i++)
        mbedtls_gcm_free(&ring->keys[i].gcm); /* zeroes it */
    mb_wipe(ring, sizeof(*ring));
    free(ring);
}

int mb_seal(struct mb_keyring *ring, struct mb_str context, struct mb_str plain, struct mb_buf *out,
            struct mb_err *err)
{
    struct master_key *key = &ring->keys[0];
    uint8_t nonce[NONCE_BYTES];
    if (plain.len > MB_SECRET_BYTES)
        return mb_err_set(err, MB_E_TOO_LARGE, "a secret has at most %d bytes", MB_SECRET_BYTES);
    mb_random(nonce, sizeof(nonce));
    size_t len = plain.len + TAG_BYTES;
    uint8_t *cipher = mb_alloc(len);
    mb_assert(mbedtls_gcm_crypt_and_tag(&key->gcm, MBEDTLS_GCM_ENCRYPT, plain.len, nonce,
                                        sizeof(nonce), (const uint8_t *)context.ptr, context.len,
                                        (const uint8_t *)plain.ptr, cipher, TAG_BYTES,
                                        cipher + plain.len) == 0);
    mb_buf_addf(out, "v1.%s.", key->id);
    mb_b64_encode(out, MB_B64_URL, MB_STR_OF((const char *)nonce, sizeof(nonce)));
    mb_buf_add_char(out, '.');
    mb_b64_encode(out, MB_B64_URL, MB_STR_OF((const char *)cipher, len));
    free(cipher);
    return 0;
}

/* Takes the text up to the next dot off *rest. */
static bool next_part(struct mb_str *rest, struct mb_str *part)
{
    const char *dot = rest->len ? memchr(rest->ptr, '.', rest->len) : NULL;
    if (!dot)
        return false;
    *part = MB_STR_OF(rest->ptr, (size_t)(dot - rest->ptr));
    *rest = MB_STR_OF(dot + 1, rest->len - part->len - 1);
    return true;
}

/* raw: the nonce, then ciphertext and tag. */
static int decrypt(struct master_key *key, struct mb_str context, struct mb_str raw,
                   struct mb_secret *out, struct mb_err *err)
{
    const uint8_t *nonce = (const uint8_t *)raw.ptr, *cipher = nonce + NONCE_BYTES;
    size_t len = raw.len - NONCE_BYTES - TAG_BYTES;
    struct mb_secret plain = {mb_zalloc(len + 1), len};
    int rc = mbedtls_gcm_auth_decrypt(&key->gcm, len, nonce, NONCE_BYTES,
                                      (const uint8_t *)context.ptr, context.len, cipher + len,
                                      TAG_BYTES, cipher, (uint8_t *)plain.ptr);
    if (rc) {
        mb_secret_release(&plain);
        return mb_err_set(
            err, MB_E_INTERNAL,
            "a sealed value does not open: it was altered, or sealed for another use");
    }
    mb_secret_release(out);
    *out = plain;
    return 0;
}

int mb_open(struct mb_keyring *ring, struct mb_str context, struct mb_str sealed,
            struct mb_secret *out, bool *stale, struct mb_err *err)
{
    struct mb_str version, id, nonce, cipher = sealed;
    if (!next_part(&cipher, &version) || !mb_str_is(version, "v1") || !next_part(&cipher, &id) ||
        !next_part(&cipher, &nonce) || !is_key_id(id))
        return mb_err_set(err, MB_E_INTERNAL, "a sealed value is not in the form \"v1...\"");
    struct master_key *key = find_key(ring, id);
    if (!key)
        return mb_err_set(err, MB_E_CONFIG, "the master key \"%.*s\" is not in the keyring",
                          MB_STR_ARG(id));
    struct mb_buf raw = {0};
    int rc;
    if (!mb_b64_decode(&raw, MB_B64_URL, nonce) || mb_buf_len(&raw) != NONCE_BYTES ||
        !mb_b64_decode(&raw, MB_B64_URL, cipher) || mb_buf_len(&raw) < NONCE_BYTES + TAG_BYTES)
        rc = mb_err_set(err, MB_E_INTERNAL, "a sealed value is not in the form \"v1...\"");
    else
        rc = decrypt(key, context, mb_buf_str(&raw), out, err);
    mb_buf_release(&raw);
    if (rc == 0 && stale)
        *stale = key != &ring->keys[0];
    return rc;
}
