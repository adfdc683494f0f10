/* The server of the io tests, for this folder too. */
#include "unit/io/httpd.c"
