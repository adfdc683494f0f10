#include "run/bundle.h"

#include "base/json.h"

static void list_tools(struct mb_bundle *bundle)
{
    size_t i;
    const json_t *name;
    json_array_foreach(mb_json_get(bundle->manifest, "tools"), i,
                       name) if (bundle->n_tools < MB_BUNDLE_TOOLS && json_is_string(name))
        bundle->tools[bundle->n_tools++] =
        MB_STR_OF(json_string_value(name), json_string_length(name));
}

int mb_bundle_init(struct mb_bundle *bundle, const struct mb_files *files, struct mb_err *err)
{
    const struct mb_file *file = mb_files_get(files, "agent.json");
    *bundle = (struct mb_bundle){0};
    if (!file)
        return mb_err_at(err, MB_E_INVALID_PACKAGE, "agent.json", "there is no agent.json");
    bundle->manifest_text = MB_STR_OF(file->bytes, file->len);
    bundle->manifest = mb_json_parse(bundle->manifest_text, err);
    if (!bundle->manifest)
        return -MB_E_INVALID_JSON;
    bundle->name = mb_json_str(bundle->manifest, "name");
    bundle->version = mb_json_str(bundle->manifest, "version");
    list_tools(bundle);
    mb_files_json(files, &bundle->files);
    mb_buf_cstr(&bundle->files);
    mb_files_hash(files, bundle->sha256);
    return 0;
}

void mb_bundle_release(struct mb_bundle *bundle)
{
    json_decref(bundle->manifest);
    mb_buf_release(&bundle->files);
    *bundle = (struct mb_bundle){0};
}
