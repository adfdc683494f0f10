/* A package's files as what a catalogue or the database takes: its manifest, its files as JSON, its
 * list of tools, its hash. */
#ifndef MB_RUN_BUNDLE_H
#define MB_RUN_BUNDLE_H

#include <jansson.h>

#include "base/buf.h"
#include "base/files.h"

enum { MB_BUNDLE_TOOLS = 256 };

struct mb_bundle {
    json_t *manifest;
    /* borrowed from the files and the manifest; a NUL follows manifest_text */
    struct mb_str manifest_text, name, version;
    struct mb_str tools[MB_BUNDLE_TOOLS];
    int n_tools;
    struct mb_buf files; /* {"path": "text"}; a NUL follows it */
    uint8_t sha256[MB_SHA256_BYTES];
};

/* The files have to outlive the bundle. INVALID_PACKAGE or INVALID_JSON when there is no manifest
 * that can be read; whether it is right is not judged here. */
int mb_bundle_init(struct mb_bundle *bundle, const struct mb_files *files,
                   struct mb_err *err) MB_MUST_CHECK;
void mb_bundle_release(struct mb_bundle *bundle);

#endif
