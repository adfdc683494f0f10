/* The command line: what a command takes, parsing it, and talking to the person who typed it.
 *
 * Results go to stdout, everything else (progress, errors) to stderr. Colours only where that
 * stream is a terminal and NO_COLOR (no-color.org) is not set. */
#ifndef MB_APP_CLI_H
#define MB_APP_CLI_H

#include <stdio.h>

#include "base/config.h"
#include "base/err.h"

#define MB_VERSION "0.1.0"

/* What a command exits with; the words are in `moonbase help`. */
enum mb_exit {
    MB_EXIT_OK = 0,
    MB_EXIT_FAILED = 1,      /* the run, the check or the command did not succeed */
    MB_EXIT_USAGE = 2,       /* wrong arguments or a setting that is wrong */
    MB_EXIT_UNAVAILABLE = 3, /* something that is needed cannot be reached or is not there */
    MB_EXIT_WAITING = 4,     /* the run waits: for a person, a time or a budget */
    MB_EXIT_SIGNAL = 128     /* + the signal that ended it */
};

struct mb_option {
    const char *name;  /* without dashes; NULL ends the list */
    const char *value; /* placeholder of its value ("FILE"); NULL = it has none */
    const char *help;  /* NULL = not shown: between processes of ours */
};

struct mb_cli;
struct mb_command {
    const char *name;
    const char *args;    /* "DIR [NAME]", or "" */
    const char *summary; /* one line */
    const char *help;    /* more lines, or NULL */
    const struct mb_option *options;
    int least_args, most_args; /* positional; most -1 = any number */
    bool takes_settings;       /* every setting is an option too */
    int (*run)(struct mb_cli *cli);
};

enum { MB_CLI_OPTIONS = 16 };

/* One invocation. Arguments are borrowed from main's argv. */
struct mb_cli {
    const struct mb_command *command;
    struct mb_config config;
    char **args; /* positional, in order */
    int n_args;
    const char *values[MB_CLI_OPTIONS]; /* by place in command->options; NULL = not given */
    bool json;                          /* --json: the result for programs */
    int argc;                           /* as main got them */
    char **argv;
};

const struct mb_command *mb_command_find(const char *name); /* NULL when there is none */
const struct mb_command *const *mb_commands(void);          /* ended by NULL */

/* Parses everything after the command's name, on top of the environment. -1 when the command is to
 * run, else the exit code: of --help (its text is on stdout) or of wrong usage (said on stderr). */
int mb_cli_parse(struct mb_cli *cli, int argc, char **argv) MB_MUST_CHECK;
void mb_cli_release(struct mb_cli *cli);

/* The value of an option of the command: "" when it takes none and was given; NULL = not given. */
const char *mb_cli_option(const struct mb_cli *cli, const char *name);

void mb_cli_help(const struct mb_command *command); /* on stdout */

/* "moonbase run: <message>" on stderr; returns `code`, so that `return mb_cli_fail(...)` reads. */
int mb_cli_fail(const struct mb_cli *cli, int code, const char *fmt, ...) MB_PRINTF(3, 4);
/* The same for an error; the exit code follows from its code. */
int mb_cli_fail_err(const struct mb_cli *cli, const struct mb_err *err);
/* Wrong usage: the message and where to find help; returns MB_EXIT_USAGE. */
int mb_cli_usage(const struct mb_cli *cli, const char *fmt, ...) MB_PRINTF(2, 3);

enum mb_style { MB_STYLE_PLAIN, MB_STYLE_BOLD, MB_STYLE_DIM, MB_STYLE_GOOD, MB_STYLE_BAD };
/* The escape that begins a style on this stream (PLAIN ends one): "" where there are no colours. */
const char *mb_style(FILE *stream, enum mb_style style);

/* Micro-dollars as "$0.001234": at least two digits after the point, at most six. */
char *mb_money(int64_t micros, char out[40]);
/* "12.50" or "$12.50" as micro-dollars: digits, at most six after the point. */
bool mb_money_parse(const char *text, int64_t *micros) MB_MUST_CHECK;

#endif
