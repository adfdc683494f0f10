#include "vm/failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/utf8.h"
#include "ipc/frame.h"
#include "vm/json.h"

enum {
    MESSAGE_BYTES = 4 * 1024,  /* of an error's text; JSON may make six of each */
    DETAILS_BYTES = 32 * 1024, /* of an error's details, as JSON */
    TRACE_FRAMES = 8,
};

static bool is_customers(const lua_Debug *ar)
{
    return ar->source[0] == '@' && ar->currentline > 0;
}

void mb_failure_place(lua_State *L, struct mb_place *place)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        if (!lua_getinfo(L, "Sl", &ar) || !is_customers(&ar))
            continue;
        snprintf(place->file, sizeof(place->file), "%s", ar.source + 1);
        place->line = ar.currentline;
        return;
    }
}

void mb_failure_note(struct mb_run *run, lua_State *co)
{
    run->raised_place = (struct mb_place){0};
    run->raised = lua_topointer(co, -1);
    if (run->raised)
        mb_failure_place(co, &run->raised_place);
}

void mb_failure_clean(struct mb_buf *out, struct mb_str text, size_t max_bytes)
{
    const char *p = text.ptr, *end = text.ptr + MB_MIN(text.len, max_bytes);
    while (p < end) {
        size_t n = *p ? mb_utf8_char(p, (size_t)(end - p)) : 0;
        if (n)
            mb_buf_add(out, p, n);
        else
            mb_buf_add_char(out, '?');
        p += n ? n : 1;
    }
}

static void add_text(struct mb_buf *out, const char *key, struct mb_str text)
{
    struct mb_buf clean = {0};
    mb_failure_clean(&clean, text, MESSAGE_BYTES);
    mb_buf_addf(out, ",\"%s\":", key);
    mb_buf_add_json_str(out, mb_buf_str(&clean));
    mb_buf_release(&clean);
}

static void add_place(struct mb_buf *out, const struct mb_place *place)
{
    if (!place || !place->line)
        return;
    add_text(out, "file", mb_str_c(place->file));
    mb_buf_addf(out, ",\"line\":%d", place->line);
}

/* A code that may stand in a run's record. */
static bool is_code(struct mb_str s)
{
    if (s.len == 0 || s.len > 48)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_.", s.ptr[i]))
            return false;
    return true;
}

/* Is it one of the files that the kit is made of? */
static bool is_platforms(const struct mb_vm *vm, const char *file)
{
    if (strncmp(file, "host/", 5) != 0 && strncmp(file, "moon/", 5) != 0)
        return false;
    for (const struct mb_embed *f = vm->files; f->name; f++)
        if (strcmp(f->name, file) == 0)
            return true;
    return false;
}

/* Takes "file:line: " off the front of a message, as Lua puts it there. A place in the kit is not
 * told: the customer's own line that led there is found on the stack. */
static struct mb_str split_place(const struct mb_vm *vm, struct mb_str message,
                                 struct mb_place *place)
{
    const char *p = message.ptr, *end = p + message.len;
    const char *colon = memchr(p, ':', message.len);
    size_t file_len = colon ? (size_t)(colon - p) : 0;
    if (file_len == 0 || file_len >= sizeof(place->file) || !memchr("0123456789", colon[1], 10))
        return message;
    char *after;
    long line = strtol(colon + 1, &after, 10); /* Lua's strings end with a NUL */
    if (end - after < 2 || after[0] != ':' || after[1] != ' ' || line < 1 || line > 1 << 24)
        return message;
    for (const char *c = p; c < colon; c++)
        if (*c == ' ' || *c == '\n' || *c == '[' || *c == '=')
            return message;
    memcpy(place->file, p, file_len);
    place->file[file_len] = '\0';
    place->line = is_platforms(vm, place->file) ? 0 : (int)line;
    return MB_STR_OF(after + 2, (size_t)(end - after - 2));
}

/* What an error value says of itself. Strings are borrowed from it. */
struct telling {
    struct mb_str code, message;
    bool retryable;
    struct mb_place place;
    int details; /* stack index, 0 = none */
};

static struct mb_str raw_string(lua_State *L, int table, const char *key)
{
    struct mb_str s = {0};
    lua_pushstring(L, key);
    lua_rawget(L, table);
    if (lua_type(L, -1) == LUA_TSTRING)
        s.ptr = lua_tolstring(L, -1, &s.len);
    lua_pop(L, 1); /* the table keeps it */
    return s;
}

static void read_table(lua_State *L, int error, struct telling *t)
{
    t->code = raw_string(L, error, "code");
    t->message = raw_string(L, error, "message");
    lua_pushliteral(L, "retryable");
    lua_rawget(L, error);
    t->retryable = lua_toboolean(L, -1);
    lua_pop(L, 1);
    lua_pushliteral(L, "details");
    lua_rawget(L, error);
    if (lua_isnil(L, -1))
        lua_pop(L, 1);
    else
        t->details = lua_gettop(L);
}

static void read_error(lua_State *L, int error, struct telling *t)
{
    if (lua_istable(L, error)) {
        read_table(L, error, t);
    } else if (lua_isstring(L, error)) {
        t->message.ptr = lua_tolstring(L, error, &t->message.len);
        t->message = split_place(mb_vm_of(L), t->message, &t->place);
    } else {
        t->message.ptr = lua_pushfstring(L, "error value is a %s", luaL_typename(L, error));
        t->message.len = strlen(t->message.ptr);
    }
    if (!is_code(t->code))
        t->code = MB_STR("agent_error");
    if (!t->message.ptr)
        t->message = MB_STR("the agent failed");
}

static void add_details(lua_State *L, int index, struct mb_buf *out)
{
    struct mb_json_fault fault;
    size_t before = mb_buf_len(out);
    mb_buf_add_c(out, ",\"details\":");
    if (!mb_json_encode(L, index, out, DETAILS_BYTES, &fault))
        out->end = out->start + before;
}

static void add_traceback(lua_State *co, struct mb_buf *out)
{
    lua_Debug ar;
    int n = 0;
    for (int level = 0; n < TRACE_FRAMES && lua_getstack(co, level, &ar); level++) {
        if (!lua_getinfo(co, "Sln", &ar) || !is_customers(&ar))
            continue;
        struct mb_buf line = {0};
        mb_buf_addf(&line, "%.63s:%d", ar.source + 1, ar.currentline);
        if (ar.name)
            mb_buf_addf(&line, " in %.63s", ar.name);
        struct mb_buf clean = {0};
        mb_failure_clean(&clean, mb_buf_str(&line), MESSAGE_BYTES);
        mb_buf_add_c(out, n++ ? "," : ",\"traceback\":[");
        mb_buf_add_json_str(out, mb_buf_str(&clean));
        mb_buf_release(&clean);
        mb_buf_release(&line);
    }
    if (n)
        mb_buf_add_char(out, ']');
}

static void put_fail(struct mb_run *run, struct mb_buf *json)
{
    struct mb_msg_end end = {.cpu_us = run->cpu_us, .memory_bytes = run->vm->heap.used};
    struct mb_str part = mb_buf_str(json);
    mb_frame_put(&run->vm->link.out, MB_MSG_FAIL, run->slot, 0, &end, sizeof(end), &part, 1);
}

struct telling_job {
    struct mb_run *run;
    lua_State *co;
};

/* Protected; the error value is on top of job->co. */
static int send_raised(lua_State *L)
{
    struct telling_job *job = lua_touserdata(L, 1);
    struct mb_run *run = job->run;
    struct mb_buf *out = &run->vm->scratch;
    struct telling t = {0};
    lua_xmove(job->co, L, 1); /* pops only: an overflown stack takes no push */
    int error = lua_gettop(L);
    read_error(L, error, &t);
    if (!t.place.line && run->raised && run->raised == lua_topointer(L, error))
        t.place = run->raised_place;
    if (!t.place.line)
        mb_failure_place(job->co, &t.place);
    mb_buf_clear(out);
    mb_buf_add_c(out, "{\"code\":");
    mb_buf_add_json_str(out, t.code);
    add_text(out, "message", t.message);
    mb_buf_addf(out, ",\"retryable\":%s", t.retryable ? "true" : "false");
    if (t.details)
        add_details(L, t.details, out);
    add_place(out, &t.place);
    add_traceback(job->co, out);
    mb_buf_add_char(out, '}');
    put_fail(run, out);
    return 0;
}

void mb_failure_send_raised(struct mb_run *run, lua_State *co)
{
    struct telling_job job = {run, co};
    if (!mb_vm_protect(run->vm, send_raised, &job))
        mb_failure_send(run, "memory_limit", "no memory is left to tell the error", NULL);
}

void mb_failure_send(struct mb_run *run, const char *code, const char *message,
                     const struct mb_place *place)
{
    struct mb_buf *out = &run->vm->scratch;
    mb_buf_clear(out);
    mb_buf_addf(out, "{\"code\":\"%s\"", code);
    add_text(out, "message", mb_str_c(message));
    mb_buf_add_c(out, ",\"retryable\":false");
    add_place(out, place);
    mb_buf_add_char(out, '}');
    put_fail(run, out);
}
