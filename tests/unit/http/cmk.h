/* cmocka and what has to come before it. */
#ifndef CMK_H
#define CMK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
