#include "app/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

static int read_all(FILE *file, const char *what, const char *path, struct mb_buf *out,
                    struct mb_err *err)
{
    for (;;) {
        char *room = mb_buf_reserve(out, 65536);
        size_t n = fread(room, 1, 65536, file);
        mb_buf_commit(out, n);
        if (mb_buf_len(out) > MB_INPUT_BYTES)
            return mb_err_set(err, MB_E_TOO_LARGE, "%s '%s' is larger than %d bytes", what, path,
                              (int)MB_INPUT_BYTES);
        if (n == 0)
            break;
    }
    if (ferror(file))
        return mb_err_set(err, MB_E_IO, "%s '%s' cannot be read: %s", what, path, strerror(errno));
    return 0;
}

int mb_input_read(const char *path, const char *what, struct mb_buf *out, struct mb_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    if (!file)
        return mb_err_set(err, MB_E_INVALID_REQUEST, "%s '%s' cannot be opened: %s", what, path,
                          strerror(errno));
    int rc = read_all(file, what, path, out, err);
    if (!is_stdin)
        fclose(file);
    if (rc)
        return rc;
    json_t *value = mb_json_parse(mb_buf_str(out), err);
    if (!value) {
        mb_err_prefix(err, "%s '%s'", what, path);
        return -MB_E_INVALID_JSON;
    }
    json_decref(value);
    return 0;
}
