/* What is different between two JSON values, as a list of changes. */
#ifndef MB_JSON_DIFF_H
#define MB_JSON_DIFF_H

#include <jansson.h>

/* A new array of {"op": "add" | "remove" | "replace", "path", "was"?, "now"?}: `path` is a JSON
 * Pointer (RFC 6901), `was` the value in `from` and `now` the one in `to`. Members come in the
 * order of the alphabet, array entries by position. Empty when the values are equal (mb_json_eq).
 * After `most` changes the rest is left out. NULL stands for a value that is not there. */
json_t *mb_json_diff(const json_t *from, const json_t *to, size_t most);

#endif
