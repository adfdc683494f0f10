/* What came of eval cases: a table, and JUnit's XML. */
#include <string.h>

#include "app/cli.h"
#include "app/eval.h"
#include "app/report.h"
#include "base/json.h"

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void print_failure(FILE *out, const json_t *failure)
{
    struct mb_str about = mb_json_str(failure, "about"), place = mb_json_str(failure, "place");
    fprintf(out, "        %.*s", MB_STR_ARG(mb_json_str(failure, "at")));
    if (place.len)
        fprintf(out, " at %.*s", MB_STR_ARG(place));
    if (about.len)
        fprintf(out, " (%.*s)", MB_STR_ARG(about));
    fputs(": ", out);
    mb_report_text(out, mb_json_str(failure, "message"), 8);
}

void mb_eval_print_result(FILE *out, const json_t *result)
{
    char money[40], runs[40] = "";
    size_t i;
    const json_t *entry;
    bool passed = mb_json_bool(result, "passed", false);
    if (mb_json_int(result, "runs", 1) > 1)
        snprintf(runs, sizeof(runs), "  %lld of %lld", (long long)mb_json_int(result, "passes", 0),
                 (long long)mb_json_int(result, "runs", 0));
    fprintf(out, "%s%s%s  %-52.*s %9.1f ms  %9s%s\n",
            mb_style(out, passed ? MB_STYLE_GOOD : MB_STYLE_BAD), passed ? "pass" : "FAIL",
            mb_style(out, MB_STYLE_PLAIN), MB_STR_ARG(mb_json_str(result, "name")),
            number(result, "time_ms"), mb_money(mb_json_int(result, "cost_micros", 0), money),
            runs);
    json_array_foreach(mb_json_get(result, "failures"), i, entry)
    {
        print_failure(out, entry);
    }
    json_array_foreach(mb_json_get(result, "notes"), i, entry)
    {
        fprintf(out, "        %snote: %s%s\n", mb_style(out, MB_STYLE_DIM),
                json_string_value(entry), mb_style(out, MB_STYLE_PLAIN));
    }
}

static size_t count_failed(const json_t *results)
{
    size_t i, n = 0;
    const json_t *result;
    json_array_foreach(results, i, result)
    {
        n += !mb_json_bool(result, "passed", false);
    }
    return n;
}

void mb_eval_print_sum(FILE *out, const json_t *results)
{
    char money[40];
    int64_t cost = 0;
    double ms = 0;
    size_t i, failed = count_failed(results);
    const json_t *result;
    json_array_foreach(results, i, result)
    {
        cost += mb_json_int(result, "cost_micros", 0);
        ms += number(result, "time_ms");
    }
    fprintf(out, "%zu passed, %zu failed in %.1f s; as real runs they would cost %s\n",
            json_array_size(results) - failed, failed, ms / 1000, mb_money(cost, money));
}

/* ---------------------------------------------------------------- JUnit */

/* Text for XML 1.0, in elements and attributes; what XML cannot hold is left out. */
static void add_xml(struct mb_buf *out, struct mb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '<')
            mb_buf_add_c(out, "&lt;");
        else if (c == '>')
            mb_buf_add_c(out, "&gt;");
        else if (c == '&')
            mb_buf_add_c(out, "&amp;");
        else if (c == '"')
            mb_buf_add_c(out, "&quot;");
        else if (c == '\n' || c == '\t')
            mb_buf_addf(out, "&#%d;", c);
        else if (c >= 0x20 && c != 0x7f)
            mb_buf_add_char(out, (char)c);
    }
}

static void add_case(struct mb_buf *out, const json_t *result)
{
    size_t i;
    const json_t *failure;
    mb_buf_add_c(out, "    <testcase name=\"");
    add_xml(out, mb_json_str(result, "name"));
    mb_buf_add_c(out, "\" classname=\"");
    add_xml(out, mb_json_str(result, "package"));
    mb_buf_add_c(out, "\" file=\"");
    add_xml(out, mb_json_str(result, "file"));
    mb_buf_addf(out, "\" time=\"%.3f\">\n", number(result, "time_ms") / 1000);
    json_array_foreach(mb_json_get(result, "failures"), i, failure)
    {
        mb_buf_add_c(out, "      <failure type=\"check\" message=\"");
        add_xml(out, mb_json_str(failure, "message"));
        mb_buf_add_c(out, "\">");
        add_xml(out, mb_json_str(failure, "at"));
        mb_buf_addf(out, " (seed %lld)</failure>\n", (long long)mb_json_int(failure, "seed", 0));
    }
    mb_buf_add_c(out, "    </testcase>\n");
}

/* A suite is a package. */
static void add_suite(struct mb_buf *out, const json_t *results, struct mb_str package)
{
    size_t i, tests = 0, failed = 0;
    double ms = 0;
    const json_t *result;
    json_array_foreach(results, i, result)
    {
        if (!mb_str_eq(mb_json_str(result, "package"), package))
            continue;
        tests++;
        failed += !mb_json_bool(result, "passed", false);
        ms += number(result, "time_ms");
    }
    mb_buf_add_c(out, "  <testsuite name=\"");
    add_xml(out, package);
    mb_buf_addf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"%.3f\">\n", tests,
                failed, ms / 1000);
    json_array_foreach(results, i, result)
    {
        if (mb_str_eq(mb_json_str(result, "package"), package))
            add_case(out, result);
    }
    mb_buf_add_c(out, "  </testsuite>\n");
}

void mb_eval_add_junit(struct mb_buf *out, const json_t *results)
{
    size_t i;
    const json_t *result;
    struct mb_str last = {0};
    mb_buf_addf(out,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<testsuites tests=\"%zu\" failures=\"%zu\">\n",
                json_array_size(results), count_failed(results));
    json_array_foreach(results, i, result)
    {
        struct mb_str package = mb_json_str(result, "package");
        if (last.ptr && mb_str_eq(package, last))
            continue;
        last = package;
        add_suite(out, results, package);
    }
    mb_buf_add_c(out, "</testsuites>\n");
}
