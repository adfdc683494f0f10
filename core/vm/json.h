/* JSON between Lua and the socket. Reading is lua-cjson's; writing is ours, because what leaves the
 * sandbox has sorted keys, bounds, and errors that name the value at fault.
 *
 * The same in both directions: objects are tables with string keys; arrays are tables with the keys
 * 1 to n; an empty table is an object unless it carries the array mark (moon.json.array; what was
 * read as [] carries it). null is the light userdata NULL; as a member of an object that is read it
 * is left out. */
#ifndef MB_VM_JSON_H
#define MB_VM_JSON_H

#include "base/buf.h"
#include "vm/vm.h"

/* Nesting that the core takes is 64, and the frames wrap values once or twice. */
enum { MB_VM_JSON_DEPTH = 60 };

struct mb_json_fault {
    char path[160]; /* "items[3].name", "" for the value itself */
    char what[96];
};

/* Appends the value at `index` to `out`, using at most max_bytes. On false, `fault` is filled and
 * `out` holds part of a text. Calls no metamethods. May raise only for memory. */
bool mb_json_encode(lua_State *L, int index, struct mb_buf *out, size_t max_bytes,
                    struct mb_json_fault *fault) MB_MUST_CHECK;

/* Pushes the value of `text`; raises an error (a string) when it is no JSON, nests too deep, or
 * its values would not fit into the heap's cap (then the heap counts it as refused). */
void mb_json_decode(lua_State *L, struct mb_str text);

/* Loads cjson, and makes the array mark. At the vm's start. */
void mb_json_open(lua_State *L, struct mb_vm *vm);

#endif
