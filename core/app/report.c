#include "app/report.h"

#include <string.h>

#include "app/cli.h"
#include "base/json.h"

/* Is a control character at `i`? Such must not reach the terminal, which they steer: C0, DEL, and
 * C1 in UTF-8 (C2 80 to C2 9F). */
static bool is_control(struct mb_str text, size_t i)
{
    unsigned char c = (unsigned char)text.ptr[i];
    unsigned char next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
    return c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0);
}

void mb_report_text(FILE *out, struct mb_str text, int indent)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_blank = i + 1 == text.len || text.ptr[i + 1] == '\n';
        if (text.ptr[i] == '\n')
            fprintf(out, "\n%*s", is_blank ? 0 : indent, "");
        else if (!is_control(text, i))
            fputc(text.ptr[i], out);
        else
            i += text.ptr[i] == '\xc2';
    }
    fputc('\n', out);
}

static void print_value(FILE *out, const json_t *value, int indent)
{
    struct mb_buf text = {0};
    if (json_is_string(value))
        mb_buf_add(&text, json_string_value(value), json_string_length(value));
    else
        mb_json_dump(&text, value);
    mb_report_text(out, mb_buf_str(&text), indent);
    mb_buf_release(&text);
}

static void print_output(FILE *out, json_t *output)
{
    if (!json_is_object(output)) {
        fputs("  ", out);
        print_value(out, output, 2);
        return;
    }
    const char *key;
    json_t *value;
    json_object_foreach(output, key, value)
    {
        fprintf(out, "  %s%-12s%s ", mb_style(out, MB_STYLE_DIM), key,
                mb_style(out, MB_STYLE_PLAIN));
        print_value(out, value, 15);
    }
}

static void print_error(FILE *out, const json_t *error)
{
    struct mb_str code = mb_json_str(error, "code"), file = mb_json_str(error, "file");
    fprintf(out, "  %s%.*s%s ", mb_style(out, MB_STYLE_BAD), MB_STR_ARG(code),
            mb_style(out, MB_STYLE_PLAIN));
    if (file.len)
        fprintf(out, "at %.*s:%lld ", MB_STR_ARG(file), (long long)mb_json_int(error, "line", 0));
    if (mb_json_get(error, "step"))
        fprintf(out, "in step %lld ", (long long)mb_json_int(error, "step", 0));
    mb_report_text(out, mb_json_str(error, "message"), 4);
}

static void print_usage(FILE *out, const json_t *usage)
{
    char money[40];
    fprintf(out, "  %s%lld steps, %.1f ms of CPU, %lld + %lld tokens, %s%s\n",
            mb_style(out, MB_STYLE_DIM), (long long)mb_json_int(usage, "steps", 0),
            (double)mb_json_int(usage, "cpu_us", 0) / 1000.0,
            (long long)mb_json_int(usage, "tokens_in", 0),
            (long long)mb_json_int(usage, "tokens_out", 0),
            mb_money(mb_json_int(usage, "cost_micros", 0), money), mb_style(out, MB_STYLE_PLAIN));
}

void mb_report_run(FILE *out, const json_t *run)
{
    struct mb_str status = mb_json_str(run, "status");
    bool is_good = mb_str_is(status, "succeeded");
    fprintf(out, "%s%.*s%s\n", mb_style(out, is_good ? MB_STYLE_GOOD : MB_STYLE_BAD),
            MB_STR_ARG(status), mb_style(out, MB_STYLE_PLAIN));
    json_t *output = mb_json_get(run, "output"), *error = mb_json_get(run, "error");
    if (output)
        print_output(out, output);
    if (error)
        print_error(out, error);
    json_t *usage = mb_json_get(run, "usage");
    if (usage)
        print_usage(out, usage);
}

static void print_step(FILE *out, const json_t *step)
{
    char money[40], duration[32], tokens[48] = "";
    const json_t *usage = mb_json_get(step, "usage"), *error = mb_json_get(step, "error");
    const json_t *ms = mb_json_get(step, "duration_ms");
    snprintf(duration, sizeof(duration), "%.1f ms", json_number_value(ms));
    int64_t tokens_in = mb_json_int(usage, "tokens_in", 0);
    int64_t tokens_out = mb_json_int(usage, "tokens_out", 0);
    if (tokens_in || tokens_out)
        snprintf(tokens, sizeof(tokens), "%lld + %lld tokens", (long long)tokens_in,
                 (long long)tokens_out);
    struct mb_str tool = mb_json_str(step, "tool");
    fprintf(out, "  %3lld  %-18.*s %11s  %-20s %s", (long long)mb_json_int(step, "seq", 0),
            MB_STR_ARG(tool), duration, tokens,
            mb_money(mb_json_int(step, "cost_micros", 0), money));
    if (error)
        fprintf(out, "  %s%.*s%s", mb_style(out, MB_STYLE_BAD),
                MB_STR_ARG(mb_json_str(error, "code")), mb_style(out, MB_STYLE_PLAIN));
    if (mb_json_bool(step, "replayed", false))
        fputs("  from the journal", out);
    fputc('\n', out);
}

void mb_report_steps(FILE *out, const json_t *steps)
{
    size_t i;
    const json_t *step;
    json_array_foreach(steps, i, step) print_step(out, step);
}
