#include "run/knowledge.h"

#include <string.h>

#include "base/json.h"

/* The next line without its end; `text` moves behind it. False at the end of the text. */
static bool next_line(struct mb_str *text, struct mb_str *line)
{
    if (text->len == 0)
        return false;
    const char *end = memchr(text->ptr, '\n', text->len);
    size_t n = end ? (size_t)(end - text->ptr) : text->len;
    *line = MB_STR_OF(text->ptr, n > 0 && text->ptr[n - 1] == '\r' ? n - 1 : n);
    n += end != NULL;
    *text = MB_STR_OF(text->ptr + n, text->len - n);
    return true;
}

static struct mb_str trimmed(struct mb_str s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = MB_STR_OF(s.ptr + 1, s.len - 1);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static json_t *string(struct mb_str s)
{
    json_t *value = json_stringn(s.ptr, s.len);
    return value ? value : json_string(""); /* no UTF-8 */
}

/* "key: value" lines between two lines "---". Returns the text behind them; all of it when there is
 * no such head. */
static struct mb_str read_head(struct mb_str text, json_t *metadata)
{
    struct mb_str rest = text, line;
    if (!next_line(&rest, &line) || !mb_str_is(line, "---"))
        return text;
    while (next_line(&rest, &line)) {
        if (mb_str_is(line, "---"))
            return rest;
        const char *colon = memchr(line.ptr, ':', line.len);
        if (!colon)
            continue;
        struct mb_str key = trimmed(MB_STR_OF(line.ptr, (size_t)(colon - line.ptr)));
        size_t skip = (size_t)(colon - line.ptr) + 1;
        char name[64];
        if (key.len == 0 || key.len >= sizeof(name))
            continue;
        memcpy(name, key.ptr, key.len);
        name[key.len] = '\0';
        json_object_set_new(metadata, name,
                            string(trimmed(MB_STR_OF(line.ptr + skip, line.len - skip))));
    }
    json_object_clear(metadata); /* the head never ends: it is none */
    return text;
}

/* The first "# heading"; the text behind it. Without one the title is empty. */
static struct mb_str read_title(struct mb_str text, struct mb_str *title)
{
    struct mb_str rest = text, line;
    *title = MB_STR("");
    while (next_line(&rest, &line)) {
        if (trimmed(line).len == 0)
            continue;
        if (line.len < 2 || memcmp(line.ptr, "# ", 2) != 0)
            break;
        *title = trimmed(MB_STR_OF(line.ptr + 2, line.len - 2));
        while (rest.len && (rest.ptr[0] == '\n' || rest.ptr[0] == '\r'))
            rest = MB_STR_OF(rest.ptr + 1, rest.len - 1);
        return rest;
    }
    return text;
}

json_t *mb_knowledge_document(const char *name, struct mb_str text)
{
    json_t *metadata = json_object();
    struct mb_str title, id = mb_str_c(name);
    struct mb_str body = read_title(read_head(text, metadata), &title);
    if (id.len > 3 && memcmp(id.ptr + id.len - 3, ".md", 3) == 0)
        id.len -= 3;
    json_t *document = json_object();
    json_object_set_new(document, "id", string(id));
    json_object_set_new(document, "title", string(title));
    json_object_set_new(document, "body", string(body));
    json_object_set_new(document, "metadata", metadata);
    return document;
}

static json_t *read_folder(const struct mb_files *files, struct mb_str folder)
{
    json_t *documents = json_array();
    for (size_t i = 0; i < files->count; i++) {
        const struct mb_file *file = &files->list[i];
        const char *slash = strrchr(file->path, '/');
        if (slash && (size_t)(slash - file->path) == folder.len &&
            memcmp(file->path, folder.ptr, folder.len) == 0)
            json_array_append_new(
                documents, mb_knowledge_document(slash + 1, MB_STR_OF(file->bytes, file->len)));
    }
    return documents;
}

json_t *mb_knowledge_read(const struct mb_files *files, const json_t *manifest)
{
    json_t *all = json_array();
    size_t i;
    const json_t *entry;
    json_array_foreach(mb_json_get(manifest, "knowledge"), i, entry)
    {
        json_t *collection = json_object();
        json_object_set_new(collection, "collection", string(mb_json_str(entry, "collection")));
        json_object_set_new(collection, "documents",
                            read_folder(files, mb_json_str(entry, "folder")));
        json_array_append_new(all, collection);
    }
    return all;
}
