/* Where the parts of an installation are: the other program, the tools and the packages. */
#ifndef MB_APP_PATHS_H
#define MB_APP_PATHS_H

#include "base/config.h"

/* Both return a path that the caller frees, or NULL with err (CONFIG) saying where was looked. */

/* The program moonbase-sandbox: the setting, else beside this program. */
char *mb_path_sandbox(const struct mb_config *config, struct mb_err *err) MB_MUST_CHECK;
/* The folder that holds tools/ and agents/: the setting, else the nearest folder above this
 * program that has both, else /usr/share/moonbase. */
char *mb_path_home(const struct mb_config *config, struct mb_err *err) MB_MUST_CHECK;

/* "a/b" as a string that the caller frees. */
char *mb_path_join(const char *a, const char *b);

#endif
