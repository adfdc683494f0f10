#include "base/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

/* clang-format off */
#define MB_SETTING(type_, name_, preset_, least_, most_, unit_, meaning_)                          \
    {.name = #name_, .type = MB_SETTING_##type_, .preset = (preset_), .least = (least_),           \
     .most = (most_), .unit = (unit_), .meaning = (meaning_),                                      \
     .offset = offsetof(struct mb_config, name_)},
/* clang-format on */
static const struct mb_setting rows[] = {
#include "base/config.def"
};
#undef MB_SETTING

enum { FLAG_BYTES = 64 };

const struct mb_setting *mb_settings(void)
{
    return rows;
}

char *mb_setting_env(const struct mb_setting *setting, char out[64])
{
    snprintf(out, FLAG_BYTES, "MOONBASE_%s", setting->name);
    for (char *c = out; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return out;
}

char *mb_setting_flag(const struct mb_setting *setting, char out[64])
{
    snprintf(out, FLAG_BYTES, "--%s", setting->name);
    for (char *c = out; *c; c++)
        if (*c == '_')
            *c = '-';
    return out;
}

/* Compares a flag ("run-cpu-ms") with a row's name ("run_cpu_ms"). */
static bool is_flag_of(const struct mb_setting *setting, struct mb_str flag)
{
    if (strlen(setting->name) != flag.len)
        return false;
    for (size_t i = 0; i < flag.len; i++)
        if (setting->name[i] != (flag.ptr[i] == '-' ? '_' : flag.ptr[i]))
            return false;
    return true;
}

const struct mb_setting *mb_setting_find(struct mb_str flag)
{
    for (size_t i = 0; i < MB_LEN(rows); i++)
        if (is_flag_of(&rows[i], flag))
            return &rows[i];
    return NULL;
}

/* Edit distance (insert, delete, replace) of two short names; case and _ or - do not matter. */
static size_t distance(const char *name, struct mb_str other)
{
    size_t row[FLAG_BYTES + 1];
    size_t n = strlen(name);
    if (n > FLAG_BYTES || other.len > FLAG_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= other.len; i++) {
        size_t diagonal = row[0];
        char c = (char)tolower((unsigned char)other.ptr[i - 1]);
        c = c == '-' ? '_' : c;
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t replace = diagonal + (c != name[j - 1]);
            diagonal = row[j];
            row[j] = MB_MIN(replace, MB_MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[n];
}

const struct mb_setting *mb_setting_nearest(struct mb_str flag)
{
    const struct mb_setting *best = NULL;
    size_t least = flag.len / 3 + 1; /* farther than a third of it is another word */
    for (size_t i = 0; i < MB_LEN(rows); i++) {
        size_t d = distance(rows[i].name, flag);
        if (d <= least && (!best || d < least)) {
            best = &rows[i];
            least = d;
        }
    }
    return best;
}

static void *field(struct mb_config *config, const struct mb_setting *setting)
{
    return (char *)config + setting->offset;
}

static const void *field_of(const struct mb_config *config, const struct mb_setting *setting)
{
    return (const char *)config + setting->offset;
}

static void free_text(const struct mb_setting *setting, char *text)
{
    if (text && setting->type == MB_SETTING_SECRET)
        mb_wipe(text, strlen(text));
    free(text);
}

/* How an integer's value may end when its unit is bytes: the factor, or 0 when it may not. */
static int64_t suffix_factor(const struct mb_setting *setting, const char *suffix)
{
    if (*suffix == '\0')
        return 1;
    if (suffix[1] != '\0' || strcmp(setting->unit, "bytes") != 0)
        return 0;
    switch (toupper((unsigned char)*suffix)) {
    case 'K':
        return 1 << 10;
    case 'M':
        return 1 << 20;
    case 'G':
        return 1 << 30;
    default:
        return 0;
    }
}

static bool parse_int(const struct mb_setting *setting, const char *text, int64_t *value)
{
    char *end = NULL;
    if (!isdigit((unsigned char)text[0]))
        return false;
    long long number = strtoll(text, &end, 10);
    int64_t factor = suffix_factor(setting, end);
    int64_t product = 0;
    if (factor == 0 || __builtin_mul_overflow((int64_t)number, factor, &product))
        return false;
    *value = product;
    return product >= setting->least && product <= setting->most;
}

static bool parse_bool(const char *text, bool *value)
{
    static const char *const words[][2] = {
        {"off", "on"}, {"false", "true"}, {"no", "yes"}, {"0", "1"}};
    for (size_t i = 0; i < MB_LEN(words); i++)
        for (int b = 0; b < 2; b++)
            if (strcasecmp(text, words[i][b]) == 0) {
                *value = b;
                return true;
            }
    return false;
}

/* Is `text` one of the words in "a|b|c"? */
static bool is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);
    for (const char *at = choices; len; at++) {
        size_t word = strcspn(at, "|");
        if (word == len && memcmp(at, text, len) == 0)
            return true;
        at += word;
        if (*at == '\0')
            break;
    }
    return false;
}

/* What a value should have been, for the message. */
static void describe(const struct mb_setting *setting, char out[128])
{
    switch (setting->type) {
    case MB_SETTING_INT:
        snprintf(out, 128, "an integer from %lld to %lld%s%s", (long long)setting->least,
                 (long long)setting->most, *setting->unit ? " " : "", setting->unit);
        break;
    case MB_SETTING_BOOL:
        snprintf(out, 128, "on or off");
        break;
    case MB_SETTING_CHOICE:
        snprintf(out, 128, "one of %s", setting->unit);
        break;
    case MB_SETTING_TEXT:
    case MB_SETTING_SECRET:
        snprintf(out, 128, "text");
        break;
    }
}

/* Parses into the field. False when the value does not fit; the field is then as before. */
static bool assign(struct mb_config *config, const struct mb_setting *setting, const char *text)
{
    char **string = field(config, setting);
    switch (setting->type) {
    case MB_SETTING_INT: {
        int64_t value = 0;
        if (!parse_int(setting, text, &value))
            return false;
        *(int64_t *)field(config, setting) = value;
        return true;
    }
    case MB_SETTING_BOOL:
        return parse_bool(text, field(config, setting));
    case MB_SETTING_CHOICE:
        if (!is_choice(setting->unit, text))
            return false;
        break;
    case MB_SETTING_TEXT:
    case MB_SETTING_SECRET:
        break;
    }
    free_text(setting, *string);
    *string = mb_strdup(text);
    return true;
}

void mb_config_init(struct mb_config *config)
{
    *config = (struct mb_config){0};
    for (size_t i = 0; i < MB_LEN(rows); i++) {
        bool fits = assign(config, &rows[i], rows[i].preset);
        mb_assert(fits); /* a default that is none is a bug in config.def */
    }
}

void mb_config_release(struct mb_config *config)
{
    for (size_t i = 0; i < MB_LEN(rows); i++)
        if (rows[i].type != MB_SETTING_INT && rows[i].type != MB_SETTING_BOOL)
            free_text(&rows[i], *(char **)field(config, &rows[i]));
    *config = (struct mb_config){0};
}

static int refuse(const struct mb_setting *setting, enum mb_setting_source source,
                  const char *value, struct mb_err *err)
{
    char name[FLAG_BYTES], wanted[128];
    describe(setting, wanted);
    if (source == MB_SOURCE_ENV)
        mb_setting_env(setting, name);
    else
        mb_setting_flag(setting, name);
    return mb_err_at(err, MB_E_CONFIG, name, "%s is '%.60s', but has to be %s", name, value,
                     wanted);
}

int mb_config_set(struct mb_config *config, const struct mb_setting *setting, struct mb_str value,
                  enum mb_setting_source source, struct mb_err *err)
{
    char *text = value.len ? mb_strndup(value.ptr, value.len) : mb_strdup(setting->preset);
    int rc = 0;
    if (assign(config, setting, text))
        config->source[setting - rows] = (uint8_t)source;
    else
        rc = refuse(setting, source, text, err);
    free_text(setting, text);
    return rc;
}

/* The two names that hosts of programs commonly set; our own variable wins when both are there. */
static const struct {
    const char *name;
    enum mb_setting_index index;
} common_names[] = {
    {"DATABASE_URL", MB_SETTING_database_url},
    {"REDIS_URL", MB_SETTING_redis_url},
};

/* The row that a variable's name (its first `len` bytes) sets, or NULL. */
static const struct mb_setting *row_of_env(const char *name, size_t len)
{
    char env[FLAG_BYTES];
    for (size_t i = 0; i < MB_LEN(rows); i++)
        if (strlen(mb_setting_env(&rows[i], env)) == len && memcmp(env, name, len) == 0)
            return &rows[i];
    return NULL;
}

static int read_common_names(struct mb_config *config, char *const *vars, struct mb_err *err)
{
    for (size_t i = 0; i < MB_LEN(common_names); i++) {
        size_t len = strlen(common_names[i].name);
        for (char *const *var = vars; *var; var++) {
            if (strncmp(*var, common_names[i].name, len) != 0 || (*var)[len] != '=')
                continue;
            int rc = mb_config_set(config, &rows[common_names[i].index], mb_str_c(*var + len + 1),
                                   MB_SOURCE_ENV, err);
            if (rc)
                return rc;
        }
    }
    return 0;
}

int mb_config_read_env(struct mb_config *config, char *const *vars,
                       void (*on_unknown)(const char *name, const struct mb_setting *nearest),
                       struct mb_err *err)
{
    static const char prefix[] = "MOONBASE_";
    const size_t skip = sizeof(prefix) - 1;
    int rc = read_common_names(config, vars, err);
    for (char *const *var = vars; *var && !rc; var++) {
        size_t len = strcspn(*var, "=");
        if (strncmp(*var, prefix, skip) != 0 || (*var)[len] != '=')
            continue;
        const struct mb_setting *row = row_of_env(*var, len);
        if (row) {
            rc = mb_config_set(config, row, mb_str_c(*var + len + 1), MB_SOURCE_ENV, err);
        } else if (on_unknown) {
            char *name = mb_strndup(*var, len);
            on_unknown(name, mb_setting_nearest(MB_STR_OF(name + skip, len - skip)));
            free(name);
        }
    }
    return rc;
}

void mb_config_show(const struct mb_config *config, const struct mb_setting *setting,
                    struct mb_buf *out)
{
    const char *const *text = field_of(config, setting);
    switch (setting->type) {
    case MB_SETTING_INT:
        mb_buf_addf(out, "%lld", (long long)*(const int64_t *)field_of(config, setting));
        break;
    case MB_SETTING_BOOL:
        mb_buf_add_c(out, *(const bool *)field_of(config, setting) ? "on" : "off");
        break;
    case MB_SETTING_SECRET:
        mb_buf_add_c(out, **text ? "(set)" : "(not set)");
        break;
    case MB_SETTING_TEXT:
    case MB_SETTING_CHOICE:
        mb_buf_add_c(out, *text);
        break;
    }
}
