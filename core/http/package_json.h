/* A checked package as the SQL functions take it. */
#ifndef MB_HTTP_PACKAGE_JSON_H
#define MB_HTTP_PACKAGE_JSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/files.h"

/* Appends {"id", "sha256", "manifest", "files"}, with a new id. */
void mb_package_json(struct mb_buf *out, const json_t *manifest, const struct mb_files *files);

#endif
