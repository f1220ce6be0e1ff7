/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of a command as rows of one table. Parsing, refusals and --help follow from the rows, and the shells'
 * completions follow from --help: a new option is one row, and a paragraph of the manual page, which a
 * test asks for.
 *
 * A row writes to a field of the command's own struct of options: its place is an offset. The rows of one table may
 * serve several commands; a row's mask says which.
 */
#ifndef TACIT_CLI_BASE_OPTION_TABLE_H
#define TACIT_CLI_BASE_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/base/console.h"

/* What an option writes to its field. */
enum option_kind {
    OPTION_SET,    /* bool: true */
    OPTION_CLEAR,  /* bool: false */
    OPTION_MORE,   /* int: one more */
    OPTION_LESS,   /* int: one less */
    OPTION_NUMBER, /* unsigned, least .. most */
    OPTION_CAPPED, /* unsigned, 0 .. most, which is what more counts as */
    OPTION_SHARE,  /* double, least .. most */
    OPTION_SIZE,   /* uint64_t, bytes ("64K"), least .. most */
    OPTION_TEXT,   /* const char * */
    OPTION_OUTPUT, /* const char *, NULL for "-" */
    OPTION_CPU,    /* const char *, a list of processor features that the library knows */
    OPTION_TAKE,   /* the row's function takes the value */
    OPTION_DIGITS, /* the same, for the letters 1 to 9: the value is the digit */
};

struct option_row {
    const char *name; /* NULL: the letter alone */
    char letter;      /* '\0': the name alone */
    enum option_kind kind;
    unsigned commands; /* mask of those that have it; 0: all of the table's */
    size_t offset;
    double least, most;
    const char *value; /* what --help calls the value; NULL: the option has none */
    /* what a refusal says behind the option's name: "is a size such as 64K". Numbers add their
     * range. NULL: the row's function says it */
    const char *wanted;
    const char *help; /* in lines; NULL: the row before explains it */
    bool (*take)(void *options, const struct option_row *row, const char *value);
};

struct command_line {
    const char *name;
    const char *usage; /* what follows "Usage: tacit " */
    const char *about; /* in lines */
    const struct option_row *rows;
    size_t n_rows;
    unsigned mask;      /* which of the rows count; 0: all */
    const char *manual; /* the page */
    const char *source; /* where its words come from; NULL: the command line */
};

#define OPTION_TABLE(rows) (rows), sizeof(rows) / sizeof *(rows)

/* Rows that many commands have. type: the struct of options; field: its member. */
#define OPTION_ROW_THREADS(type, field, most)                                                      \
    {                                                                                              \
        "threads", 'T', OPTION_CAPPED, 0, offsetof(type, field), 0, most, "N",                     \
            "is a number of threads",                                                              \
            "threads, 0: one for each processor (default); the result\nnever depends on it", NULL  \
    }
#define OPTION_ROW_CPU(type, field, commands)                                                      \
    {                                                                                              \
        "cpu", 0, OPTION_CPU, commands, offsetof(type, field), 0, 0, "FEATURES",                   \
            "is 'scalar' or a list such as avx2,avx512,vnni,amx or neon,dotprod",                  \
            "use these processor features only; scalar for none", NULL                             \
    }
#define OPTION_ROW_QUIET(type, field)                                                              \
    {                                                                                              \
        "quiet", 'q', OPTION_LESS, 0, offsetof(type, field), 0, 0, NULL, NULL,                     \
            "no warnings, no progress bar; -qq: no errors either", NULL                            \
    }
#define OPTION_ROW_PROGRESS(type, field)                                                           \
    {                                                                                              \
        "progress", 0, OPTION_SET, 0, offsetof(type, field), 0, 0, NULL, NULL,                     \
            "report progress in plain lines, even to a log", NULL                                  \
    }
#define OPTION_ROW_HELP(type, field)                                                               \
    {                                                                                              \
        "help", 'h', OPTION_SET, 0, offsetof(type, field), 0, 0, NULL, NULL, "this page", NULL     \
    }
#define OPTION_ROW_FORCE(type, field)                                                              \
    {                                                                                              \
        "force", 'f', OPTION_SET, 0, offsetof(type, field), 0, 0, NULL, NULL,                      \
            "replace files that exist", NULL                                                       \
    }
#define OPTION_ROW_SKIP_BROKEN(type, field)                                                        \
    {                                                                                              \
        "skip-broken", 0, OPTION_SET, 0, offsetof(type, field), 0, 0, NULL, NULL,                  \
            "skip broken records, with a warning", NULL                                            \
    }
#define OPTION_ROW_LIMIT(type, field)                                                              \
    {                                                                                              \
        "limit", 0, OPTION_SIZE, 0, offsetof(type, field), 1, 0, "SIZE", "is a size such as 64K",  \
            "only so many bytes of each file", NULL                                                \
    }
#define OPTION_ROW_WINDOW(type, field)                                                             \
    {                                                                                              \
        "window", 0, OPTION_NUMBER, 0, offsetof(type, field), 2, TACIT_EVAL_WINDOW_MAX, "N",       \
            "goes", "tokens that a model sees at most (2048)", NULL                                \
    }
#define OPTION_ROW_STRIDE(type, field)                                                             \
    {                                                                                              \
        "stride", 0, OPTION_NUMBER, 0, offsetof(type, field), 1, TACIT_EVAL_WINDOW_MAX, "N",       \
            "is a number of tokens", "tokens by which windows advance (the window)", NULL          \
    }

/* Reports what is wrong with the command line and where help is. Returns false. */
bool options_refuse(struct console *console, const struct command_line *line, const char *what);

/* Parses the options of argv[1 ..] into *options and moves the other words behind them, from optind
 * on. given, unless NULL, receives the bits of the rows that were given. False: the reason was
 * reported. */
bool options_parse(const struct command_line *line, void *options, struct console *console,
                   int argc, char **argv, uint64_t *given);

/* Prints the page of --help, or its rows alone. */
void options_print_help(const struct command_line *line);
void options_print_rows(const struct command_line *line);

#endif
