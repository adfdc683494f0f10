#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

static enum mb_log_level least_level = MB_LOG_INFO;

void mb_log_set_level(enum mb_log_level least)
{
    least_level = least;
}

/* Values are printed here and not by vsnprintf, because each format takes its part of one list of
 * arguments, and after vsnprintf nobody may go on with that list (C17 7.21.6.12). */
struct printer {
    va_list args;
    struct mb_buf value;
};

static long long signed_arg(struct printer *p, char size)
{
    switch (size) {
    case 'L':
        return va_arg(p->args, long long);
    case 'l':
        return va_arg(p->args, long);
    case 'z':
        return va_arg(p->args, ssize_t);
    default:
        return va_arg(p->args, int);
    }
}

static unsigned long long unsigned_arg(struct printer *p, char size)
{
    switch (size) {
    case 'L':
        return va_arg(p->args, unsigned long long);
    case 'l':
        return va_arg(p->args, unsigned long);
    case 'z':
        return va_arg(p->args, size_t);
    default:
        return va_arg(p->args, unsigned);
    }
}

static void add_text(struct printer *p, int precision)
{
    const char *text = va_arg(p->args, const char *);
    if (!text)
        text = "(none)", precision = -1;
    mb_buf_add(&p->value, text, precision < 0 ? strlen(text) : strnlen(text, (size_t)precision));
}

static bool add_arg(struct printer *p, char conversion, char size, int precision)
{
    switch (conversion) {
    case 'd':
    case 'i':
        mb_buf_addf(&p->value, "%lld", signed_arg(p, size));
        return true;
    case 'u':
        mb_buf_addf(&p->value, "%llu", unsigned_arg(p, size));
        return true;
    case 'x':
        mb_buf_addf(&p->value, "%llx", unsigned_arg(p, size));
        return true;
    case 'f':
        mb_buf_addf(&p->value, "%.*f", precision < 0 ? 6 : precision, va_arg(p->args, double));
        return true;
    case 'g':
        mb_buf_addf(&p->value, "%.*g", precision < 0 ? 6 : precision, va_arg(p->args, double));
        return true;
    case 'c':
        mb_buf_add_char(&p->value, (char)va_arg(p->args, int));
        return true;
    case 's':
        add_text(p, precision);
        return true;
    case '%':
        mb_buf_add_char(&p->value, '%');
        return true;
    default:
        return false;
    }
}

/* One conversion, after its '%'; NULL when it is not one of ours. */
static const char *add_conversion(struct printer *p, const char *f)
{
    int precision = -1;
    char size = 0;
    if (*f == '.') {
        precision = 0;
        if (*++f == '*')
            precision = va_arg(p->args, int), f++;
        else
            for (; *f >= '0' && *f <= '9'; f++)
                precision = precision * 10 + (*f - '0');
    }
    while (*f == 'h') /* short and char come as int */
        f++;
    if (*f == 'l' || *f == 'z' || *f == 'j') {
        size = *f == 'j' ? 'L' : *f;
        if (*f++ == 'l' && *f == 'l')
            size = 'L', f++;
    }
    return add_arg(p, *f, size, precision) ? f + 1 : NULL;
}

static bool add_value(struct printer *p, const char *f)
{
    mb_buf_clear(&p->value);
    while (f && *f) {
        const char *percent = strchrnul(f, '%');
        mb_buf_add(&p->value, f, (size_t)(percent - f));
        f = *percent ? add_conversion(p, percent + 1) : percent;
    }
    return f != NULL;
}

static void add_key(struct mb_buf *line, const char *key)
{
    mb_buf_add_char(line, ',');
    mb_buf_add_json_str(line, mb_str_c(key));
    mb_buf_add_char(line, ':');
}

static void add_head(struct mb_buf *line, enum mb_log_level level, const char *event)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    int64_t now_us = mb_clock_wall_us();
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm utc;
    char day[32];
    gmtime_r(&seconds, &utc);
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &utc);
    mb_buf_addf(line, "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"event\":", day,
                (int)(now_us / 1000 % 1000), names[level]);
    mb_buf_add_json_str(line, mb_str_c(event));
}

/* In one write, so that lines of several processes on one pipe do not mix. */
static void put_line(struct mb_buf *line)
{
    mb_buf_add(line, "}\n", 2);
    while (mb_buf_len(line)) {
        ssize_t n = write(STDERR_FILENO, mb_buf_head(line), mb_buf_len(line));
        if (n <= 0) /* nobody reads our log: there is nowhere to say so */
            break;
        mb_buf_consume(line, (size_t)n);
    }
    mb_buf_release(line);
}

void mb_log(enum mb_log_level level, const char *event, ...)
{
    if (level < least_level)
        return;
    struct mb_buf line = {0};
    struct printer p = {0};
    const char *key;
    add_head(&line, level, event);
    va_start(p.args, event);
    while ((key = va_arg(p.args, const char *))) {
        bool ok = add_value(&p, va_arg(p.args, const char *));
        add_key(&line, key);
        mb_buf_add_json_str(&line, ok ? mb_buf_str(&p.value) : MB_STR("(bad format)"));
        if (!ok) /* where the next argument begins is not known any more */
            break;
    }
    va_end(p.args);
    mb_buf_release(&p.value);
    put_line(&line);
}

void mb_log_err(enum mb_log_level level, const char *event, const struct mb_err *err)
{
    if (level < least_level)
        return;
    struct mb_buf line = {0};
    add_head(&line, level, event);
    add_key(&line, "code");
    mb_buf_add_json_str(&line, mb_str_c(mb_err_wire(err)));
    add_key(&line, "message");
    mb_buf_add_json_str(&line, mb_str_c(err->message));
    if (err->pointer[0]) {
        add_key(&line, "place");
        mb_buf_add_json_str(&line, mb_str_c(err->pointer));
    }
    put_line(&line);
}
