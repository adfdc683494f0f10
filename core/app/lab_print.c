/* A simulation's report on the terminal. */
#include "app/cli.h"
#include "app/lab.h"
#include "app/report.h"
#include "base/json.h"

static void print_step(FILE *out, const json_t *step)
{
    const json_t *usage = mb_json_get(step, "usage"), *error = mb_json_get(step, "error");
    const json_t *ms = mb_json_get(step, "duration_ms");
    int64_t tokens = mb_json_int(usage, "tokens_in", 0) + mb_json_int(usage, "tokens_out", 0);
    char used[32] = "";
    if (tokens)
        snprintf(used, sizeof(used), "%lld tokens", (long long)tokens);
    struct mb_str source = mb_json_str(step, "source");
    fprintf(out, "  %3lld  %-20.*s %-10.*s %9.1f ms  %s", (long long)mb_json_int(step, "seq", 0),
            MB_STR_ARG(mb_json_str(step, "tool")), MB_STR_ARG(source.len ? source : MB_STR("-")),
            json_number_value(ms), used);
    if (error)
        fprintf(out, "  %s%.*s%s", mb_style(out, MB_STYLE_BAD),
                MB_STR_ARG(mb_json_str(error, "code")), mb_style(out, MB_STYLE_PLAIN));
    fputc('\n', out);
}

static void print_cost(FILE *out, const json_t *cost)
{
    char low[40], likely[40], high[40], run[40], tools[40];
    size_t i;
    const json_t *model;
    fprintf(out, "cost of a run: %slikely %s%s (low %s, high %s)\n", mb_style(out, MB_STYLE_BOLD),
            mb_money(mb_json_int(cost, "likely_micros", 0), likely), mb_style(out, MB_STYLE_PLAIN),
            mb_money(mb_json_int(cost, "low_micros", 0), low),
            mb_money(mb_json_int(cost, "high_micros", 0), high));
    fprintf(out, "  %-24s %s\n  %-24s %s\n", "the package",
            mb_money(mb_json_int(cost, "run_micros", 0), run), "its tools",
            mb_money(mb_json_int(cost, "tools_micros", 0), tools));
    json_array_foreach(mb_json_get(cost, "models"), i, model)
    {
        bool is_priced = mb_json_bool(model, "is_priced", false);
        fprintf(out, "  %-24.*s %s  (%lld calls, %lld + %lld tokens)\n",
                MB_STR_ARG(mb_json_str(model, "model")),
                is_priced ? mb_money(mb_json_int(model, "likely_micros", 0), likely) : "no price",
                (long long)mb_json_int(model, "calls", 0),
                (long long)mb_json_int(model, "tokens_in", 0),
                (long long)mb_json_int(model, "tokens_out", 0));
    }
}

static void print_names(FILE *out, const char *what, const json_t *names, enum mb_style style)
{
    size_t i;
    const json_t *name;
    if (!json_array_size(names))
        return;
    fprintf(out, "  %s%s", mb_style(out, style), what);
    json_array_foreach(names, i, name)
    {
        fprintf(out, "%s%s", i ? ", " : " ", json_string_value(name));
    }
    fprintf(out, "%s\n", mb_style(out, MB_STYLE_PLAIN));
}

static void print_permissions(FILE *out, json_t *permissions)
{
    const char *kind;
    json_t *lists;
    json_object_foreach(permissions, kind, lists)
    {
        size_t n = json_array_size(mb_json_get(lists, "used")) +
                   json_array_size(mb_json_get(lists, "unused")) +
                   json_array_size(mb_json_get(lists, "denied"));
        if (n)
            fprintf(out, "%s\n", kind);
        print_names(out, "used  ", mb_json_get(lists, "used"), MB_STYLE_PLAIN);
        print_names(out, "asked for, not used:", mb_json_get(lists, "unused"), MB_STYLE_DIM);
        print_names(out, "denied:", mb_json_get(lists, "denied"), MB_STYLE_BAD);
    }
}

void mb_lab_print(FILE *out, const json_t *report)
{
    size_t i;
    const json_t *step;
    mb_report_run(out, report);
    json_array_foreach(mb_json_get(report, "trace"), i, step)
    {
        print_step(out, step);
    }
    print_cost(out, mb_json_get(report, "cost"));
    print_permissions(out, mb_json_get(report, "permissions"));
}
