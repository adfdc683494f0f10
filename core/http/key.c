#include "http/key.h"

#include <ctype.h>
#include <string.h>

#include "base/b64.h"
#include "base/id.h"
#include "base/secret.h"

void mb_key_new(struct mb_key *key)
{
    char bytes[32];
    struct mb_buf text = {0};
    mb_random(bytes, sizeof(bytes));
    mb_buf_add_c(&text, "mb_");
    mb_b64_encode(&text, MB_B64_URL, MB_STR_OF(bytes, sizeof(bytes)));
    mb_assert(mb_buf_len(&text) == MB_KEY_CHARS);
    memcpy(key->text, mb_buf_cstr(&text), MB_KEY_CHARS + 1);
    memcpy(key->prefix, key->text, MB_KEY_PREFIX_CHARS);
    key->prefix[MB_KEY_PREFIX_CHARS] = '\0';
    mb_sha256(MB_STR_OF(key->text, MB_KEY_CHARS), key->sha256);
    mb_wipe(bytes, sizeof(bytes));
    mb_wipe(mb_buf_head(&text), mb_buf_len(&text));
    mb_buf_release(&text);
}

bool mb_key_is_wellformed(struct mb_str text)
{
    if (text.len != MB_KEY_CHARS || memcmp(text.ptr, "mb_", 3) != 0)
        return false;
    for (size_t i = 3; i < text.len; i++)
        if (!isalnum((unsigned char)text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '_')
            return false;
    return true;
}
