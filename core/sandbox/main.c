/* moonbase-sandbox: started by the core with a socket as descriptor 3. By hand: --probe. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sandbox/confine.h"
#include "sandbox/zygote.h"

int main(int argc, char **argv)
{
    struct stat st;
    if (argc == 2 && strcmp(argv[1], "--probe") == 0)
        return mb_zygote_probe();
    if (argc > 1 || fstat(MB_SANDBOX_FD, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        fputs("moonbase-sandbox is started by moonbase, which talks to it through descriptor 3.\n"
              "  --probe   print which protections this host gives, as JSON\n",
              stderr);
        return 2;
    }
    return mb_zygote_main();
}
