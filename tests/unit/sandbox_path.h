/* Where a test finds the sandbox program: $MOONBASE_SANDBOX_BINARY, else that of the same build (a
 * test is BUILD/tests/unit/FOLDER/test_x, the program BUILD/moonbase-sandbox). */
#ifndef MB_TEST_SANDBOX_PATH_H
#define MB_TEST_SANDBOX_PATH_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"

static inline char *mb_test_sandbox_path(void)
{
    const char *given = getenv("MOONBASE_SANDBOX_BINARY");
    if (given)
        return mb_strdup(given);
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);
    mb_assert(n > 0);
    path[n] = '\0';
    char *tests = strstr(path, "/tests/unit/");
    mb_assert(tests);
    memcpy(tests, "/moonbase-sandbox", sizeof("/moonbase-sandbox"));
    return mb_strdup(path);
}

#endif
