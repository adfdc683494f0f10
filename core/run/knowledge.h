/* The documents that a package ships for its demonstration: Markdown files in the folders that its
 * manifest's "knowledge" names, as the API's documents. */
#ifndef MB_RUN_KNOWLEDGE_H
#define MB_RUN_KNOWLEDGE_H

#include <jansson.h>

#include "base/files.h"

/* One file: {"id", "title", "body", "metadata"}. The id is the file's name without ".md", the title
 * its first heading, metadata the "key: value" lines between "---" at its top. A new reference. */
json_t *mb_knowledge_document(const char *name, struct mb_str text);

/* All of a package: [{"collection", "documents": [...]}...]. A new reference; empty when the
 * manifest names none. */
json_t *mb_knowledge_read(const struct mb_files *files, const json_t *manifest);

#endif
