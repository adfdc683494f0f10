/* Settings: defaults, then MOONBASE_* environment variables, then --flags; the rows are in
 * config.def. Nothing is read from files, and nothing is set that was not understood. */
#ifndef MB_CONFIG_H
#define MB_CONFIG_H

#include "base/buf.h"
#include "base/err.h"

enum mb_setting_type {
    MB_SETTING_TEXT,
    MB_SETTING_SECRET,
    MB_SETTING_INT,
    MB_SETTING_BOOL,
    MB_SETTING_CHOICE,
};
enum mb_setting_source { MB_SOURCE_DEFAULT, MB_SOURCE_ENV, MB_SOURCE_FLAG };

#define MB_SETTING(type, name, ...) MB_SETTING_##name,
enum mb_setting_index {
#include "base/config.def"
    MB_SETTING_COUNT
};
#undef MB_SETTING

/* One field a row. Strings are owned by the config and never NULL. */
#define MB_FIELD_TEXT(name)         char *name;
#define MB_FIELD_SECRET(name)       char *name;
#define MB_FIELD_CHOICE(name)       char *name;
#define MB_FIELD_INT(name)          int64_t name;
#define MB_FIELD_BOOL(name)         bool name;
#define MB_SETTING(type, name, ...) MB_FIELD_##type(name)
struct mb_config {
#include "base/config.def"
    uint8_t source[MB_SETTING_COUNT]; /* enum mb_setting_source */
};
#undef MB_SETTING

struct mb_setting {
    const char *name; /* as in config.def */
    enum mb_setting_type type;
    const char *preset; /* the default, as text */
    int64_t least, most;
    const char *unit;
    const char *meaning;
    size_t offset; /* of the field in struct mb_config */
};

/* All rows, MB_SETTING_COUNT of them, in the order of config.def. */
const struct mb_setting *mb_settings(void);
/* "MOONBASE_RUN_CPU_MS" and "--run-cpu-ms" of a row. Return `out`, which holds 64 bytes. */
char *mb_setting_env(const struct mb_setting *setting, char out[64]);
char *mb_setting_flag(const struct mb_setting *setting, char out[64]);
/* The row of a flag without its dashes ("run-cpu-ms"), or NULL. */
const struct mb_setting *mb_setting_find(struct mb_str flag);
/* The row whose flag is most like this one, or NULL when none is near: for "did you mean". */
const struct mb_setting *mb_setting_nearest(struct mb_str flag);

void mb_config_init(struct mb_config *config);    /* the defaults */
void mb_config_release(struct mb_config *config); /* secrets are zeroed */

/* Sets one field. On a value that does not fit (CONFIG, the message names the variable or the flag
 * and says what would be right) the field stays as it was. An empty value means the default. */
int mb_config_set(struct mb_config *config, const struct mb_setting *setting, struct mb_str value,
                  enum mb_setting_source source, struct mb_err *err) MB_MUST_CHECK;
/* Reads the environment (`vars` ends in NULL, as environ). Unknown MOONBASE_* variables are no
 * error: on_unknown is called with the name and with the nearest row or NULL; it may be NULL. */
int mb_config_read_env(struct mb_config *config, char *const *vars,
                       void (*on_unknown)(const char *name, const struct mb_setting *nearest),
                       struct mb_err *err) MB_MUST_CHECK;

/* Appends the current value as text. A secret is shown as "(set)" or "(not set)". */
void mb_config_show(const struct mb_config *config, const struct mb_setting *setting,
                    struct mb_buf *out);

#endif
