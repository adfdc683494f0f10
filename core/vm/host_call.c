/* What a run asks of the core and tells it: CALL, EMIT, LOG. */
#include <string.h>

#include "ipc/frame.h"
#include "vm/failure.h"
#include "vm/host.h"
#include "vm/json.h"
#include "vm/link.h"

enum { NAME_BYTES = 64 };

/* Returns false and the error table {code = "invalid_arguments", message}. */
static int refuse(lua_State *L, const char *subject, const char *path, const char *what)
{
    lua_pushboolean(L, false);
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "invalid_arguments");
    lua_setfield(L, -2, "code");
    lua_pushfstring(L, "%s%s%s %s", subject, path[0] ? ": " : "", path, what);
    lua_setfield(L, -2, "message");
    return 2;
}

static bool is_name(const char *name, size_t len)
{
    if (len == 0 || len > NAME_BYTES)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", name[i]) ||
            !name[i])
            return false;
    return true;
}

/* Appends `key` and the object at `index` to the scratch; nil counts as an empty one. */
static bool add_object(lua_State *L, const char *key, int index, struct mb_json_fault *fault)
{
    struct mb_buf *out = &mb_vm_of(L)->scratch;
    size_t most = mb_msg_rule(MB_MSG_CALL)->cap - sizeof(struct mb_msg_call) - NAME_BYTES - 32;
    mb_buf_add_c(out, key);
    if (lua_isnoneornil(L, index)) {
        mb_buf_add_c(out, "{}");
        return true;
    }
    size_t at = mb_buf_len(out);
    most -= MB_MIN(most, at);
    *fault = (struct mb_json_fault){.what = "must be a table with named fields"};
    return lua_istable(L, index) && mb_json_encode(L, index, out, most, fault) &&
           (mb_buf_head(out)[at] == '{' ||
            (*fault = (struct mb_json_fault){.what = "must be a table with named fields"}, false));
}

/* call(name, args, opts) -> ok, value once it is answered; args and opts are objects or nil. */
static int host_call(lua_State *L)
{
    struct mb_vm *vm = mb_vm_of(L);
    struct mb_task *task = vm->task;
    struct mb_json_fault fault;
    struct mb_str parts[2] = {0};
    parts[0].ptr = luaL_checklstring(L, 1, &parts[0].len);
    lua_settop(L, 3);
    if (!is_name(parts[0].ptr, parts[0].len))
        return refuse(L, "the name of a tool", "", "is 1 to 64 letters, digits, '_', '-' or '.'");
    mb_host_check_wait(L, "a call of a tool");
    mb_buf_clear(&vm->scratch);
    if (!add_object(L, "{\"args\":", 2, &fault))
        return refuse(L, "the arguments", fault.path, fault.what);
    if (!lua_isnil(L, 3) && !add_object(L, ",\"opts\":", 3, &fault))
        return refuse(L, "the options", fault.path, fault.what);
    mb_buf_add_char(&vm->scratch, '}');
    parts[1] = mb_buf_str(&vm->scratch);
    struct mb_msg_call head = {.cpu_us = task->run->cpu_us + (mb_cpu_us() - vm->slice_start_us),
                               .branch = task->stream,
                               .tool_len = (uint32_t)parts[0].len};
    task->step = ++task->run->n_calls;
    mb_frame_put(&vm->link.out, MB_MSG_CALL, task->run->slot, task->step, &head, sizeof(head),
                 parts, 2);
    mb_task_change(task, MB_TASK_CALLING);
    return mb_host_wait(L);
}

/* emit(value, is_live) -> true, or false and the error table. */
static int host_emit(lua_State *L)
{
    struct mb_vm *vm = mb_vm_of(L);
    struct mb_json_fault fault;
    uint32_t is_live = lua_toboolean(L, 2);
    lua_settop(L, 1);
    mb_buf_clear(&vm->scratch);
    if (!mb_json_encode(L, 1, &vm->scratch, mb_msg_rule(MB_MSG_EMIT)->cap, &fault))
        return refuse(L, "the event", fault.path, fault.what);
    struct mb_str json = mb_buf_str(&vm->scratch);
    mb_frame_put(&vm->link.out, MB_MSG_EMIT, vm->run->slot, is_live, NULL, 0, &json, 1);
    lua_pushboolean(L, true);
    return 1;
}

/* log(level, text): a text over the frame's cap is cut. */
static int host_log(lua_State *L)
{
    struct mb_vm *vm = mb_vm_of(L);
    lua_Integer level = luaL_checkinteger(L, 1);
    struct mb_str text;
    text.ptr = luaL_checklstring(L, 2, &text.len);
    mb_buf_clear(&vm->scratch);
    mb_failure_clean(&vm->scratch, text, mb_msg_rule(MB_MSG_LOG)->cap);
    text = mb_buf_str(&vm->scratch);
    mb_frame_put(&vm->link.out, MB_MSG_LOG, vm->run->slot, (uint32_t)level, NULL, 0, &text, 1);
    return 0;
}

/* drain(): returns when there is room for one more frame. */
static int host_drain(lua_State *L)
{
    struct mb_vm *vm = mb_vm_of(L);
    if (!mb_link_is_full(&vm->link))
        return 0;
    mb_host_check_wait(L, "sending while the output is full");
    mb_task_change(vm->task, MB_TASK_DRAINING);
    return mb_host_wait(L);
}

const luaL_Reg mb_host_call[] = {{"call", host_call},
                                 {"emit", host_emit},
                                 {"log", host_log},
                                 {"drain", host_drain},
                                 {NULL, NULL}};
