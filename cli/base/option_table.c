/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/option_table.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/number_text.h"
#include "cli/base/size_text.h"
#include "tacit/options.h"

enum {
    ROWS_MAX = 64,
    FIRST_NAME = 256, /* getopt's value for the first row; the others follow */
    HELP_COLUMN = 25,
};

bool options_refuse(struct console *console, const struct command_line *line, const char *what)
{
    const char *source = line->source ? line->source : line->name;
    console_error(console, NULL, "%s%s%s; try 'tacit %s%s--help'", source, *source ? ": " : "",
                  what, line->name, *line->name ? " " : "");
    return false;
}

/* getopt's tables, made of the rows. */
struct getopt_tables {
    struct option names[ROWS_MAX + 1];
    char letters[2 * ROWS_MAX + 16];
};

static bool has_value(const struct option_row *row)
{
    return row->value != NULL;
}

static void make_tables(const struct command_line *line, struct getopt_tables *tables)
{
    size_t n_names = 0, n_letters = 0;
    memset(tables, 0, sizeof *tables);
    for (size_t i = 0; i < line->n_rows && i < ROWS_MAX; i++) {
        const struct option_row *row = &line->rows[i];
        if (row->name)
            tables->names[n_names++] =
                (struct option){row->name, has_value(row) ? required_argument : no_argument, NULL,
                                FIRST_NAME + (int)i};
        if (row->kind == OPTION_DIGITS)
            for (int digit = '1'; digit <= '9'; digit++)
                tables->letters[n_letters++] = (char)digit;
        else if (row->letter)
            tables->letters[n_letters++] = row->letter;
        if (row->letter && has_value(row))
            tables->letters[n_letters++] = ':';
    }
}

/* The row for a value that getopt has returned; NULL: getopt has reported what is wrong. */
static const struct option_row *find_row(const struct command_line *line, int option)
{
    if (option >= FIRST_NAME)
        return &line->rows[option - FIRST_NAME];
    for (size_t i = 0; i < line->n_rows; i++) {
        const struct option_row *row = &line->rows[i];
        bool is_digit = row->kind == OPTION_DIGITS && option >= '1' && option <= '9';
        if (is_digit || (row->letter && row->letter == option))
            return row;
    }
    return NULL;
}

static bool take_size(const struct option_row *row, const char *value, uint64_t *size)
{
    return size_parse(value, size) && (double)*size >= row->least &&
           (row->most <= 0 || (double)*size <= row->most);
}

static bool is_cpu_list(const char *value)
{
    struct tacit_options options;
    uint64_t n_bytes;
    tacit_options_init(&options);
    options.cpu = value;
    return tacit_options_memory(&options, &n_bytes) == TACIT_OK;
}

/* False: the value is refused. */
static bool store(void *options, const struct option_row *row, const char *value)
{
    void *field = (char *)options + row->offset;
    switch (row->kind) {
    case OPTION_SET:
    case OPTION_CLEAR:
        *(bool *)field = row->kind == OPTION_SET;
        return true;
    case OPTION_MORE:
        ++*(int *)field;
        return true;
    case OPTION_LESS:
        --*(int *)field;
        return true;
    case OPTION_NUMBER:
        return number_parse(value, (unsigned)row->least, (unsigned)row->most, field);
    case OPTION_CAPPED:
        return number_parse_capped(value, (unsigned)row->most, field);
    case OPTION_SHARE:
        return fraction_parse(value, row->least, row->most, field);
    case OPTION_SIZE:
        return take_size(row, value, field);
    case OPTION_TEXT:
        *(const char **)field = value;
        return true;
    case OPTION_OUTPUT:
        *(const char **)field = strcmp(value, "-") == 0 ? NULL : value;
        return true;
    case OPTION_CPU:
        *(const char **)field = value;
        return is_cpu_list(value);
    default:
        return row->take(options, row, value);
    }
}

static bool refuse_value(struct console *console, const struct command_line *line,
                         const struct option_row *row, const char *value)
{
    char what[256], range[64] = "";
    if (!row->wanted)
        return false;
    if (row->kind == OPTION_NUMBER || row->kind == OPTION_SHARE)
        snprintf(range, sizeof range, " from %.10g to %.10g", row->least, row->most);
    snprintf(what, sizeof what, "--%s %s%s, not '%.60s'", row->name, row->wanted, range, value);
    return options_refuse(console, line, what);
}

/* "-19" is not -1 and -9. */
static bool is_two_digits(int option, int word, int *digit_word)
{
    bool second = *digit_word == word;
    if (option >= '1' && option <= '9')
        *digit_word = word;
    return second && option >= '1' && option <= '9';
}

bool options_parse(const struct command_line *line, void *options, struct console *console,
                   int argc, char **argv, uint64_t *given)
{
    struct getopt_tables tables;
    int option, digit_word = -1, word;
    make_tables(line, &tables);
    while (word = optind ? optind : 1, /* 0: getopt will start anew */
           (option = getopt_long(argc, argv, tables.letters, tables.names, NULL)) != -1) {
        const struct option_row *row = find_row(line, option);
        char digit[2] = {(char)option, '\0'};
        if (!row) {
            console_error(console, NULL, "try 'tacit %s%s--help'", line->name,
                          *line->name ? " " : "");
            return false;
        }
        if (is_two_digits(option, word, &digit_word))
            return options_refuse(console, line, "levels go from -1 to -9");
        const char *value = row->kind == OPTION_DIGITS ? digit : optarg;
        if (given)
            *given |= UINT64_C(1) << (row - line->rows);
        if (!store(options, row, value))
            return refuse_value(console, line, row, value ? value : "");
    }
    return true;
}

static void print_row(const struct option_row *row)
{
    char head[96];
    int n = snprintf(head, sizeof head, "  %c%c%s %s%s%s%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->letter && row->name ? "," : " ",
                     row->name ? "--" : "", row->name ? row->name : "", row->value ? " " : "",
                     row->value ? row->value : "");
    if (row->kind == OPTION_DIGITS)
        n = snprintf(head, sizeof head, "  -1 ... -9");
    printf("%s", head);
    const char *text = row->help;
    if (n >= HELP_COLUMN) {
        putchar('\n');
        n = 0;
    }
    while (*text) {
        size_t length = strcspn(text, "\n");
        printf("%*s%.*s\n", HELP_COLUMN - n, "", (int)length, text);
        text += length + (text[length] == '\n');
        n = 0;
    }
}

void options_print_rows(const struct command_line *line)
{
    for (size_t i = 0; i < line->n_rows; i++) {
        const struct option_row *row = &line->rows[i];
        if (row->help && (line->mask == 0 || row->commands == 0 || (row->commands & line->mask)))
            print_row(row);
    }
}

void options_print_help(const struct command_line *line)
{
    printf("Usage: tacit %s\n\n%s\n", line->usage, line->about);
    options_print_rows(line);
    printf("\nEverything else, exit codes too: man %s\n", line->manual);
}
