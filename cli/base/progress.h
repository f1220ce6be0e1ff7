/* SPDX-License-Identifier: Apache-2.0
 *
 * The progress of one file: share, sizes, ratio, rate, time to go. As a bar where console_wants_bar, or
 * as lines, fewer as time goes by, where the console wants those.
 */
#ifndef TACIT_CLI_BASE_PROGRESS_H
#define TACIT_CLI_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct console;

struct progress {
    struct console *console;
    const char *name;
    uint64_t n_total; /* bytes of input, 0: unknown */
    bool is_decoding; /* the ratio is output to input, not input to output */
    bool has_bar;
    double start; /* seconds */
    double next_draw;
};

/* Seconds on a clock that nobody sets. */
double clock_seconds(void);

/* to_terminal: the output goes to a terminal: no bar, which would get into it. */
void progress_start(struct progress *progress, struct console *console, const char *name,
                    uint64_t n_total, bool is_decoding, bool to_terminal);

/* A tacit_progress_fn; context is the struct progress. Never cancels. */
int progress_update(void *context, uint64_t n_in, uint64_t n_out);

void progress_end(struct progress *progress);

#endif
