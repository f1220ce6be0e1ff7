/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdio.h>
#include <string.h>

#include "console.h"
#include "size_text.h"

static const double draw_interval = 0.1;

double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_start(struct progress *progress, struct console *console, const char *name,
                    uint64_t n_total, bool is_decoding, bool to_terminal)
{
    *progress = (struct progress){.console = console,
                                  .name = name,
                                  .n_total = n_total,
                                  .is_decoding = is_decoding,
                                  .is_shown = console_wants_bar(console) && !to_terminal};
    progress->start = progress->next_draw = clock_seconds();
    progress_update(progress, 0, 0);
}

enum { FIGURES_CAP = 128, N_CELLS = 20 };

/* "[=======             ]  35.0 %  1.23 MiB / 3.51 MiB" */
static int format_share(char *text, const struct progress *progress, uint64_t n_in)
{
    char in_text[SIZE_TEXT_CAP], total_text[SIZE_TEXT_CAP];
    size_format(in_text, (double)n_in);
    if (progress->n_total == 0)
        return snprintf(text, FIGURES_CAP, "%s", in_text);
    double share = (double)n_in / (double)progress->n_total;
    if (share > 1)
        share = 1; /* the file grows while we read it */
    char cells[N_CELLS + 1];
    int n_full = (int)(share * N_CELLS);
    memset(cells, ' ', N_CELLS);
    memset(cells, '=', (size_t)n_full);
    cells[N_CELLS] = '\0';
    return snprintf(text, FIGURES_CAP, "[%s] %5.1f %%  %s / %s", cells, 100 * share, in_text,
                    size_format(total_text, (double)progress->n_total));
}

/* "  ratio 3.142  312 KiB/s  ETA 0:48" */
static void format_rate(char *text, size_t cap, const struct progress *progress, uint64_t n_in,
                        uint64_t n_out, double elapsed)
{
    char rate_text[SIZE_TEXT_CAP];
    int n = 0;
    if (n_in > 0 && n_out > 0) {
        double ratio = (double)n_in / (double)n_out;
        n += snprintf(text, cap, "  ratio %.3f", progress->is_decoding ? 1 / ratio : ratio);
    }
    if (n_in == 0 || elapsed <= 0)
        return;
    double rate = (double)n_in / elapsed;
    n += snprintf(text + n, cap - (size_t)n, "  %s/s", size_format(rate_text, rate));
    if (progress->n_total > n_in) {
        unsigned long eta = (unsigned long)((double)(progress->n_total - n_in) / rate + 0.5);
        if (eta >= 3600)
            snprintf(text + n, cap - (size_t)n, "  ETA %lu:%02lu:%02lu", eta / 3600, eta / 60 % 60,
                     eta % 60);
        else
            snprintf(text + n, cap - (size_t)n, "  ETA %lu:%02lu", eta / 60, eta % 60);
    }
}

int progress_update(void *context, uint64_t n_in, uint64_t n_out)
{
    struct progress *progress = context;
    double now = clock_seconds();
    if (!progress->is_shown || now < progress->next_draw)
        return 0;
    progress->next_draw = now + draw_interval;

    char figures[FIGURES_CAP + FIGURES_CAP] = "", line[512];
    int n = format_share(figures, progress, n_in);
    format_rate(figures + n, sizeof figures - (size_t)n, progress, n_in, n_out,
                now - progress->start);
    unsigned width = console_width();
    if (width > sizeof line - 1)
        width = sizeof line - 1;
    /* the figures matter more than the name; one column stays free so that the line never wraps */
    int n_free = (int)width - 1 - (int)strlen(figures) - 2;
    int n_name = (int)strlen(progress->name);
    if (n_name <= n_free)
        snprintf(line, width, "%s  %s", progress->name, figures);
    else if (n_free >= 8)
        snprintf(line, width, "...%s  %s", progress->name + n_name - (n_free - 3), figures);
    else
        snprintf(line, width, "%s", figures);
    console_show_bar(progress->console, line);
    return 0;
}

void progress_end(struct progress *progress)
{
    console_clear_bar(progress->console);
}
