/* The process that all sandboxes are forked from. It runs no customer's code and hears only the
 * core. */
#ifndef MB_SANDBOX_ZYGOTE_H
#define MB_SANDBOX_ZYGOTE_H

#include "sandbox/got.h"

/* Serves FORK frames on descriptor 3 until its end. Returns the process's exit code. */
int mb_zygote_main(void);

/* Prints one JSON object that says which protections this host gives. Returns an exit code: 0 when
 * those that no sandbox goes without are there. */
int mb_zygote_probe(void);

#endif
