/* Secrets: a type of their own, and sealing them for the database.
 *
 * A sealed value is "v1.<key id>.<nonce>.<ciphertext and tag>", the last two in base64url:
 * AES-256-GCM (NIST SP 800-38D) under a master key of the keyring, with a random nonce of 96 bits
 * and the caller's context as additional data. So it opens only where it was sealed for. A key may
 * seal 2^32 values before random nonces become unsafe. */
#ifndef MB_SECRET_H
#define MB_SECRET_H

#include "base/buf.h"
#include "base/err.h"

enum {
    MB_SECRET_BYTES = 64 * 1024, /* the longest secret */
    MB_KEY_ID_CHARS = 16,        /* the longest key id: [A-Za-z0-9_-]+ */
    MB_KEYRING_KEYS = 8,
};

/* Owns its bytes, which are zeroed when it is released. Never print, log or copy them. Zero-
 * initialised is empty and valid. */
struct mb_secret {
    char *ptr;
    size_t len;
};

void mb_secret_set(struct mb_secret *s, struct mb_str bytes); /* copies; drops what was there */
void mb_secret_release(struct mb_secret *s);
/* Borrows until the secret is set or released; a NUL follows the bytes. */
struct mb_str mb_secret_str(const struct mb_secret *s);

/* Zeroes memory in a way that the compiler may not leave out. */
void mb_wipe(void *bytes, size_t n);

struct mb_keyring;

/* Reads master keys: "id:key" or "key", several separated by commas or white space, the newest
 * first. A key is 32 bytes in hex or base64; a key without an id gets one derived from it, which
 * stays the same. To rotate, put a new key in front and keep the old ones until everything is
 * sealed again. NULL with CONFIG; the message never holds the key. */
struct mb_keyring *mb_keyring_new(struct mb_str text, struct mb_err *err) MB_MUST_CHECK;
void mb_keyring_free(struct mb_keyring *ring); /* takes NULL */

/* Appends the sealed form of `plain`, made with the newest key. TOO_LARGE above MB_SECRET_BYTES.
 * The context names the one place where it may be opened, as "<customer id>/<secret's name>". */
int mb_seal(struct mb_keyring *ring, struct mb_str context, struct mb_str plain, struct mb_buf *out,
            struct mb_err *err) MB_MUST_CHECK;
/* Opens into *out with whichever key sealed it; *stale (may be NULL) tells that it was not the
 * newest, so that it is to be sealed again. CONFIG when that key is not in the ring, INTERNAL when
 * the text is not a sealed value, was altered, or was sealed for another context. */
int mb_open(struct mb_keyring *ring, struct mb_str context, struct mb_str sealed,
            struct mb_secret *out, bool *stale, struct mb_err *err) MB_MUST_CHECK;

#endif
