#include "app/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/paths.h"
#include "base/json.h"
#include "gate/local.h"

enum { KEYRING_FILE_BYTES = 4096 };

static struct mb_fetch *make_fetch(struct mb_platform *p, struct mb_err *err)
{
    const struct mb_egress_config egress = {.allow = p->config->egress_allow,
                                            .ports = p->config->egress_ports};
    p->egress = mb_egress_new(&egress, err);
    if (!p->egress)
        return NULL;
    const struct mb_fetch_config fetch = {.egress = p->egress, .user_agent = "moonbase"};
    return mb_fetch_new(&p->loop, &fetch, err);
}

/* Reads a small file whole into a secret. */
static int read_secret_file(const char *path, struct mb_secret *out, struct mb_err *err)
{
    char bytes[KEYRING_FILE_BYTES];
    FILE *file = fopen(path, "re");
    if (!file)
        return mb_err_set(err, MB_E_CONFIG, "the key file '%s' cannot be read", path);
    setvbuf(file, NULL, _IONBF, 0); /* or a copy would stay in stdio's buffer */
    size_t n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    mb_secret_set(out, MB_STR_OF(bytes, n));
    mb_wipe(bytes, sizeof(bytes));
    return n == sizeof(bytes) ? mb_err_set(err, MB_E_CONFIG, "the key file '%s' is too long", path)
                              : 0;
}

static int make_keyring(struct mb_platform *p, struct mb_err *err)
{
    const struct mb_config *config = p->config;
    struct mb_secret text = {0};
    int rc = 0;
    if (*config->master_key)
        mb_secret_set(&text, mb_str_c(config->master_key));
    else if (*config->master_key_file)
        rc = read_secret_file(config->master_key_file, &text, err);
    if (!rc && text.len) {
        p->keyring = mb_keyring_new(mb_secret_str(&text), err);
        rc = p->keyring ? 0 : -MB_E_CONFIG;
    }
    mb_secret_release(&text);
    return rc;
}

static int make_workers(struct mb_platform *p, struct mb_err *err)
{
    char *binary = mb_path_sandbox(p->config, err);
    if (!binary)
        return -MB_E_CONFIG;
    p->zygote = mb_zygote_new(&p->loop, binary, err);
    free(binary);
    if (!p->zygote)
        return -err->code;
    p->toolbox = mb_toolbox_new(&p->loop, p->zygote, (int)p->config->toolbox_workers,
                                (size_t)p->config->toolbox_memory_bytes);
    return 0;
}

static int make_models(struct mb_platform *p, struct mb_err *err)
{
    const struct mb_llm_config config = {
        .loop = &p->loop,
        .fetch = p->fetch,
        .models_file = p->config->models_file,
        .script_file = p->config->model_script,
        .default_model = p->config->default_model,
        .local = mb_gate_local(p->toolbox),
    };
    p->llm = mb_llm_new(&config, err);
    return p->llm ? 0 : -err->code;
}

static bool define_tool(void *value, void *arg)
{
    const struct mb_tool *tool = value;
    struct mb_buf text = {0};
    if (tool->package) {
        mb_json_dump(&text, tool->package);
        mb_toolbox_define(arg, tool->name, mb_buf_str(&text));
    }
    mb_buf_release(&text);
    return true;
}

static int make_tools(struct mb_platform *p, struct mb_err *err)
{
    mb_tools_init(&p->gate.tools);
    char *dir = mb_path_join(p->home, "tools");
    int rc = mb_tools_add_core(&p->gate.tools, err);
    if (!rc)
        rc = mb_tools_add_dir(&p->gate.tools, dir, err);
    free(dir);
    if (!rc)
        mb_map_each(&p->gate.tools.by_name, define_tool, p->toolbox);
    return rc;
}

int mb_platform_init(struct mb_platform *p, const struct mb_config *config, struct mb_err *err)
{
    *p = (struct mb_platform){.config = config};
    struct mb_err own = {0};
    err = err ? err : &own;
    mb_loop_init(&p->loop);
    int rc = 0;
    if (!(p->home = mb_path_home(config, err)) || !(p->fetch = make_fetch(p, err)))
        rc = -err->code;
    if (!rc)
        rc = make_keyring(p, err);
    if (!rc)
        rc = make_workers(p, err);
    if (!rc)
        rc = make_models(p, err);
    if (!rc)
        rc = make_tools(p, err);
    if (rc) {
        mb_platform_release(p);
        return rc;
    }
    p->gate.loop = &p->loop;
    p->gate.toolbox = p->toolbox;
    p->gate.fetch = p->fetch;
    p->gate.llm = p->llm;
    p->gate.keyring = p->keyring;
    return 0;
}

void mb_platform_release(struct mb_platform *p)
{
    mb_tools_release(&p->gate.tools);
    if (p->llm)
        mb_llm_free(p->llm);
    if (p->toolbox)
        mb_toolbox_free(p->toolbox);
    if (p->zygote)
        mb_zygote_free(p->zygote);
    mb_keyring_free(p->keyring);
    if (p->fetch)
        mb_fetch_free(p->fetch);
    mb_egress_free(p->egress);
    mb_loop_release(&p->loop);
    free(p->home);
}
