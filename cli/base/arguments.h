/* SPDX-License-Identifier: Apache-2.0
 *
 * Parses and checks the command line, which tacit(1) describes.
 */
#ifndef TACIT_CLI_BASE_ARGUMENTS_H
#define TACIT_CLI_BASE_ARGUMENTS_H

#include <stdbool.h>

#include "cli/base/command_table.h"
#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "cli/base/reference_text.h"
#include "cli/base/size_text.h"
#include "tacit/options.h"

enum { REFERENCES_MAX = 64 };

struct arguments {
    struct console console;
    const struct command *command; /* NULL: only help or version is wanted */
    struct tacit_options codec;
    bool is_named;                          /* the command is the first word */
    const char *model_name;                 /* -m; NULL: none */
    struct tacit_model *found_model;        /* by model_search.h; NULL: none */
    const char *references[REFERENCES_MAX]; /* -D, in order */
    unsigned n_references;
    char reference_given[REFERENCE_TEXT_CAP]; /* the references together */
    const char *output_path;                  /* -o; NULL: not given */
    const char *output_folder;                /* --output-dir; NULL: not given */
    const char *list_path;                    /* --files-from; NULL: not given */
    bool recursive;                           /* -r: files may be folders */
    bool is_expanded;                         /* files is a list made of these two, perhaps empty */
    bool to_stdout;                           /* -c, or -o - */
    bool force;
    bool remove_input;
    bool verify;
    bool as_json;
    bool wants_help;
    bool wants_version;
    bool level_given;
    bool has_range;
    struct byte_range range;
    int first_level, last_level; /* bench: --levels; 0: not given */
    char *const *files;          /* [n_files]; "-" is standard input */
    int n_files;                 /* 0: none named */
    const size_t *kept_from;     /* [n_files], NULL if not is_expanded: where the part of the path
                                    begins that --output-dir keeps */
    size_t kept_from_now;        /* of the present file */
};

/* Parses the options of the environment variable TACIT_OPT first, so that options of argv win.
 * argv: must outlive arguments and may be reordered. Reports failures. */
enum exit_code arguments_parse(struct arguments *arguments, int argc, char **argv);

/* The options of the command, for its help; NULL: the options of all commands with work. */
struct command_line arguments_line(const struct command *command);

#endif
