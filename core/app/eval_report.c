/* What came of eval cases: a table, and JUnit's XML. */
#include <string.h>

#include "app/cli.h"
#include "app/eval.h"
#include "app/report.h"
#include "base/json.h"
#include "base/utf8.h"

enum { NAME_CHARS = 52 };

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* A file's text on one line, without what would steer a terminal, filled up to `width`. */
static void print_line(FILE *out, struct mb_str text, size_t width)
{
    struct mb_buf line = {0};
    for (size_t i = 0; i < text.len; i++) {
        size_t n = MB_MAX(mb_utf8_char(text.ptr + i, text.len - i), (size_t)1);
        unsigned char c = (unsigned char)text.ptr[i],
                      next = n == 2 ? (unsigned char)text.ptr[i + 1] : 0;
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0))
            mb_buf_add_char(&line, ' ');
        else
            mb_buf_add(&line, text.ptr + i, n);
        i += n - 1;
    }
    size_t chars = mb_utf8_count(mb_buf_str(&line));
    fprintf(out, "%s%*s", mb_buf_cstr(&line), (int)(chars < width ? width - chars : 0), "");
    mb_buf_release(&line);
}

static void print_failure(FILE *out, const json_t *failure)
{
    struct mb_str about = mb_json_str(failure, "about"), place = mb_json_str(failure, "place");
    fprintf(out, "        %.*s", MB_STR_ARG(mb_json_str(failure, "at")));
    if (place.len) {
        fputs(" at ", out);
        print_line(out, place, 0);
    }
    if (about.len) {
        fputs(" (", out);
        print_line(out, about, 0);
        fputs(")", out);
    }
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
    fprintf(out, "%s%s%s  ", mb_style(out, passed ? MB_STYLE_GOOD : MB_STYLE_BAD),
            passed ? "pass" : "FAIL", mb_style(out, MB_STYLE_PLAIN));
    print_line(out, mb_json_str(result, "name"), NAME_CHARS);
    fprintf(out, " %9.1f ms  %9s%s\n", number(result, "time_ms"),
            mb_money(mb_json_int(result, "cost_micros", 0), money), runs);
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

/* U+FFFE or U+FFFF, which are no characters of XML. */
static bool is_no_character(struct mb_str text, size_t i)
{
    return i + 2 < text.len && memcmp(text.ptr + i, "\xef\xbf", 2) == 0 &&
           (unsigned char)text.ptr[i + 2] >= 0xbe;
}

/* Text for XML 1.0, in elements and attributes; what XML cannot hold is left out. */
static void add_xml(struct mb_buf *out, struct mb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (is_no_character(text, i))
            i += 2;
        else if (c == '<')
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

/* The first result of its package? */
static bool is_first(const json_t *results, size_t at)
{
    struct mb_str package = mb_json_str(json_array_get(results, at), "package");
    for (size_t i = 0; i < at; i++)
        if (mb_str_eq(mb_json_str(json_array_get(results, i), "package"), package))
            return false;
    return true;
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
    mb_buf_addf(out,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<testsuites tests=\"%zu\" failures=\"%zu\">\n",
                json_array_size(results), count_failed(results));
    json_array_foreach(results, i, result)
    {
        if (is_first(results, i))
            add_suite(out, results, mb_json_str(result, "package"));
    }
    mb_buf_add_c(out, "</testsuites>\n");
}
