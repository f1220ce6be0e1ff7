/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit surprise`: where in a text the bits go, on the terminal and as an HTML page. argv[0] is
 * "surprise". Returns the process's exit status (exit_codes.h).
 *
 * Parts: surprise.c reads the command line, surprise_units.c measures, surprise_terminal.c and
 * surprise_html.c show.
 */
#ifndef TACIT_CLI_MEASURE_CMD_SURPRISE_H
#define TACIT_CLI_MEASURE_CMD_SURPRISE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "tacit/eval.h"

int cli_surprise(int argc, char **argv);

struct surprise_options {
    const char *path;
    const char *model_name;   /* NULL: context models alone */
    const char *compare_name; /* NULL: none; needs a model */
    uint64_t limit;
    unsigned window, n_threads;
    bool in_color;
    bool mixed; /* also the costs when mixed with context models */
};

/* A part of the text that is shown as one: a token, or several that share a character; without a
 * model, a word. */
struct unit {
    size_t offset, n;
    float bits;    /* of the model, or of the context models without one */
    float context; /* of the context models */
    float other;   /* of the model compared with */
    float entropy; /* expected; 0 without a model */
    float mixed, model_saves, context_saves; /* as in struct tacit_eval_token; 0 without a model */
    uint32_t top[TACIT_EVAL_TOP];
    float top_bits[TACIT_EVAL_TOP];
};

struct surprise {
    struct console *console;
    const struct surprise_options *options;
    unsigned char *data; /* [n_bytes] */
    size_t n_bytes;
    struct unit *units;
    size_t n_units, capacity;
    struct tacit_model *model;          /* may be NULL, as may the evaluator */
    struct tacit_evaluator *evaluator;  /* for the names of tokens */
    double bits, context, other, mixed; /* sums */
};

/* Reports failures. Call surprise_release even after a failure. */
enum exit_code surprise_measure(struct surprise *surprise);
void surprise_release(struct surprise *surprise);

void surprise_print(const struct surprise *surprise);
/* The data of the page, a page_data_fn. */
void surprise_write_data(const void *surprise, FILE *out);

#endif
