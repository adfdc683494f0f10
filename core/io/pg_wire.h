/* Facts of PostgreSQL's binary formats that encoder and decoder share. */
#ifndef MB_IO_PG_WIRE_H
#define MB_IO_PG_WIRE_H

#include <stdint.h>

/* 2000-01-01T00:00:00Z in Unix microseconds: where timestamptz counts from. */
#define MB_PG_EPOCH_US INT64_C(946684800000000)

/* An array: dimensions, has-null flag, element OID, then length and lower bound of each dimension;
 * an empty one has no dimension. */
enum { MB_PG_ARRAY_EMPTY_BYTES = 12, MB_PG_ARRAY_HEAD_BYTES = 20 };

#endif
