/* Workflows in files: finding them, the compiler's jobs run to their end, and folders that hold a
 * workflow in place of the package that comes of it. */
#ifndef MB_APP_WORKFLOW_H
#define MB_APP_WORKFLOW_H

#include <jansson.h>

#include "base/config.h"
#include "base/err.h"
#include "base/files.h"

/* The workflow that `path` means: a file named *.json, or workflow.json of a folder without an
 * agent.json. The caller frees it; NULL = it means none. */
char *mb_workflow_find(const char *path);

/* Compiles a file; the result (gate/workflow.h) is the caller's. Errors of the document are in it;
 * NULL with err is for all else. Starts the platform and ends it again. */
json_t *mb_workflow_compile_file(const struct mb_config *config, const char *file,
                                 struct mb_err *err) MB_MUST_CHECK;
/* Reads a package's folder back: {"document", "problems"}; the caller's. */
json_t *mb_workflow_import_dir(const struct mb_config *config, const char *dir,
                               struct mb_err *err) MB_MUST_CHECK;

/* The files of a package: those of a folder; or what comes of a workflow, with what lies beside it
 * in its folder (README.md...). A folder knowledge/<collection> becomes a demo collection of the
 * manifest. INVALID_WORKFLOW says the first error. */
int mb_package_read(const struct mb_config *config, const char *path, struct mb_files *files,
                    struct mb_err *err) MB_MUST_CHECK;

#endif
