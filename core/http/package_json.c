#include "http/package_json.h"

#include "base/id.h"
#include "base/json.h"

void mb_package_json(struct mb_buf *out, const json_t *manifest, const struct mb_files *files)
{
    uint8_t sha256[MB_SHA256_BYTES];
    char id[MB_ID_TEXT], hex[MB_SHA256_HEX];
    mb_files_hash(files, sha256);
    mb_hex(sha256, sizeof(sha256), hex);
    mb_buf_addf(out, "{\"id\":\"%s\",\"sha256\":\"%s\",\"manifest\":", mb_id_uuid(mb_id_new(), id),
                hex);
    mb_json_dump(out, manifest);
    mb_buf_add_c(out, ",\"files\":");
    mb_files_json(files, out);
    mb_buf_add_char(out, '}');
}
