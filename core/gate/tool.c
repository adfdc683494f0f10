#include "gate/tool.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/files.h"
#include "base/json.h"

enum { DEFAULT_TIMEOUT_MS = 60 * 1000 };

/* Made at build time from the manifests in core/gate/tools and core/llm/tools. */
extern const struct mb_embed mb_tools_embed[];

void mb_tools_init(struct mb_tools *tools)
{
    *tools = (struct mb_tools){0};
}

static void free_tool(struct mb_tool *tool)
{
    mb_schema_free(tool->args);
    json_decref(tool->manifest);
    json_decref(tool->definition);
    json_decref(tool->package);
    free(tool);
}

static bool free_each(void *value, void *arg)
{
    (void)arg;
    free_tool(value);
    return true;
}

void mb_tools_release(struct mb_tools *tools)
{
    mb_map_each(&tools->by_name, free_each, NULL);
    mb_map_release(&tools->by_name);
}

static int read_kind(struct mb_tool *tool, const json_t *manifest, struct mb_err *err)
{
    struct mb_str kind = mb_json_str(manifest, "kind");
    if (mb_str_is(kind, "io")) {
        tool->kind = MB_TOOL_IO;
        return 0;
    }
    if (!mb_str_is(kind, "core"))
        return mb_err_at(err, MB_E_CONFIG, "/kind", "tool \"%s\": the kind must be io or core",
                         tool->name);
    static const struct {
        const char *prefix;
        enum mb_tool_kind kind;
    } cores[] = {{"llm.", MB_TOOL_LLM},   {"kv.", MB_TOOL_DATA},    {"memory.", MB_TOOL_DATA},
                 {"file.", MB_TOOL_DATA}, {"sleep", MB_TOOL_WAIT},  {"approve", MB_TOOL_WAIT},
                 {"ask", MB_TOOL_WAIT},   {"agent.", MB_TOOL_CHILD}};
    for (size_t i = 0; i < MB_LEN(cores); i++) {
        if (strncmp(tool->name, cores[i].prefix, strlen(cores[i].prefix)) != 0)
            continue;
        tool->kind = cores[i].kind;
        return 0;
    }
    return mb_err_at(err, MB_E_CONFIG, "/name", "\"%s\" is not one of the core's tools",
                     tool->name);
}

static void describe(struct mb_tool *tool)
{
    struct mb_buf text = {0};
    tool->definition = mb_tool_describe(tool->manifest);
    mb_json_dump(&text, tool->definition);
    tool->definition_bytes = (int64_t)mb_buf_len(&text);
    mb_buf_release(&text);
}

int mb_tools_add(struct mb_tools *tools, const json_t *manifest, json_t *package,
                 struct mb_err *err)
{
    struct mb_tool *tool = mb_zalloc(sizeof(*tool));
    struct mb_str name = mb_json_str(manifest, "name");
    tool->package = package;
    tool->manifest = json_deep_copy(manifest);
    int rc;
    if (name.len < 1 || name.len >= sizeof(tool->name)) {
        rc = mb_err_at(err, MB_E_CONFIG, "/name", "a tool's name must have 1 to 64 characters");
        goto fail;
    }
    memcpy(tool->name, name.ptr, name.len);
    rc = read_kind(tool, manifest, err);
    if (rc < 0)
        goto fail;
    if (mb_tools_get(tools, name)) {
        rc = mb_err_set(err, MB_E_CONFIG, "there are two tools \"%s\"", tool->name);
        goto fail;
    }
    tool->price_micros = mb_json_int(manifest, "price_micros", 0);
    tool->timeout_ms = (int)mb_json_int(manifest, "timeout_ms", DEFAULT_TIMEOUT_MS);
    tool->args = mb_schema_new(mb_json_get(manifest, "args"), err);
    if (!tool->args) {
        mb_err_prefix(err, "tool \"%s\": args", tool->name);
        rc = -MB_E_CONFIG;
        goto fail;
    }
    describe(tool);
    mb_map_set(&tools->by_name, tool->name, name.len, tool);
    return 0;
fail:
    free_tool(tool);
    return rc;
}

int mb_tools_add_core(struct mb_tools *tools, struct mb_err *err)
{
    for (const struct mb_embed *file = mb_tools_embed; file->name; file++) {
        json_t *manifest = mb_json_parse(MB_STR_OF(file->data, file->len), err);
        if (!manifest) {
            mb_err_prefix(err, "%s", file->name);
            return -MB_E_CONFIG;
        }
        int rc = mb_tools_add(tools, manifest, NULL, err);
        json_decref(manifest);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* {"name", "files"} of what the toolbox is to know: the Lua files, not the rest of the folder. */
static json_t *lua_package(const char *name, const struct mb_files *files)
{
    json_t *lua = json_object();
    for (size_t i = 0; i < files->count; i++) {
        const struct mb_file *f = &files->list[i];
        size_t n = strlen(f->path);
        bool is_spec = strncmp(f->path, "spec/", 5) == 0;
        if (n > 4 && strcmp(f->path + n - 4, ".lua") == 0 && !is_spec)
            json_object_set_new(lua, f->path, json_stringn(f->bytes, f->len));
    }
    return json_pack("{s:s, s:o}", "name", name, "files", lua);
}

static int add_folder(struct mb_tools *tools, const char *path, struct mb_err *err)
{
    struct mb_files files = {0};
    int rc = mb_files_read_dir(&files, path, err);
    const struct mb_file *file = mb_files_get(&files, "manifest.json");
    json_t *manifest = NULL;
    if (rc < 0 || !file) /* a folder without one is no tool */
        goto done;
    manifest = mb_json_parse(MB_STR_OF(file->bytes, file->len), err);
    if (!manifest) {
        rc = -MB_E_CONFIG;
        goto done;
    }
    json_t *package = lua_package(json_string_value(mb_json_get(manifest, "name")), &files);
    rc = mb_tools_add(tools, manifest, package, err);
done:
    if (rc < 0)
        mb_err_prefix(err, "%s", path);
    json_decref(manifest);
    mb_files_release(&files);
    return rc;
}

int mb_tools_add_dir(struct mb_tools *tools, const char *dir, struct mb_err *err)
{
    DIR *d = opendir(dir);
    if (!d)
        return mb_err_set(err, MB_E_CONFIG, "cannot open \"%s\": %s", dir, strerror(errno));
    int rc = 0;
    struct dirent *entry;
    while (rc == 0 && (entry = readdir(d))) {
        if (entry->d_name[0] == '.' || entry->d_type == DT_REG)
            continue;
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        rc = add_folder(tools, path, err);
    }
    closedir(d);
    return rc;
}

const struct mb_tool *mb_tools_get(const struct mb_tools *tools, struct mb_str name)
{
    return mb_map_get(&tools->by_name, name.ptr, name.len);
}

/* A trait is a plain value, or depends on one argument: {"by": "method", "read": ["GET", ...]}. */
static bool argument_is_in(const json_t *trait, const char *list, const json_t *args)
{
    const json_t *value = json_object_get(args, json_string_value(json_object_get(trait, "by")));
    const json_t *fallback = json_object_get(trait, "default");
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(trait, list), i, entry)
    {
        if (json_equal(entry, value ? value : fallback))
            return true;
    }
    return false;
}

bool mb_tool_is_write(const struct mb_tool *tool, const json_t *args)
{
    const json_t *effect = json_object_get(tool->manifest, "effect");
    if (json_is_string(effect))
        return strcmp(json_string_value(effect), "read") != 0;
    return !argument_is_in(effect, "read", args); /* absent or odd: the safe answer */
}

bool mb_tool_is_idempotent(const struct mb_tool *tool, const json_t *args)
{
    const json_t *idempotent = json_object_get(tool->manifest, "idempotent");
    if (json_is_boolean(idempotent))
        return json_is_true(idempotent);
    return argument_is_in(idempotent, "true", args);
}
