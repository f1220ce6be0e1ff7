/* SPDX-License-Identifier: Apache-2.0
 *
 * The progress of one file: share, sizes, ratio, rate, time left. Shown as a bar if
 * console_wants_bar, or as lines, at growing distances of time, if the console wants lines.
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

/* Seconds on a clock that setting the time does not change. */
double clock_seconds(void);

/* to_terminal: the output goes to a terminal, so there is no bar, which would mix with it. */
void progress_start(struct progress *progress, struct console *console, const char *name,
                    uint64_t n_total, bool is_decoding, bool to_terminal);

/* A tacit_progress_fn; context is the struct progress. Never cancels. */
int progress_update(void *context, uint64_t n_in, uint64_t n_out);

void progress_end(struct progress *progress);

#endif
