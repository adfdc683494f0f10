/* A platform for tests that run a sandbox: its program is $MOONBASE_SANDBOX_BINARY, else that of
 * the same build (a test is BUILD/tests/unit/FOLDER/test_x, the program BUILD/moonbase-sandbox). */
#ifndef MB_TEST_PLATFORM_H
#define MB_TEST_PLATFORM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/platform.h"

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

/* With the default settings. Both are to be released. */
static inline void mb_test_platform_init(struct mb_platform *p, struct mb_config *c)
{
    struct mb_err err = {0};
    mb_config_init(c);
    free(c->sandbox_binary);
    c->sandbox_binary = mb_test_sandbox_path();
    if (mb_platform_init(p, c, &err))
        fail_msg("%s", err.message);
}

#endif
