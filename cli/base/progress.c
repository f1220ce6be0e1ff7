/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/progress.h"

#include <stdio.h>
#include <string.h>

#include "cli/base/console.h"
#include "cli/base/size_text.h"

static const double draw_interval = 0.1;

/* Seconds from one line to the next: at least the first, and this share of the time that has passed. */
static const double line_interval = 1, line_share = 0.05;

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
                                  .has_bar = !console->wants_lines && !to_terminal &&
                                             console_wants_bar(console)};
    progress->start = progress->next_draw = clock_seconds();
    progress_update(progress, 0, 0);
}

enum { FIELD_CAP = 64, N_CELLS = 20 };

/* The line's fields, each with the blanks that divide it from the field before; empty if the value
 * is not known yet. */
enum field { FIELD_CELLS, FIELD_SHARE, FIELD_SIZE, FIELD_RATIO, FIELD_RATE, FIELD_ETA, N_FIELDS };

struct line {
    char fields[N_FIELDS][FIELD_CAP];
};

/* "[=======             ]", "  35.0 %" and "  1.23 MiB / 3.51 MiB" */
static void format_share(struct line *line, const struct progress *progress, uint64_t n_in)
{
    char in_text[SIZE_TEXT_CAP], total_text[SIZE_TEXT_CAP];
    size_format(in_text, (double)n_in);
    if (progress->n_total == 0) {
        snprintf(line->fields[FIELD_SIZE], FIELD_CAP, "%s", in_text);
        return;
    }
    double share = (double)n_in / (double)progress->n_total;
    if (share > 1)
        share = 1; /* the file grew while it was read */
    char cells[N_CELLS + 1];
    int n_full = (int)(share * N_CELLS);
    memset(cells, ' ', N_CELLS);
    memset(cells, '=', (size_t)n_full);
    cells[N_CELLS] = '\0';
    snprintf(line->fields[FIELD_CELLS], FIELD_CAP, "[%s] ", cells);
    snprintf(line->fields[FIELD_SHARE], FIELD_CAP, "%5.1f %%", 100 * share);
    snprintf(line->fields[FIELD_SIZE], FIELD_CAP, "  %s / %s", in_text,
             size_format(total_text, (double)progress->n_total));
}

/* "  ratio 3.142", "  312 KiB/s" and "  ETA 0:48" */
static void format_rate(struct line *line, const struct progress *progress, uint64_t n_in,
                        uint64_t n_out, double elapsed)
{
    char rate_text[SIZE_TEXT_CAP];
    if (n_in > 0 && n_out > 0) {
        double ratio = (double)n_in / (double)n_out;
        snprintf(line->fields[FIELD_RATIO], FIELD_CAP, "  ratio %.3f",
                 progress->is_decoding ? 1 / ratio : ratio);
    }
    if (n_in == 0 || elapsed <= 0)
        return;
    double rate = (double)n_in / elapsed;
    snprintf(line->fields[FIELD_RATE], FIELD_CAP, "  %s/s", size_format(rate_text, rate));
    if (progress->n_total > n_in) {
        unsigned long eta = (unsigned long)((double)(progress->n_total - n_in) / rate + 0.5);
        if (eta >= 3600)
            snprintf(line->fields[FIELD_ETA], FIELD_CAP, "  ETA %lu:%02lu:%02lu", eta / 3600,
                     eta / 60 % 60, eta % 60);
        else
            snprintf(line->fields[FIELD_ETA], FIELD_CAP, "  ETA %lu:%02lu", eta / 60, eta % 60);
    }
}

/* Empties fields, those first that matter least, until n_free columns hold the rest; its length. */
static int fit_fields(struct line *line, int n_free)
{
    static const enum field least_first[] = {FIELD_CELLS, FIELD_RATIO, FIELD_SIZE, FIELD_RATE,
                                             FIELD_ETA};
    int n = 0;
    for (int i = 0; i < N_FIELDS; i++)
        n += (int)strlen(line->fields[i]);
    bool has_share = line->fields[FIELD_SHARE][0] != '\0'; /* without it, the size matters */
    for (size_t i = 0; i < sizeof least_first / sizeof least_first[0] && n > n_free; i++) {
        char *field = line->fields[least_first[i]];
        if (least_first[i] == FIELD_SIZE && !has_share)
            continue;
        n -= (int)strlen(field);
        field[0] = '\0';
    }
    return n;
}

/* One column of the terminal stays free, so that the line never wraps. The figures matter more than
 * the name, which may be cut to its end. */
static void show_line(const struct progress *progress, struct line *line)
{
    char text[512], name[sizeof text] = "";
    unsigned width = console_width();
    if (width > sizeof text)
        width = sizeof text;
    int n_free = (int)width - 1 - fit_fields(line, (int)width - 1) - 2;
    int n_name = (int)strlen(progress->name);
    if (n_name <= n_free)
        snprintf(name, sizeof name, "%s  ", progress->name);
    else if (n_free >= 8)
        snprintf(name, sizeof name, "...%s  ", progress->name + n_name - (n_free - 3));
    snprintf(text, width, "%s%s%s%s%s%s%s", name, line->fields[FIELD_CELLS],
             line->fields[FIELD_SHARE], line->fields[FIELD_SIZE], line->fields[FIELD_RATIO],
             line->fields[FIELD_RATE], line->fields[FIELD_ETA]);
    console_show_bar(progress->console, text);
}

/* Writes a line that stays, of all fields but the bar's cells. */
static void print_line(const struct progress *progress, const struct line *line)
{
    const char *share = line->fields[FIELD_SHARE];
    console_warn(progress->console, progress->name, "%s%s%s%s%s", share + strspn(share, " "),
                 line->fields[FIELD_SIZE], line->fields[FIELD_RATIO], line->fields[FIELD_RATE],
                 line->fields[FIELD_ETA]);
}

int progress_update(void *context, uint64_t n_in, uint64_t n_out)
{
    struct progress *progress = context;
    bool has_lines = progress->console->wants_lines;
    double now = clock_seconds(), elapsed = now - progress->start;
    if (!(progress->has_bar || has_lines) || now < progress->next_draw)
        return 0;
    double pause = line_share * elapsed > line_interval ? line_share * elapsed : line_interval;
    progress->next_draw = now + (has_lines ? pause : draw_interval);
    struct line line = {0};
    format_share(&line, progress, n_in);
    format_rate(&line, progress, n_in, n_out, elapsed);
    if (has_lines)
        print_line(progress, &line);
    else
        show_line(progress, &line);
    return 0;
}

void progress_end(struct progress *progress)
{
    console_clear_bar(progress->console);
}
